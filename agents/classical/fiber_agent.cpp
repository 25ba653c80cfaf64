#include "agents/classical/fiber_agent.h"

#include <algorithm>
#include <utility>

#include "agents/classical/bounds.h"
#include "agents/coroutine.h"

namespace rover {
namespace {

class FiberAgent final : public Agent, private Evaluator {
 public:
  FiberAgent(LibraryLoop loop, std::function<void(const Problem&)> check, Query::Kind looks)
      : loop_(std::move(loop)), check_(std::move(check)), looks_(looks) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (check_) check_(problem);
    loop_on_its_stack_.cancel();
    problem_ = problem, seed_ = seed;
    started_ = false, answers_.clear();
    first = {};  // at the pose, which is not known yet
    first.move.assign(problem.dimension, 0);
    first.query.kind = looks_;
  }

  bool zeroth_order() const override { return looks_ == Query::Kind::values; }

  void act(const Observation& seen, Action& next) override {
    seen_.assign(seen.values.begin(), seen.values.end());
    gradient_.assign(seen.gradients.begin(), seen.gradients.end());
    if (!started_) {
      start_.assign(seen.pose.begin(), seen.pose.end());
      project(start_, *problem_.domain);
      best_ = start_, best_value_ = start_value_ = seen_[0];
      start_gradient_ = gradient_;
      started_ = true;
      loop_on_its_stack_.start([this] { loop_(*this); });
    } else {
      for (std::size_t k = 0; k < seen_.size(); ++k)
        if (seen_[k] < best_value_) {
          const Reals point = Reals(asked_).subspan(k * problem_.dimension, problem_.dimension);
          best_.assign(point.begin(), point.end()), best_value_ = seen_[k];
        }
    }
    loop_on_its_stack_.resume();
    next.query.kind = looks_;
    next.query.points = asked_;
    next.ends_iteration = ends_iteration_;
    next.stop = loop_on_its_stack_.finished();
    move_to(answers_.empty() ? best_ : answers_, seen.pose, *problem_.domain, next.move);
  }

 private:
  const Problem& problem() const override { return problem_; }
  std::uint64_t seed() const override { return seed_; }
  Reals start() const override { return start_; }
  double start_value() const override { return start_value_; }
  bool cancelled() const override { return loop_on_its_stack_.cancelled(); }
  Reals start_gradient() const override { return start_gradient_; }
  Reals gradient() const override { return gradient_; }

  double value(Reals point, bool ends_iteration) override {
    double value = 0;
    values(point, {&value, 1}, ends_iteration);
    return value;
  }

  void values(Reals points, MutReals values, bool ends_iteration) override {
    if (cancelled()) throw Coroutine::Cancelled{};
    const std::size_t d = problem_.dimension;
    asked_.assign(points.begin(), points.end());
    for (std::size_t k = 0; k < values.size(); ++k) project({asked_.data() + k * d, d}, *problem_.domain);
    ends_iteration_ = ends_iteration;
    loop_on_its_stack_.pause();
    std::ranges::copy(seen_, values.begin());
  }

  void answer(Reals point) override {
    answers_.assign(point.begin(), point.end());
    project(answers_, *problem_.domain);
  }

  LibraryLoop loop_;
  std::function<void(const Problem&)> check_;
  Query::Kind looks_;
  Problem problem_;
  std::uint64_t seed_ = 0;
  std::vector<double> start_, best_, asked_, answers_, seen_, start_gradient_, gradient_;
  double start_value_ = 0, best_value_ = 0;
  bool started_ = false, ends_iteration_ = true;
  Coroutine loop_on_its_stack_;  // last: its loop, unwound, still uses the members above
};

}  // namespace

std::unique_ptr<Agent> make_fiber_agent(LibraryLoop loop, std::function<void(const Problem&)> check,
                                        Query::Kind looks) {
  return std::make_unique<FiberAgent>(std::move(loop), std::move(check), looks);
}

}  // namespace rover
