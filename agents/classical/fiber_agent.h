#pragma once
#include <functional>
#include <memory>

#include "agents/agent.h"

namespace rover {

/// What a library's loop sees instead of an objective: every evaluation goes through the environment, which charges it.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual const Problem& problem() const = 0;
  virtual std::uint64_t seed() const = 0;
  virtual Reals start() const = 0;         ///< the first pose, projected into the domain [d]
  virtual double start_value() const = 0;  ///< its value, which the first look paid for
  /// f at the point projected into the domain: suspends the loop until the environment has answered. The pose moves to
  /// the best point seen. When the episode is over it throws something that must reach the loop's caller; `cancelled`
  /// is then true, and the problem may be gone: a loop that swallowed the exception must return at once.
  virtual double value(Reals point_d, bool ends_iteration) = 0;
  /// The same at several points at once; the values are in their order.
  virtual void values(Reals points_nd, MutReals values_n, bool ends_iteration) = 0;
  /// From the next look on the pose is here instead: for noisy surfaces, where the best point seen is the luckiest.
  virtual void answer(Reals point_d) = 0;
  /// The gradients that came with start_value and with the last value [d]; empty unless the agent's looks are
  /// gradients.
  virtual Reals start_gradient() const = 0;
  virtual Reals gradient() const = 0;
  virtual bool cancelled() const = 0;
};

/// A library's own loop; called on a stack of its own (1 MiB), once an episode. Agent::act throws the exceptions that
/// leave it.
using LibraryLoop = std::function<void(Evaluator&)>;

/// Makes an agent of a library that runs its own loop: the loop suspends inside its objective, and `act` resumes it
/// with the environment's answer. Where the loop returns, the agent stops. `check` may refuse a problem with a
/// UsageError. Looks are values, or gradients where the library needs them: then every evaluation is charged as one.
std::unique_ptr<Agent> make_fiber_agent(LibraryLoop loop, std::function<void(const Problem&)> check = {},
                                        Query::Kind looks = Query::Kind::values);

}  // namespace rover
