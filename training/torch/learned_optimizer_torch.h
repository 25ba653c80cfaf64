#pragma once
// Learned update rules for people who train LibTorch modules of their own.
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "agents/learned/rule_walk.h"

namespace rover {

/// Which rule, and its learning rate.
struct TorchRuleOptions {
  std::string model = "celo2-rates";  ///< a shipped model (with or without "lopt-"), a run folder or a model file
  double learning_rate = 0;           ///< what multiplies the rule's steps; 0: what it was trained for
  std::uint64_t steps = 0;            ///< that the training will take, for rules that ask; 0: not known
};

/// A learned update rule as a LibTorch optimizer:
///
///   rover::LearnedOptimizer optimizer(model->parameters(), {.model = "celo2"});
///   …; loss.backward(); optimizer.step();
///
/// Learning-rate schedulers work, parameter groups have rates of their own, and torch::save / torch::load keep all of
/// it: what the rule remembers, the steps and the rates. Each parameter is a tensor to the rule: two or more dimensions
/// are a matrix [size(0), the others], fewer a vector. Parameters without a gradient stay where they are. Steps use
/// at::get_num_threads() threads; their bits do not depend on them.
class LearnedOptimizer : public torch::optim::Optimizer {
 public:
  struct Options : torch::optim::OptimizerCloneableOptions<Options> {
    double learning_rate = 1;
    double get_lr() const override { return learning_rate; }
    void set_lr(const double rate) override { learning_rate = rate; }
  };

  /// Throws what shipped_model() and load_trained_rule() throw.
  explicit LearnedOptimizer(std::vector<torch::Tensor> parameters, const TorchRuleOptions& options = {});
  /// The same with a rule at hand.
  LearnedOptimizer(std::vector<torch::Tensor> parameters, const TrainedRule& rule, std::uint64_t steps = 0);
  /// Throws std::invalid_argument for parameters that are not float, not on the CPU or not contiguous.
  torch::Tensor step(LossClosure closure = nullptr) override;
  void save(torch::serialize::OutputArchive& archive) const override;
  /// Throws std::runtime_error where the archive is another rule's, or of other parameters.
  void load(torch::serialize::InputArchive& archive) override;

 private:
  void make_states() const;
  std::shared_ptr<const UpdateRule> rule_;
  std::uint64_t horizon_;
  mutable std::vector<RuleState> states_;  ///< of the parameters, group by group; made when first needed
};

}  // namespace rover
