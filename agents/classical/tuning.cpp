#include "agents/classical/tuning.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

#include "core/executor.h"

namespace rover {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double floor_of_regret = 1e-12;

std::vector<Settings> combinations(const TuningGrid& grid, const Settings& base) {
  std::vector<Settings> out{base};
  for (const auto& [key, values] : grid) {
    if (base.contains(key)) continue;
    std::vector<Settings> longer;
    for (const auto& settings : out)
      for (const auto& value : values) {
        longer.push_back(settings);
        longer.back()[key] = value;
      }
    out = std::move(longer);
  }
  return out;
}

/// The lowest f; infinite: diverged.
double outcome_of(const std::string& agent_id, const Settings& settings, const Trial& trial, const RunLimits& limits,
                  std::uint64_t seed) {
  const auto agent = agents().make(agent_id, settings);
  try {
    const TrialCurve curve = play_trial(*agent, trial, limits, seed, {.iterations = 0, .improvements = false});
    return curve.failure.empty() ? curve.best() : infinity;
  } catch (const std::runtime_error&) {  // its arithmetic failed
    return infinity;
  }
}

double log_regret(double best, double first, double optimum) {
  if (best == infinity) return infinity;
  const double gap = first - optimum;  // zero where the start is the optimum: nothing to gain
  return gap > 0 ? std::log10(std::max((best - optimum) / gap, floor_of_regret)) : 0;
}

double regret(double best, double first, double optimum) {
  if (best == infinity) return infinity;
  return first > optimum ? (best - optimum) / (first - optimum) : 0;
}

/// Mean of `measure` for each candidate; the optimum is the lowest value that any saw where none is known.
std::vector<double> scores_of(const std::vector<std::vector<double>>& outcomes, const std::vector<Trial>& trials,
                              double (*measure)(double best, double first, double optimum) = log_regret) {
  std::vector<double> out(outcomes.size());
  for (std::size_t k = 0; k < trials.size(); ++k) {
    double optimum = trials[k].optimum_value;
    if (std::isnan(optimum)) {
      optimum = infinity;
      for (const auto& candidate : outcomes) optimum = std::min(optimum, candidate[k]);
    }
    for (std::size_t c = 0; c < outcomes.size(); ++c) out[c] += measure(outcomes[c][k], trials[k].start_value, optimum);
  }
  for (double& score : out) score /= static_cast<double>(trials.size());
  return out;
}

/// "0.2" and ".2" are one value.
bool same_value(const std::string& a, const std::string& b) {
  char *end_a = nullptr, *end_b = nullptr;
  const double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  return a == b || (!a.empty() && !b.empty() && *end_a == 0 && *end_b == 0 && x == y);
}

/// Where candidates are drawn: an index into the values of each setting.
using Place = std::vector<std::size_t>;

class Choice {
 public:
  /// `defaults`: played before, and not again where the grid holds them.
  Choice(const TuningGrid& grid, const Settings& base, const Settings& defaults, const TuneOptions& options)
      : options_(options), stream_(make_stream(options.seed, 0, "tuning candidates")) {
    Place place;
    for (const auto& [key, values] : grid) {
      if (base.contains(key)) continue;
      keys_.push_back(key), values_.push_back(values), centre_.push_back(0.5);
      const auto known = defaults.find(key);
      for (std::size_t k = 0; known != defaults.end() && k < values.size(); ++k)
        if (same_value(values[k], known->second)) place.push_back(k);
    }
    for (const auto& values : values_) total_ = total_ > 1e9 ? total_ : total_ * static_cast<double>(values.size());
    if (place.size() == keys_.size()) seen_.insert(place);
  }

  /// The next places, none of them twice; none: that was all.
  std::vector<Place> next(std::size_t most) {
    constexpr int tries = 50;
    std::vector<Place> out;
    while (out.size() < std::min(most, round) && static_cast<double>(seen_.size()) < total_) {
      Place place = options_.search == TuneSearch::grid ? counted() : drawn();
      for (int k = 0; k < tries && seen_.contains(place) && options_.search != TuneSearch::grid; ++k) place = drawn();
      if (seen_.insert(place).second) out.push_back(std::move(place));
      else if (options_.search != TuneSearch::grid) break;
    }
    ++rounds_;
    return out;
  }

  /// Moves the centre to where all candidates so far point.
  void learn(const std::vector<Place>& places, const std::vector<double>& scores) {
    if (options_.search != TuneSearch::attention) return;
    double low = infinity, high = -infinity, sum = 0;
    for (const double score : scores)
      if (std::isfinite(score)) low = std::min(low, score), high = std::max(high, score);
    if (!(low < infinity)) return;
    std::vector<double> mean(keys_.size());
    for (std::size_t c = 0; c < places.size(); ++c) {
      constexpr double beta = 10;
      const double weight = std::isfinite(scores[c]) && high > low ? std::exp(-beta * (scores[c] - low) / (high - low))
                            : scores[c] == low                     ? 1.0
                                                                   : 0.0;
      sum += weight;
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weight * share(i, places[c][i]);
    }
    for (std::size_t i = 0; i < mean.size(); ++i) centre_[i] = mean[i] / sum;
  }

  Settings at(const Place& place, Settings settings) const {
    for (std::size_t i = 0; i < place.size(); ++i) settings[keys_[i]] = values_[i][place[i]];
    return settings;
  }

 private:
  static constexpr std::size_t round = 8;
  double share(std::size_t i, std::size_t index) const {
    return values_[i].size() > 1 ? static_cast<double>(index) / static_cast<double>(values_[i].size() - 1) : 0.5;
  }
  Place counted() {
    Place out;
    std::size_t rest = count_++;
    for (const auto& values : values_) out.push_back(rest % values.size()), rest /= values.size();
    return out;
  }
  Place drawn() {
    const bool uniform = options_.search == TuneSearch::random || rounds_ == 0;
    const double width = 0.5 * std::pow(0.5, static_cast<double>(rounds_) / 2);
    Place out;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const double u = uniform ? stream_.uniform() : centre_[i] + width * stream_.normal();
      const auto last = static_cast<double>(values_[i].size() - 1);
      out.push_back(uniform ? stream_.below(values_[i].size())
                            : static_cast<std::size_t>(std::lround(std::clamp(u, 0.0, 1.0) * last)));
    }
    return out;
  }

  const TuneOptions& options_;
  RandomStream stream_;
  std::vector<std::string> keys_;
  std::vector<std::vector<std::string>> values_;
  std::vector<double> centre_;
  double total_ = 1;
  std::set<Place> seen_;
  std::size_t count_ = 0, rounds_ = 0;
};

}  // namespace

std::vector<TuneCandidate> tune_search(const std::string& agent_id, const std::vector<Trial>& trials,
                                       const RunLimits& limits, const Settings& base, const TuneOptions& options) {
  if (trials.empty()) throw std::invalid_argument("tuning needs at least one start");
  const TuningGrid grid = tuning_grid(agent_id);
  if (grid.empty())
    throw UsageError("the agent '" + agent_id + "' has nothing to tune (rover list agents " + agent_id + ")");
  Settings defaults;
  for (const Option& option : agents().info(agent_id).options) defaults[option.key] = option.value;
  Choice choice(grid, base, defaults, options);
  std::vector<Settings> settings{base};
  std::vector<Place> places;
  std::vector<std::vector<double>> outcomes;
  const auto executor = make_thread_executor(options.threads);
  (void)agents().make(agent_id, base);  // throws for refused settings before anything is played
  while (outcomes.size() < settings.size()) {
    const std::size_t first = outcomes.size(), count = settings.size() - first;
    const auto played = executor->map(
        count * trials.size(),
        [&](std::size_t k) {
          return outcome_of(agent_id, settings[first + k / trials.size()], trials[k % trials.size()], limits,
                            k % trials.size());
        },
        [](std::size_t, double) {}, options.stop);
    for (std::size_t c = 0; c < count; ++c)
      outcomes.emplace_back(played.begin() + static_cast<std::ptrdiff_t>(c * trials.size()),
                            played.begin() + static_cast<std::ptrdiff_t>((c + 1) * trials.size()));
    if (options.progress) options.progress(outcomes.size());
    if (!places.empty()) {
      const auto scores = scores_of(outcomes, trials);
      choice.learn(places, {scores.begin() + 1, scores.end()});
    }
    if (outcomes.size() >= options.candidates) break;
    for (const Place& place : choice.next(options.candidates - outcomes.size())) {
      places.push_back(place);
      settings.push_back(choice.at(place, base));
    }
  }
  const auto scores = scores_of(outcomes, trials);
  std::vector<TuneCandidate> out;
  for (std::size_t c = 0; c < settings.size(); ++c) out.push_back({settings[c], scores[c]});
  std::ranges::stable_sort(out, {}, &TuneCandidate::score);
  return out;
}

TuningGrid tuning_grid(const std::string& agent_id) { return agents().info(agent_id).tuning; }

Tuned tune(const std::string& agent_id, const std::vector<Trial>& trials, const RunLimits& limits, const Settings& base,
           const std::vector<Trial>& finals) {
  if (trials.empty()) throw std::invalid_argument("tuning needs at least one start");
  const std::vector<Settings> candidates = combinations(tuning_grid(agent_id), base);
  agents().make(agent_id, candidates.front());  // throws for refused settings before anything is played
  if (candidates.size() == 1) return {candidates.front(), 0, 1};

  const auto play = [&](const std::vector<std::size_t>& players, const std::vector<Trial>& on) {
    std::vector<std::vector<double>> outcomes(players.size());
    for (std::size_t p = 0; p < players.size(); ++p)
      for (std::size_t k = 0; k < on.size(); ++k)
        outcomes[p].push_back(outcome_of(agent_id, candidates[players[p]], on[k], limits, k));
    return outcomes;
  };
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto scores = scores_of(play(order, trials), trials);
  std::ranges::stable_sort(order, {}, [&](std::size_t c) { return scores[c]; });
  std::size_t best = order.front();
  if (!finals.empty()) {
    order.resize(std::clamp<std::size_t>(order.size() / 8, 2, 8));
    const auto regrets = scores_of(play(order, finals), finals, regret);
    best = order[static_cast<std::size_t>(std::ranges::min_element(regrets) - regrets.begin())];
  }
  return {candidates[best], scores[best], candidates.size()};
}

}  // namespace rover
