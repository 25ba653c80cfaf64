#include "experiments/studies/rule_contest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "agents/classical/gradient.h"
#include "agents/learned/learned_optimizer.h"
#include "agents/models.h"
#include "agents/trials.h"
#include "core/executor.h"
#include "core/statistics.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr double coarse[] = {1.0 / 64, 1.0 / 16, 0.25, 1, 4, 16, 64}, fine[] = {0.5, 0.7, 1.4, 2};

/// {final loss, seconds a step} of one run.
std::vector<double> play_one(const RuleEntrant& entrant, double rate, const Trial& trial, std::uint64_t steps,
                             std::uint64_t seed) {
  const double worst = 1.5 * trial.start_value;
  const auto agent = entrant.make(rate);
  const TrialCurve curve =
      play_trial(*agent, trial, {.iterations = steps, .noisy = true}, seed, {.iterations = 0, .improvements = false});
  const double loss = curve.failure.empty() ? std::min(curve.best(), worst) : worst;
  return {loss, curve.seconds.back() / static_cast<double>(steps)};
}

}  // namespace

std::vector<RuleEntrant> classical_entrants() {
  std::vector<RuleEntrant> out;
  for (const std::string schedule : {"constant", "linear"}) {
    const auto rate_of = [schedule](double rate) { return ScheduleOptions{rate, schedule}; };
    const std::string name = schedule == "constant" ? ", constant" : ", decayed";
    out.push_back({"SGD-momentum" + name, "classical", 0.06,
                   [=](double rate) { return make_momentum({.rate = rate_of(rate), .momentum = 0.9}); }});
    out.push_back({"Adam" + name, "classical", 5e-3,
                   [=](double rate) { return make_adam({.rate = rate_of(rate), .beta2 = 0.99}); }});
    out.push_back({"AdamW" + name, "classical", 5e-3, [=](double rate) {
                     return make_adamw({{.rate = rate_of(rate), .beta2 = 0.99}, 0.01});
                   }});
  }
  return out;
}

RuleEntrant untrained_entrant() {
  return {
      "Muon (Celo2, untrained)", "rule", 5e-3, [](double rate) {
        RandomStream stream = make_stream(0, 0, "update-rule");
        const RuleOptions options{.rule = "celo2", .start = "momentum"};
        return make_learned_optimizer({make_update_rule(options, initial_weights(options, stream)), {rate, "linear"}});
      }};
}

RuleEntrant learned_entrant(const std::string& label, const std::string& model) {
  const TrainedRule rule = load_trained_rule(Checkpoint::read(model_path(model)));
  const double middle = rule.rule->wants_learning_rate() ? 5e-3 : 1;
  return {label, "learned", middle, [rule](double rate) {
            return make_learned_optimizer({rule.rule, {rate, "linear"}});
          }};
}

RuleRuns contest(StudyPlace& place, const std::string& cell, const RuleEntrant& entrant,
                 const std::vector<Trial>& tuning, const std::vector<Trial>& trials, std::uint64_t steps, double rate) {
  const auto kept = place.cell(cell, [&] {
    const auto executor = make_thread_executor(place.threads);
    double chosen = rate;
    if (rate == 0) {
      double best = std::numeric_limits<double>::infinity();
      const auto try_around = [&](double middle, std::span<const double> factors) {
        const auto tried = executor->map(factors.size() * tuning.size(), [&](std::size_t k) {
          return play_one(entrant, middle * factors[k / tuning.size()], tuning[k % tuning.size()], steps,
                          derive_seed(place.seed, k % tuning.size(), "tuning walk"));
        });
        for (std::size_t c = 0; c < factors.size(); ++c) {
          double sum = 0;  // of logarithms, so that no task counts more for its units
          for (std::size_t k = 0; k < tuning.size(); ++k)
            sum += std::log(std::max(tried[c * tuning.size() + k][0], 1e-12));
          if (sum < best) best = sum, chosen = middle * factors[c];
        }
      };
      try_around(entrant.middle, coarse);
      try_around(chosen, fine);
    }
    const auto played = executor->map(trials.size(), [&](std::size_t k) {
      return play_one(entrant, chosen, trials[k], steps, derive_seed(place.seed, k, "walk"));
    });
    std::vector<double> out{chosen, 0};
    for (const auto& run : played) out.push_back(run[0]), out[1] += run[1] / static_cast<double>(trials.size());
    return out;
  });
  return {kept.at(0), {kept.begin() + 2, kept.end()}, kept.at(1)};
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

namespace {
std::vector<double> log_quotients(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (std::size_t k = 0; k < a.size(); ++k) out.push_back(std::log(std::max(a[k], 1e-12) / std::max(b[k], 1e-12)));
  return out;
}
}  // namespace

double quotient(const std::vector<double>& a, const std::vector<double>& b) {
  return std::exp(mean(log_quotients(a, b)));
}

RatioInterval quotient_interval(const std::vector<double>& a, const std::vector<double>& b) {
  return ratio_interval(log_quotients(a, b), make_stream(0, 0, "bootstrap"));
}

std::string quotient_text(const std::vector<double>& a, const std::vector<double>& b) {
  const RatioInterval interval = quotient_interval(a, b);
  return short_number(interval.ratio) + " [" + short_number(interval.low) + ", " + short_number(interval.high) + "]";
}

ResultLine quotient_line(const std::string& name, const std::vector<double>& a, const std::vector<double>& b,
                         double target) {
  ResultLine out;
  out.name = name, out.ours = quotient(a, b), out.target = target;
  for (std::size_t k = 0; k < a.size(); ++k) out.seeds.push_back(a[k] / b[k]);
  return out;
}

}  // namespace rover
