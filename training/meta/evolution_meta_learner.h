#pragma once
#include <memory>
#include <string>
#include <vector>

#include "agents/learned/rule_walk.h"
#include "training/meta/meta_learner.h"
#include "training/meta/meta_task.h"
#include "training/meta/outer_adamw.h"

namespace rover {

/// How a rule is meta-trained by evolution.
struct EvolutionMetaOptions {
  RuleOptions rule;                          ///< set by whoever trains, not a field of these
  ScheduleOptions rate{.learning_rate = 1};  ///< what multiplies the rule's steps, over a task's horizon
  double rate_spread = 1;                    ///< each task's rate is this one times exp(U(−ln, ln)) of it
  std::string tasks = "mlp minibatch=64";
  std::uint64_t meta_steps = 1000, pairs = 16;
  bool persistent = true;
  std::uint64_t truncation = 50, shortest = 100, longest = 2000;
  std::uint64_t loss_every = 5;
  double rescaling = 1;
  std::string change = "all";
  double sigma = 0.01;
  double learning_rate = 3e-3, weight_decay = 0, clip = 1;
  std::uint64_t threads = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("rate", rate.learning_rate, "learning rate of the inner loop: it multiplies the rule's steps", above(0, 1e6));
    visit("schedule", rate.schedule, "how that falls over a task's steps", one_of("constant", "linear", "cosine"));
    visit("rate_spread", rate_spread, "each task's rate is drawn up to this factor above and below it", in(1, 1e3));
    visit("tasks", tasks, "landscapes with their settings, each as likely: \"mlp minibatch=64, sinusoid\"");
    visit("meta_steps", meta_steps, "updates of the rule", in(1, 1e7));
    visit("pairs", pairs, "antithetic pairs of walks a meta-step", in(1, 10000));
    visit("persistent", persistent, "walks go on over meta-steps, and with them the sum of their perturbations");
    visit("truncation", truncation, "steps of every walk in a meta-step, if persistent; else a walk is whole",
          in(1, 100000));
    visit("shortest", shortest, "steps of a task at least", in(1, 1e7));
    visit("longest", longest, "and at most; between, the logarithm is uniform", in(1, 1e7));
    visit("loss_every", loss_every, "steps between two measurements of the loss; 0: at the end alone", in(0, 100000));
    visit("rescaling", rescaling, "parameters are in other units by up to this factor, either way", in(1, 1e6));
    visit(
        "change", change,
        "what is perturbed: all weights; those by which celo2, begun from momentum, combines its features; or those of "
        "celo2-rates that set the step size of a tensor",
        one_of("all", "direction", "rates"));
    visit("sigma", sigma, "standard deviation of the perturbations", above(0, 100));
    visit("learning_rate", learning_rate, "of the outer AdamW, falling by a cosine", above(0, 1e3));
    visit("weight_decay", weight_decay, "of the outer AdamW", in(0, 100));
    visit("clip", clip, "norm that the meta-gradient is shortened to", above(0, 1e9));
    visit("threads", threads, "worker threads, 0: one a core; results do not depend on it", in(0, most_threads));
  }
};

/// Persistent evolution strategies (Vicol, Metz & Sohl-Dickstein 2021) for update rules, and plain ones.
///
/// A particle is a task with two walks, by the rules w + ε and w − ε, ε ~ N(0, σ²I) anew each meta-step; both see the
/// same minibatches. ξ sums a particle's perturbations since its task began. After `truncation` steps of each,
///
///   g = 1/(2σ²) · mean over particles of ξ (L⁺ − L⁻),
///
/// which has no bias from the truncation, as an ε that hurts only later is still in ξ then. Not persistent: each
/// meta-step begins new tasks and walks them to their ends, and ξ = ε.
///
/// L is the mean over the steps measured of ln((min(ℓ, 1.5 ℓ₀) + c)/(ℓ₀ + c)), ℓ₀ the loss at the start, c = ℓ₀/50:
/// no task counts more for its units, and a walk that diverges counts a bounded loss (NaN as 1.5 ℓ₀).
class EvolutionMetaLearner final : public MetaLearner {
 public:
  /// Throws UsageError for options that cannot be.
  EvolutionMetaLearner(const EvolutionMetaOptions& options, std::uint64_t seed);
  ~EvolutionMetaLearner() override;
  std::uint64_t steps_done() const override { return steps_; }
  double step() override;
  std::span<const float> weights() const override { return current_; }
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  /// The estimate of the last step, before it was shortened.
  std::span<const double> gradient() const { return gradient_; }

 private:
  struct Particle;
  bool is_over(const Particle& particle) const;
  std::uint64_t window(const Particle& particle) const;
  void begin(Particle& particle) const;
  double play(Particle& particle, std::size_t side, const std::shared_ptr<const UpdateRule>& rule) const;
  EvolutionMetaOptions options_;
  std::uint64_t seed_, steps_ = 0;
  TaskDistribution tasks_;
  std::vector<double> weights_, gradient_;
  std::vector<float> current_;
  OuterAdamW outer_;
  std::vector<std::unique_ptr<Particle>> particles_;
};

/// ln((min(ℓ, 1.5 ℓ₀) + c)/(ℓ₀ + c)), c = ℓ₀/50.
double bounded_log_loss(double loss, double first_loss);

}  // namespace rover
