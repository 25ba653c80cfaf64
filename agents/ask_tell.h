#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "env/surface_env.h"

namespace rover {

/// What is minimised, by which agent, and until when.
struct MinimizeOptions {
  /// The box [d]. ±infinity where the agent works without bounds (its entry's capability `unbounded`); then `start` is
  /// needed. No point outside is ever asked for.
  std::vector<double> low, high;
  std::string agent = "rover-search";  ///< in agents()
  std::uint64_t budget = 1000;         ///< function evaluations; a gradient counts 2d, a Hessian 2d + 2d² more
  double target = -std::numeric_limits<double>::infinity();  ///< stop at a value of at most this
  double seconds = std::numeric_limits<double>::infinity();  ///< stop when so much time has passed
  std::vector<double> start = {};                            ///< [d]; empty: drawn in the box
  std::uint64_t seed = 0;
  Settings settings = {};                  ///< of the agent
  BadValue on_bad_value = BadValue::fail;  ///< NaN and infinity
  /// The function's values are noisy. Agents that allow for it average (rover list agents), and `answer` is the point
  /// to use: the lowest value told is the luckiest.
  bool noisy = false;
  bool gradients = false;         ///< tell() is given them where an agent wants them; else from differences
  std::string name = "function";  ///< in sentences
};

/// Why a search ended.
enum class StopReason {
  none,      ///< it has not
  budget,    ///< the next look would cost more than is left
  agent,     ///< the agent has nothing more to ask
  target,    ///< a value reached the target
  seconds,   ///< the time is over
  callback,  ///< the caller said so
};
std::string to_text(StopReason reason);  ///< "the budget is spent"

/// Any registered agent, asked and told: for functions that cannot be called, because they run elsewhere or take long.
///
///   AskTell search({.low = {-5, -5}, .high = {5, 5}, .agent = "cma-es", .budget = 500});
///   for (Reals points = search.ask(); !points.empty(); points = search.ask()) search.tell(values_at(points));
///
/// The environment charges each look as it does everywhere (env/surface_env.h). Nothing depends on the clock but where
/// `seconds` end the search.
class AskTell {
 public:
  /// Throws UsageError for a box, start or agent that do not fit.
  explicit AskTell(MinimizeOptions options);
  AskTell(AskTell&&) noexcept;
  AskTell& operator=(AskTell&&) noexcept;
  ~AskTell();

  /// The points [n, d] whose values are wanted next, the same until they are told; empty: the search is over. Throws
  /// what the agent throws.
  Reals ask();
  /// Whether the points' gradients are wanted, too: only if the options say that they can be given.
  bool wants_gradients() const;
  /// The values [n] of the points asked for, and their gradients [n, d] where they are wanted. Throws UsageError for
  /// another number of them, and std::runtime_error for NaN and infinity where they end the search.
  void tell(Reals values_n, Reals gradients_nd = {});

  std::size_t dimension() const;
  const MinimizeOptions& options() const;
  StopReason stopped() const;
  /// Function evaluations that were charged.
  std::uint64_t evaluations() const;
  double best_value() const;  ///< lowest finite value told; infinity: none
  Reals best_point() const;   ///< [d]; empty: none
  Reals answer() const;       ///< [d] where the agent stands: what it holds for the best point; empty before a look

  /// The search in progress: its options and what it was told. Throws std::runtime_error when it cannot be written.
  void save(const std::filesystem::path& path) const;
  /// Goes on with a saved search, to the bits of one that was never interrupted: asks the agent again, which is a
  /// function of its seed and what it was told, and answers from the file. `seconds` begin anew. Throws
  /// std::runtime_error for a file that is none or does not fit this version's agent.
  static AskTell load(const std::filesystem::path& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
