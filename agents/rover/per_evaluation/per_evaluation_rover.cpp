#include "agents/rover/per_evaluation/per_evaluation_rover.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agents/classical/bounds.h"
#include "agents/rover/per_evaluation/search.h"

namespace rover {
namespace {

class PerEvaluationRover final : public Agent {
 public:
  PerEvaluationRover(const PerEvaluationOptions& options, std::shared_ptr<SearchController> controller)
      : search_(options), controller_(std::move(controller)) {
    if (options.control != "rule" && options.control != "random")
      throw UsageError(unknown_name("control", options.control, {"rule", "random"}) + " (rule or random)");
    if (!controller_ && options.control == "random") controller_ = make_random_controller();
  }

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (problem.dimension != 2)
      throw UsageError("the per-evaluation rover walks in 2 dimensions, not " + std::to_string(problem.dimension));
    domain_ = problem.domain;
    search_.reset(seed);
    if (controller_) controller_->reset(seed);
    started_ = false;
    rounds_ = 0;
    first = {};  // at the pose: where it stands is not known before
    first.ends_iteration = false;
  }

  void act(const Observation& seen, Action& next) override {
    if (started_) {
      search_.tell(seen.values);
    } else if (const auto place = to_unit(seen.pose)) {
      search_.know(*place, seen.values[0]);
    }
    started_ = true;
    while (search_.needs_decision()) decide();
    look(seen, next);
  }

 private:
  void decide() {
    if (!controller_) return search_.decide();
    controller_->decide(search_.features(), decision_);
    search_.decide(decision_);
  }

  void look(const Observation& seen, Action& next) {
    const std::span<const double> points = search_.ask();
    const std::uint64_t left = seen.budget > seen.evaluations ? seen.budget - seen.evaluations : 0;
    const std::size_t entries = 2 * std::clamp<std::uint64_t>(left, 1, points.size() / 2);
    next.move.assign(2, 0);
    next.query.kind = Query::Kind::values;
    next.query.points.resize(entries);
    for (std::size_t k = 0; k < entries; ++k) next.query.points[k] = from_unit(points[k], k % 2);
    next.ends_iteration = search_.rounds() != rounds_;
    rounds_ = search_.rounds();
    for (std::size_t i = 0; i < 2; ++i) best_[i] = from_unit(search_.best_point()[i], i);
    if (search_.evaluations() > 0) move_to(best_, seen.pose, *domain_, next.move);
  }

  double from_unit(double u, std::size_t i) const {
    return std::clamp(domain_->low[i] + u * (domain_->high[i] - domain_->low[i]), domain_->low[i], domain_->high[i]);
  }
  // Nothing for a pose outside the domain.
  std::optional<std::array<double, 2>> to_unit(Reals pose) const {
    std::array<double, 2> u;
    for (std::size_t i = 0; i < 2; ++i) {
      u[i] = (pose[i] - domain_->low[i]) / (domain_->high[i] - domain_->low[i]);
      if (!(u[i] >= 0 && u[i] <= 1)) return std::nullopt;
    }
    return u;
  }

  PerEvaluationSearch search_;
  std::shared_ptr<SearchController> controller_;
  std::array<float, SearchController::decisions> decision_{};
  const Box* domain_ = nullptr;
  std::array<double, 2> best_{};
  bool started_ = false;
  std::uint64_t rounds_ = 0;
};

}  // namespace

std::unique_ptr<Agent> make_per_evaluation_rover(const PerEvaluationOptions& options, std::shared_ptr<SearchController> controller) {
  return std::make_unique<PerEvaluationRover>(options, std::move(controller));
}

}  // namespace rover
