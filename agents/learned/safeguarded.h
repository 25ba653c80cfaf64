#pragma once
#include <memory>

#include "agents/agent.h"
#include "core/settings.h"

namespace rover {

/// When the walk goes back, and what is done then.
struct SafeguardOptions {
  double factor = 2, margin = 0.05, limit = 10;
  std::uint64_t patience = 10;
  double radius = 0.3, shrink = 0.7;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("factor", factor, "a value is bad when it is above factor · best + margin", in(1, 1e6));
    visit("margin", margin, "see factor", in(0, 1e6));
    visit("patience", patience, "bad values in a row that it takes to go back", in(1, 1e6));
    visit("limit", limit, "one bad value is enough when it is above limit · f(x₀) + margin", in(1, 1e12));
    visit("radius", radius, "length of the first step along −∇f from the best point, which is taken then",
          above(0, 1e6));
    visit("shrink", shrink, "each such step is shorter than the one before by this factor", above(0, 1).below(1));
  }
};

/// An agent with derivatives whose walk goes back where it leads up: an analytic guard for learned rules
/// ("stability-aware step scaling", 003_dfd1be0bec210955). After `patience` values in a row above factor · best +
/// margin, or one above limit · f(x₀) + margin or not finite (where those count as worst), the next step is one to
/// best − r ∇f(best)/|∇f(best)|, r shrinking; the agent itself does not see the last bad value. All looks are charged.
/// With patience 1, the guard of the field notes, rules suffer that climb on their way, and every rule where values are
/// noisy. For agents that look at one gradient, at the pose.
class Safeguarded final : public Agent {
 public:
  Safeguarded(std::unique_ptr<Agent> agent, const SafeguardOptions& options);
  void reset(const Problem& problem, std::uint64_t seed, Action& first) override;
  /// Throws std::logic_error when the agent looks elsewhere than at one gradient at the pose.
  void act(const Observation& seen, Action& next) override;
  bool zeroth_order() const override { return false; }
  std::uint64_t fallbacks() const { return fallbacks_; }  ///< in the episode so far

 private:
  std::unique_ptr<Agent> agent_;
  SafeguardOptions options_;
  const Box* box_ = nullptr;
  std::vector<double> best_, best_gradient_;
  double best_value_ = 0, first_value_ = 0, radius_ = 0;
  bool begun_ = false;
  std::uint64_t fallbacks_ = 0, bad_ = 0;
};

}  // namespace rover
