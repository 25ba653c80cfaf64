#pragma once
// An agent of your own: implement Agent, add it to the registry, and everything that plays agents can play it.
// This one is a pattern of 2d points around the best point seen, which halves when nothing on it is better (compass
// search).
#include <algorithm>
#include <memory>
#include <vector>

#include "agents/agent.h"

struct CompassOptions {
  double radius = 0.25;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("radius", radius, "first radius as a fraction of the domain's width", rover::above(0, 1));
  }
};

class Compass : public rover::Agent {
 public:
  explicit Compass(CompassOptions options) : options_(options) {}

  // The first look: one value, where the environment has put us.
  void reset(const rover::Problem& problem, std::uint64_t, rover::Action& first) override {
    radius_ = options_.radius * (problem.domain->high[0] - problem.domain->low[0]);
    looked_ = {};
    first = {};
  }

  void act(const rover::Observation& seen, rover::Action& next) override {
    const std::size_t d = seen.pose.size();
    next.move.assign(d, 0);
    const auto lowest = std::min_element(seen.values.begin(), seen.values.end());
    if (looked_.empty() || *lowest < best_) {  // go there, and look around from there
      if (!looked_.empty())
        for (std::size_t i = 0; i < d; ++i)
          next.move[i] = looked_[std::size_t(lowest - seen.values.begin()) * d + i] - seen.pose[i];
      best_ = *lowest;
    } else {
      radius_ /= 2;
    }
    looked_.assign(2 * d * d, 0);
    for (std::size_t k = 0; k < 2 * d; ++k)
      for (std::size_t i = 0; i < d; ++i)
        looked_[k * d + i] = seen.pose[i] + next.move[i] + (i == k / 2 ? (k % 2 ? radius_ : -radius_) : 0);
    next.query.points = looked_;
  }

 private:
  CompassOptions options_;
  std::vector<double> looked_;
  double radius_ = 0, best_ = 0;
};

inline void register_compass() {
  rover::agents().add<CompassOptions>("compass", "compass search: a pattern of 2d points around the best that halves",
                                      [](const CompassOptions& options) { return std::make_unique<Compass>(options); },
                                      {.tuning = {{"radius", {"0.05", "0.1", "0.25", "0.5"}}}});
}
