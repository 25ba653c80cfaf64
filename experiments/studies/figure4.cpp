// Figure 4: one instance of each training family, 20 perturbed starts, the Rover and its peers.
#include <cmath>

#include "env/landscapes/registry.h"
#include "experiments/studies/comparison.h"
#include "experiments/studies/policy_runs.h"
#include "experiments/studies/studies.h"

namespace rover {
namespace {

constexpr std::uint64_t horizon = 30;  // T of the training
constexpr double share = 0.1;          // of the distance to the optimum: the perturbation

/// Under `seed` perturbed starts on one instance a family; under any other seed, which is what tuning draws with, fresh
/// instances: peers are tuned to the whole family, as in the paper.
Suite one_instance_a_family(std::uint64_t seed) {
  const std::vector<std::string> families{"quadratic", "valley", "saddle", "plateau"};
  const auto draw = [seed](const std::string& family, std::size_t count, std::uint64_t drawn_with) {
    if (drawn_with != seed) {
      std::vector<Trial> trials;
      for (auto& instance :
           make_pool({family}, count, derive_seed(drawn_with, 0, "figure 4 tuning " + family), {}).instances)
        trials.push_back(
            {std::move(instance.landscape), std::move(instance.start), instance.start_value, instance.optimum_value});
      return trials;
    }
    const auto pool = make_pool({family}, 1, derive_seed(seed, 0, "figure 4 " + family), {});
    const auto& one = pool.instances.front();
    const double distance = std::hypot(one.start[0] - one.optimum[0], one.start[1] - one.optimum[1]);
    auto trials = perturbed_trials(one.landscape, one.start, {share * distance, share * distance}, count,
                                   derive_seed(seed, 0, family), false);
    for (Trial& trial : trials) trial.optimum_value = one.optimum_value;
    return trials;
  };
  return {"figure4", "one instance a family, perturbed starts", families, false, draw};
}

}  // namespace

StudyResult run_figure4(StudyPlace& place) {
  require_gnuplot();
  place.expect(2, 1);
  const auto run = place.train("rover", place.quick ? "quick" : "full", {}, place.seed);
  // α₀ and δ₀ from the middle of the training's ranges, as on the surfaces that it was trained on.
  const Settings middle{{"step_size", detail::to_text(usual_step_size())},
                        {"resolution", detail::to_text(usual_resolution(load_policy(run).grid_size))}};
  EvaluationOptions options{
      .starts = 20, .seed = place.seed, .budget = place.quick ? 2000u : 6400u, .tune = true, .threads = place.threads};
  const auto played = [&](const std::string& name) {
    return place.evaluation(
        name, [&] { return evaluate(compared_agents(run, middle), one_instance_a_family(place.seed), options); });
  };
  const Evaluation by_evaluations = played("figure4");
  options.tune_iterations = horizon;
  const Evaluation evaluation = played("figure4-iterations");
  draw_comparison(place, evaluation, by_evaluations, "figure4", horizon);

  StudyResult result;
  const Mark end{Mark::Clock::iterations, horizon};
  for (const auto& agent : agents_of(evaluation))
    for (const auto& family : landscapes_of(evaluation)) {
      std::vector<double> regrets;
      for (const auto& curve : evaluation.curves)
        if (curve.agent == agent && curve.landscape == family)
          regrets.push_back(std::log10(std::max(normalized_regret(curve, point_at(curve, end).best_value), 1e-12)));
      result.lines.push_back(
          mean_line(family + ", " + agent + ": normalised regret after 30 iterations, 20 starts", "log10", regrets));
    }
  result.text = gap_table(evaluation, end) + "\n" + gap_table(by_evaluations, {Mark::Clock::evaluations, 200}) + "\n" +
                gap_table(by_evaluations, {Mark::Clock::evaluations, 1000});
  return result;
}

}  // namespace rover
