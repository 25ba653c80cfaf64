#include "experiments/studies/rounds.h"

#include <doctest/doctest.h>

#include "env/landscapes/registry.h"

namespace rover {
namespace {

/// Looks at what the script says, from the start on; then it stops.
class Scripted final : public Agent {
 public:
  struct Look {
    std::vector<double> points;
    bool ends_iteration;
  };
  explicit Scripted(std::vector<Look> looks) : looks_(std::move(looks)) {}
  void reset(const Problem&, std::uint64_t, Action& first) override {
    next_ = 0, first = {};
    first.move = {0};
  }
  void act(const Observation&, Action& next) override {
    next.stop = next_ == looks_.size();
    if (next.stop) return;
    next.query.kind = Query::Kind::values;
    next.query.points = looks_[next_].points, next.ends_iteration = looks_[next_].ends_iteration;
    next.move = {0};
    ++next_;
  }

 private:
  std::vector<Look> looks_;
  std::size_t next_ = 0;
};

}  // namespace

TEST_CASE("rounds hold what need not wait: a look, or an iteration; what is not reached costs half again as much") {
  const Trial trial = make_trial(landscapes().make("sphere", {{"dimension", "1"}}), {1});
  Scripted agent({{{0.9, 0.5, 0.8}, false}, {{0.7, 0.1}, true}, {{0.01}, true}});
  const std::vector<double> targets{0.3, 0.02, 2e-4, 1e-9};
  const auto check = [&](Together together, std::size_t at_once, const std::vector<double>& rounds) {
    CAPTURE(at_once);
    const auto costs = costs_to_targets(agent, trial, targets, 20, together, at_once, 0);
    REQUIRE(costs.size() == targets.size());
    for (std::size_t k = 0; k < costs.size(); ++k) {
      CHECK(costs[k].evaluations == std::vector<double>{4, 6, 7, 30}[k]);
      CHECK(costs[k].rounds == rounds[k]);
      CHECK(costs[k].reached == (k < 3));
    }
  };
  check(Together::look, 1, {4, 6, 7, 10.5});
  check(Together::iteration, 1, {4, 6, 7, 10.5});
  check(Together::look, 2, {3, 4, 5, 7.5});
  check(Together::look, 5, {2, 3, 4, 6});
  check(Together::iteration, 5, {2, 2, 3, 4.5});
}

TEST_CASE("rounds: one processor counts evaluations, many count batches") {
  const auto rounds = [](std::uint64_t processors) {
    RoundClock clock(processors);
    clock.ask(9, true);  // a look
    clock.ask(1, true);  // a try
    clock.ask(4, true);
    return clock.rounds();
  };
  CHECK(rounds(1) == 14);
  CHECK(rounds(4) == 3 + 1 + 1);
  CHECK(rounds(100) == 3);
}

TEST_CASE("rounds: a generation that is asked for point by point is one batch") {
  RoundClock clock(4);
  for (int k = 0; k < 6; ++k) clock.ask(1, k == 5);
  CHECK(clock.rounds() == 2);
  clock.ask(1, true);
  CHECK(clock.rounds() == 3);
}

}  // namespace rover
