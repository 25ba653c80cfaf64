// Figure 5: the six functions that the Rover never saw, from one hard start each, 20 perturbed starts, the Rover and
// its peers.
#include <algorithm>
#include <cmath>

#include "env/landscapes/registry.h"
#include "experiments/studies/comparison.h"
#include "experiments/studies/studies.h"

namespace rover {
namespace {

constexpr std::uint64_t horizon = 100;
constexpr double share = 0.02;  // of the domain's width: the perturbation

/// The paper marks its starts in pictures only. Ours: across the curved valley, in a corner of the rippled funnels, on
/// the far side of the trough, in the wrong basin, behind the ridge.
struct HardStart {
  const char* function;
  std::vector<double> start;
};
const std::vector<HardStart>& hard_starts() {
  static const std::vector<HardStart> all{{"rosenbrock", {-1.2, 1}}, {"ackley", {4, -3.5}},  {"rastrigin", {4.2, -3.6}},
                                          {"mccormick", {3.5, 3.5}}, {"beale", {-3.5, 3.5}}, {"styblinski", {4, 3.5}}};
  return all;
}

Suite hard_suite() {
  std::vector<std::string> functions;
  for (const auto& [function, start] : hard_starts()) functions.push_back(function);
  const auto draw = [](const std::string& function, std::size_t count, std::uint64_t seed) {
    const std::shared_ptr<const Landscape> landscape = landscapes().make(function, to_settings(LandscapeOptions{}));
    const auto& hard = *std::ranges::find(hard_starts(), function, &HardStart::function);
    std::vector<double> scale;
    for (std::size_t i = 0; i < 2; ++i)
      scale.push_back(share * (landscape->domain().high[i] - landscape->domain().low[i]));
    return perturbed_trials(landscape, hard.start, scale, count, derive_seed(seed, 0, function), true);
  };
  return {"figure5", "the paper's six functions from a hard start each, perturbed", functions, true, draw};
}

/// Share of uniform starts solved (gap ≤ 1e-3) within 100 iterations, the paper's Rover with safeguard: a value a
/// trained Rover.
void uniform_starts(StudyPlace& place, const std::vector<std::filesystem::path>& runs, StudyResult& result) {
  const Suite suite = find_suite("paper");
  for (const std::string policy : {"learned", "random"}) {
    std::vector<std::vector<double>> solved(suite.functions.size());
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const auto shares = place.cell("uniform-" + policy + "-" + std::to_string(k), [&] {
        const Evaluation evaluation =
            evaluate({{"rover", {{"from", runs[k].string()}, {"policy", policy}}, policy}}, suite,
                     {.starts = place.quick ? 20u : 100u, .seed = place.seed, .threads = place.threads});
        std::vector<double> out;
        for (const auto& function : suite.functions)
          out.push_back(statistics(evaluation, policy, function, {Mark::Clock::iterations, horizon}).solved_1e3);
        return out;
      });
      for (std::size_t f = 0; f < shares.size(); ++f) solved[f].push_back(100 * shares[f]);
    }
    for (std::size_t f = 0; f < suite.functions.size(); ++f) {
      ResultLine line = mean_line(suite.functions[f] +
                                      ", uniform starts: " + (policy == "learned" ? "rover" : "rover:policy=random") +
                                      ", solved after 100 iterations",
                                  "%", solved[f]);
      line.smaller_is_better = false;
      if (policy == "learned") line.target = suite.functions[f] == "rastrigin" ? 50 : 90;
      result.lines.push_back(std::move(line));
    }
  }
}

}  // namespace

StudyResult run_figure5(StudyPlace& place) {
  require_gnuplot();
  std::vector<StudyTraining> trainings;
  for (std::uint64_t k = 0; k < (place.quick ? 1 : place.seeds); ++k)
    trainings.push_back({k == 0 ? "rover" : "rover-" + std::to_string(place.seed + k),
                         place.quick ? "quick" : "full",
                         {},
                         place.seed + k});
  place.expect(2 * trainings.size() + 2, trainings.size());
  const auto runs = place.train_all(trainings);
  EvaluationOptions options{.starts = 20, .seed = place.seed, .budget = 6400, .tune = true, .threads = place.threads};
  const auto played = [&](const std::string& name) {
    return place.evaluation(name, [&] { return evaluate(compared_agents(runs.front()), hard_suite(), options); });
  };
  const Evaluation by_evaluations = played("figure5");
  options.tune_iterations = horizon;
  const Evaluation evaluation = played("figure5-iterations");
  draw_comparison(place, evaluation, by_evaluations, "figure5", horizon);

  StudyResult result;
  uniform_starts(place, runs, result);
  const Mark end{Mark::Clock::iterations, horizon};
  for (const auto& function : landscapes_of(evaluation))
    for (const auto& agent : agents_of(evaluation)) {
      ResultLine line;
      line.name = function + ", hard start: " + agent + ", solved after 100 iterations", line.unit = "%",
      line.smaller_is_better = false;
      line.ours = 100 * statistics(evaluation, agent, function, end).solved_1e3;
      result.lines.push_back(std::move(line));
    }
  result.text = gap_table(evaluation, end) + "\n" + gap_table(by_evaluations, {Mark::Clock::evaluations, 200}) + "\n" +
                gap_table(by_evaluations, {Mark::Clock::evaluations, 1000});
  return result;
}

}  // namespace rover
