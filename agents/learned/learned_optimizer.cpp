#include "agents/learned/learned_optimizer.h"

#include <stdexcept>
#include <utility>

#include "agents/classical/bounds.h"
#include "agents/models.h"
#include "agents/register.h"

namespace rover {
namespace {

class LearnedOptimizer final : public Agent {
 public:
  explicit LearnedOptimizer(std::shared_ptr<const UpdateRule> rule) : rule_(std::move(rule)) {}

  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    box_ = problem.domain;
    rule_->reset(problem.layout.empty() ? flat_layout(problem.dimension) : problem.layout, state_);
    gradient_.resize(problem.dimension), point_.resize(problem.dimension), step_.resize(problem.dimension);
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    for (std::size_t i = 0; i < step_.size(); ++i) {
      gradient_[i] = static_cast<float>(seen.gradients[i]);
      point_[i] = static_cast<float>(seen.pose[i]);
    }
    rule_->step(gradient_, point_, state_, step_);
    next.query.kind = Query::Kind::gradients;
    next.move.assign(step_.begin(), step_.end());
    keep_inside(seen.pose, *box_, next.move);
  }

  bool zeroth_order() const override { return false; }

 private:
  std::shared_ptr<const UpdateRule> rule_;
  const Box* box_ = nullptr;
  RuleState state_;
  std::vector<float> gradient_, point_, step_;
};

std::unique_ptr<Agent> from_registry(const LearnedOptimizerOptions& options) {
  const auto path = options.from.empty() ? shipped_model("lopt-regression") : model_path(options.from);
  const Checkpoint file = Checkpoint::read(path);
  if (!holds_update_rule(file)) throw std::runtime_error("'" + path.string() + "' holds no update rule");
  auto agent = make_learned_optimizer(load_update_rule(file));
  if (!options.safeguarded) return agent;
  return std::make_unique<Safeguarded>(std::move(agent), options.safeguard);
}

}  // namespace

std::unique_ptr<Agent> make_learned_optimizer(std::shared_ptr<const UpdateRule> rule) {
  return std::make_unique<LearnedOptimizer>(std::move(rule));
}

void register_learned(Registry<Agent>& agents) {
  agents.add<LearnedOptimizerOptions>("lopt", "a learned coordinate-wise update rule", from_registry,
                                      {.capabilities = {.gradients = true}});
}

}  // namespace rover
