#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <vector>

#include "agents/ask_tell.h"

namespace rover {

/// f at a point [d]. What it throws is a bad value, but for Stopped (core/executor.h), which ends the search.
using Objective = std::function<double(Reals point_d)>;

struct MinimizeProgress {
  std::uint64_t evaluations = 0;  ///< calls of f so far
  double value = 0;               ///< of the last call
  Reals point;                    ///< [d], of the last call
  double best_value = 0;
  Reals best_point;  ///< [d]
  double seconds = 0;
};

/// How the function is called.
struct CallOptions {
  /// Its gradient [d]; without it, agents that need one get differences.
  std::function<void(Reals point_d, MutReals gradient_d)> gradient = {};
  /// So many calls at a time, in as many threads, where an agent asks for several points; f must allow it. The result
  /// is the same for any number, but that up to jobs − 1 more calls are made where a target or a callback ends the
  /// search.
  std::size_t jobs = 1;
  /// After each call; false ends the search.
  std::function<bool(const MinimizeProgress&)> callback = {};
  bool history = false;  ///< keep all points and values
  /// Every call's result is appended to this file before the next is made. Where it exists and is of the same call, the
  /// search goes on with it, and ends in the bits of one that was never interrupted. Empty: none.
  std::filesystem::path journal = {};
};

struct MinimizeResult {
  std::vector<double> point;  ///< [d] the best; empty if no value was finite
  double value = std::numeric_limits<double>::infinity();
  std::vector<double> answer;  ///< [d] where the agent stood at the end: on noisy functions the point to use
  StopReason stopped = StopReason::none;
  std::uint64_t evaluations = 0, gradients = 0;  ///< calls, those that a journal remembered among them
  std::uint64_t remembered = 0;                  ///< calls that were not made, because a journal had their results
  std::uint64_t bad_values = 0;                  ///< calls that returned NaN or infinity, threw or timed out
  double seconds = 0;
  std::vector<double> points, values;  ///< [evaluations, d] and [evaluations], in the order of the calls; if kept
};

/// Thrown when a call ends a search: the function threw or returned NaN or infinity, and `on_bad_value` is `fail`.
struct EvaluationError : std::runtime_error {
  EvaluationError(const std::string& sentence, MinimizeResult found)
      : std::runtime_error(sentence), so_far(std::move(found)) {}
  MinimizeResult so_far;
};

/// Minimises a function of one's own by any registered agent:
///
///   auto result = minimize([](Reals x) { return x[0] * x[0] + x[1] * x[1]; },
///                          {.low = {-5, -5}, .high = {5, 5}, .agent = "rover-search", .budget = 500});
///
/// It is called exactly as often as `evaluations` says. Throws UsageError for options that do not fit,
/// EvaluationError for a function that fails, std::runtime_error for a journal that cannot be written.
MinimizeResult minimize(const Objective& f, const MinimizeOptions& options, const CallOptions& how = {});

}  // namespace rover
