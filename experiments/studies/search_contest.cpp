#include "experiments/studies/search_contest.h"

#include <algorithm>
#include <cmath>

#include "core/executor.h"
#include "env/landscapes/varied.h"
#include "experiments/studies/rule_contest.h"

namespace rover {
namespace {

constexpr std::size_t target_count = 50;

}  // namespace

std::vector<Trial> fresh_surfaces(const StudyPlace& place, const std::vector<std::string>& families,
                                  std::size_t dimension, std::size_t each, const std::string& purpose) {
  std::vector<Trial> out;
  for (std::size_t s = 0; s < place.seeds; ++s) {
    const InstancePool pool =
        make_varied_pool(families, dimension, each, derive_seed(place.seed + s, dimension, purpose),
                         std::max<std::size_t>(1, place.threads));
    out.insert(out.end(), pool.instances.begin(), pool.instances.end());
  }
  return out;
}

std::vector<double> fifty_targets() {
  std::vector<double> out;
  for (std::size_t i = 1; i <= target_count; ++i)
    out.push_back(std::pow(10.0, -8.0 * static_cast<double>(i) / target_count));
  return out;
}

Costs costs_to_fifty_targets(StudyPlace& place, const std::string& cell, const std::string& id,
                             const Settings& settings, const std::vector<Trial>& trials,
                             std::uint64_t evaluations_a_coordinate, Together together, std::size_t at_once) {
  constexpr std::size_t numbers = 4;
  const auto all = place.cell(cell, [&] {
    const auto runs = make_thread_executor(place.threads)->map(trials.size(), [&](std::size_t k) {
      const auto agent = agents().make(id, settings);
      const std::uint64_t budget = evaluations_a_coordinate * trials[k].start.size();
      double evaluations = 0, rounds = 0, reached = 0, last = 0;
      for (const Cost& cost : costs_to_targets(*agent, trials[k], fifty_targets(), budget, together, at_once,
                                               derive_seed(place.seed, k, "rounds run"))) {
        evaluations += std::log(cost.evaluations) / target_count, rounds += std::log(cost.rounds) / target_count;
        reached += cost.reached ? 1.0 / target_count : 0.0, last = cost.evaluations;
      }
      return std::vector{std::exp(evaluations), std::exp(rounds), last, reached};
    });
    std::vector<double> out;
    for (const auto& run : runs) out.insert(out.end(), run.begin(), run.end());
    return out;
  });
  Costs out;
  for (std::size_t k = 0; k < all.size(); k += numbers) {
    out.evaluations.push_back(all[k]), out.rounds.push_back(all[k + 1]);
    out.last.push_back(all[k + 2]), out.reached.push_back(all[k + 3]);
  }
  return out;
}

double geometric_mean(const std::vector<double>& values) { return quotient(values, std::vector(values.size(), 1.0)); }

std::string interval_text(const std::vector<double>& values) {
  return quotient_text(values, std::vector(values.size(), 1.0));
}

ResultLine ratio_line(std::string name, const std::vector<double>& a, const std::vector<double>& b, std::size_t seeds) {
  ResultLine line;
  line.name = std::move(name), line.unit = "ratio", line.ours = quotient(a, b);
  const auto each = static_cast<std::ptrdiff_t>(a.size() / seeds);
  for (std::ptrdiff_t s = 0; s < static_cast<std::ptrdiff_t>(seeds); ++s)
    line.seeds.push_back(quotient({a.begin() + s * each, a.begin() + (s + 1) * each},
                                  {b.begin() + s * each, b.begin() + (s + 1) * each}));
  return line;
}

}  // namespace rover
