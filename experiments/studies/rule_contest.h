#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "agents/schedule.h"
#include "core/statistics.h"
#include "env/trial.h"
#include "experiments/reproduce.h"

namespace rover {

// Optimizers of networks against each other, each with a learning rate chosen at the target with the same means.

/// Makes the agent with a learning rate. Eleven are tried: seven from 1/64 to 64 times the middle one, then .5, .7, 1.4
/// and 2 times the best of them.
struct RuleEntrant {
  std::string label;
  std::string kind;  ///< "classical", "rule" (learned nothing), "learned"
  double middle;     ///< of its candidate rates
  std::function<std::unique_ptr<Agent>(double rate)> make;
};

/// Gradient descent with momentum .9, Adam and AdamW (β₂ .99, λ .01), each at a constant and at a linearly falling
/// rate.
std::vector<RuleEntrant> classical_entrants();
/// Celo2's own start, momentum that is orthogonalised (Muon), before anything was learned: the rule to beat.
RuleEntrant untrained_entrant();
/// The rule of a model file, at a linearly falling rate.
RuleEntrant learned_entrant(const std::string& label, const std::string& model);

/// An entrant's tuned rate, and its runs on fresh trials by that rate.
struct RuleRuns {
  double rate = 0;
  std::vector<double> losses;  ///< noise-free, at the end of each run; 1.5 f(x₀) at most, and where it diverged
  double seconds_a_step = 0;   ///< processor time
};

/// Chooses the rate with the lowest mean final loss on `tuning` and plays `trials` for `steps`, with noise. Kept as a
/// cell of the study. `rate`: tuned before; 0: tune.
RuleRuns contest(StudyPlace& place, const std::string& cell, const RuleEntrant& entrant,
                 const std::vector<Trial>& tuning, const std::vector<Trial>& trials, std::uint64_t steps,
                 double rate = 0);

/// The geometric mean of the paired quotients a/b with its interval, as "0.81 [0.79, 0.83]".
std::string quotient_text(const std::vector<double>& a, const std::vector<double>& b);
RatioInterval quotient_interval(const std::vector<double>& a, const std::vector<double>& b);
/// The same mean alone.
double quotient(const std::vector<double>& a, const std::vector<double>& b);
double mean(const std::vector<double>& values);
/// A line of that mean and the quotients.
ResultLine quotient_line(const std::string& name, const std::vector<double>& a, const std::vector<double>& b,
                         double target = std::numeric_limits<double>::quiet_NaN());

}  // namespace rover
