#include "agents/learned/learned_optimizer.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "agents/models.h"
#include "agents/register.h"

namespace rover {
namespace {

class LearnedOptimizer final : public Agent {
 public:
  explicit LearnedOptimizer(TrainedRule rule) : rule_(std::move(rule)) {}

  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    walk_.emplace(rule_, problem);
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    next.query.kind = Query::Kind::gradients;
    next.move.resize(seen.pose.size());
    walk_->next(seen.pose, seen.gradients, next.move);
  }

  bool zeroth_order() const override { return false; }

 private:
  TrainedRule rule_;
  std::optional<RuleWalk> walk_;
};

std::unique_ptr<Agent> from_registry(const LearnedOptimizerOptions& options) {
  const auto path = options.from.empty() ? shipped_model("lopt-celo2-rates") : model_path(options.from);
  const Checkpoint file = Checkpoint::read(path);
  if (!holds_update_rule(file)) throw std::runtime_error("'" + path.string() + "' holds no update rule");
  TrainedRule rule = load_trained_rule(file);
  rule.rate.learning_rate *= options.rate;
  if (options.schedule != "own") rule.rate.schedule = options.schedule;
  auto agent = make_learned_optimizer(std::move(rule));
  if (!options.safeguarded) return agent;
  return std::make_unique<Safeguarded>(std::move(agent), options.safeguard);
}

}  // namespace

std::unique_ptr<Agent> make_learned_optimizer(TrainedRule rule) {
  return std::make_unique<LearnedOptimizer>(std::move(rule));
}

void register_learned(Registry<Agent>& agents) {
  agents.add<LearnedOptimizerOptions>(
      "lopt", "a learned coordinate-wise update rule", from_registry,
      {.capabilities = {.gradients = true, .unbounded = true},
       .tuning = {{"rate", {"0.1", "0.2", "0.3", "0.5", "0.7", "1", "1.5", "2", "3", "5", "10"}}}});
}

}  // namespace rover
