#include "agents/search/search_agent.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agents/classical/bounds.h"
#include "agents/search/search.h"
#include "agents/search/slice_search.h"

namespace rover {
namespace {

class SearchAgent final : public Agent {
 public:
  SearchAgent(const SearchOptions& options, std::shared_ptr<SearchController> controller)
      : plane_(options), slices_(options), controller_(std::move(controller)) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (problem.dimension < 2)
      throw UsageError("the agent 'rover-search' walks in planes: the landscape must have at least 2 dimensions");
    domain_ = problem.domain;
    place_.resize(problem.dimension);
    if (in_plane()) plane_.reset(seed);
    else slices_.reset(seed, problem.dimension);
    if (controller_) controller_->reset(seed);
    started_ = false;
    rounds_ = 0;
    first = {};  // at the pose, which is not known yet
    first.ends_iteration = false;
  }

  void act(const Observation& seen, Action& next) override {
    if (in_plane()) act(plane_, seen, next);
    else act(slices_, seen, next);
  }

 private:
  bool in_plane() const { return place_.size() == 2; }

  template <class Search>
  void act(Search& search, const Observation& seen, Action& next) {
    if (started_) search.tell(seen.values);
    else if (to_unit(seen.pose)) search.know(place_, seen.values[0]);
    started_ = true;
    while (search.needs_decision()) decide(search);

    const std::span<const double> points = search.ask();
    const std::size_t d = place_.size();
    const std::uint64_t left = seen.budget > seen.evaluations ? seen.budget - seen.evaluations : 0;
    const std::size_t entries = d * std::clamp<std::uint64_t>(left, 1, points.size() / d);
    next.query.kind = Query::Kind::values;
    next.query.points.resize(entries);
    for (std::size_t k = 0; k < entries; ++k) next.query.points[k] = from_unit(points[k], k % d);
    next.ends_iteration = search.rounds() != rounds_;
    rounds_ = search.rounds();
    next.move.assign(d, 0);
    if (search.evaluations() == 0) return;
    for (std::size_t i = 0; i < d; ++i) place_[i] = from_unit(search.best_point()[i], i);
    move_to(place_, seen.pose, *domain_, next.move);
  }

  template <class Search>
  void decide(Search& search) {
    if (!controller_) return search.decide();
    controller_->decide(search.features(), decision_);
    search.decide(decision_);
  }

  double from_unit(double u, std::size_t i) const {
    return std::clamp(domain_->low[i] + u * (domain_->high[i] - domain_->low[i]), domain_->low[i], domain_->high[i]);
  }
  // The pose in the unit cube, in `place_`. False for one outside the domain.
  bool to_unit(Reals pose) {
    for (std::size_t i = 0; i < place_.size(); ++i) {
      place_[i] = (pose[i] - domain_->low[i]) / (domain_->high[i] - domain_->low[i]);
      if (!(place_[i] >= 0 && place_[i] <= 1)) return false;
    }
    return true;
  }

  PlaneSearch plane_;
  SliceSearch slices_;
  std::shared_ptr<SearchController> controller_;
  std::array<float, SearchController::decisions> decision_{};
  const Box* domain_ = nullptr;
  std::vector<double> place_;
  bool started_ = false;
  std::uint64_t rounds_ = 0;
};

}  // namespace

std::unique_ptr<Agent> make_search_agent(const SearchOptions& options, std::shared_ptr<SearchController> controller) {
  return std::make_unique<SearchAgent>(options, std::move(controller));
}

}  // namespace rover
