#pragma once
#include <cmath>
#include <limits>
#include <memory>

#include "agents/agent.h"
#include "env/landscapes/registry.h"

namespace rover {

/// f = |x|², without derivatives; NaN (where `broken`) within 0.5 of the optimum; an unknown optimum (where `secret`).
class PlainBowl : public Landscape {
 public:
  PlainBowl(bool broken, bool secret) : broken_(broken), secret_(secret) {}
  std::string_view name() const override { return broken_ ? "test-broken" : secret_ ? "test-secret" : "test-plain"; }
  std::size_t dimension() const override { return 2; }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return secret_ ? std::nullopt : std::optional(Optimum{{0, 0}, 0}); }
  void sample_start(RandomStream& stream, MutReals start_d) const override {
    start_d[0] = stream.uniform(1, 2), start_d[1] = stream.uniform(1, 2);
  }
  void values(Reals points_nd, MutReals values_n, RandomStream*) const override {
    for (std::size_t k = 0; k < values_n.size(); ++k) {
      values_n[k] = points_nd[2 * k] * points_nd[2 * k] + points_nd[2 * k + 1] * points_nd[2 * k + 1];
      if (broken_ && values_n[k] < 0.25) values_n[k] = std::numeric_limits<double>::quiet_NaN();
    }
  }

 private:
  Box box_{{-2, -2}, {2, 2}};
  bool broken_, secret_;
};

/// Halves its distance to the origin in two looks of one value each: the first stays, the second moves and ends the
/// iteration.
class Halver : public Agent {
 public:
  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    if (problem.dimension != 2) throw UsageError("the agent works in the plane alone");
    first = {};
    half_ = false;
  }
  void act(const Observation& observation, Action& next) override {
    half_ = !half_;
    next.ends_iteration = !half_;
    next.move.assign(2, 0);
    if (!half_)
      for (std::size_t i = 0; i < 2; ++i) next.move[i] = -observation.pose[i] / 2;
  }

 private:
  bool half_ = false;
};

/// Adds test-plain, test-broken, test-secret and test-halver to the registries.
inline void register_test_surfaces() {
  if (landscapes().contains("test-plain")) return;
  const auto add = [](const char* id, const char* summary, bool broken, bool secret) {
    landscapes().add<LandscapeOptions>(
        id, summary, [=](const LandscapeOptions&) { return std::make_unique<PlainBowl>(broken, secret); });
  };
  add("test-plain", "a bowl without derivatives", false, false);
  add("test-broken", "a bowl with a hole", true, false);
  add("test-secret", "a bowl with an unknown optimum", false, true);
  agents().add<NoOptions>("test-halver", "halves its distance to the origin",
                          [](const NoOptions&) { return std::make_unique<Halver>(); });
}

}  // namespace rover
