// Figure 8: how the trained policy moves α and δ, on one instance of each training family.
#include <algorithm>
#include <cmath>

#include "experiments/reproduce.h"
#include "experiments/studies/policy_runs.h"
#include "experiments/studies/trajectory_studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::size_t runs = 20, steps = 30;

std::vector<double> medians(const std::vector<std::vector<double>>& rows) {
  std::vector<double> out;
  for (const auto& row : rows) out.push_back(quantile(row, 0.5));
  return out;
}

/// The first step after which the value stays below half of what it was at the start.
double halved_at(const std::vector<double>& values) {
  std::size_t t = values.size();
  while (t > 0 && values[t - 1] < values[0] / 2) --t;
  return static_cast<double>(t);
}

}  // namespace

StudyResult run_figure8(StudyPlace& place) {
  if (place.expect) place.expect(0, 1);
  const RoverModel model = load_policy(train_in_pomdp(place));
  const StepControlOptions paper;
  const InstancePool pool = make_pool(split_list(paper.families), 4, derive_seed(place.seed, 0, "figure 8"), {});
  StudyResult result;
  Figure figure;
  figure.columns = 2;
  figure.note = "One instance a family, 20 perturbed starts: the median and all of them, shaded.";
  Checkpoint data;
  std::vector<std::vector<std::string>> table{
      {"family", "α peak/α₀", "α_T/α₀", "δ peak/δ₀", "δ_T/δ₀", "α < α₀/2 from", "δ < δ₀/2 from"}};
  const double step_size = usual_step_size(), resolution = usual_resolution(model.grid_size);
  for (std::size_t f = 0; f < pool.families.size(); ++f) {
    const std::string& family = pool.families[f];
    const auto starts_pool = perturbed_starts(pool, f, runs, 0.1, derive_seed(place.seed, f, "figure 8"));
    std::vector<PolicyStart> starts;
    for (std::size_t k = 0; k < runs; ++k) starts.push_back({k, step_size, resolution});
    const PolicyRuns walked = play_policy(model, starts_pool, starts, steps, place.seed);

    Panel panel;
    panel.title = family, panel.log_y = true, panel.x_range = {{0, static_cast<double>(steps)}};
    if (f + figure.columns >= pool.families.size()) panel.x_label = "iteration";
    panel.curves = {median_curve("step size α", walked.step_size, 0, 1),
                    median_curve("resolution δ", walked.resolution, 0, 1)};
    for (auto& curve : panel.curves) curve.thick = true;
    figure.panels.push_back(std::move(panel));
    put_runs(data, family, walked);

    const auto alpha = medians(walked.step_size), delta = medians(walked.resolution);
    const auto whole = [](double t) {
      return t > static_cast<double>(steps) ? std::string("—") : std::to_string(static_cast<int>(t));
    };
    table.push_back({family, short_number(std::ranges::max(alpha) / alpha[0]), short_number(alpha.back() / alpha[0]),
                     short_number(std::ranges::max(delta) / delta[0]), short_number(delta.back() / delta[0]),
                     whole(halved_at(alpha)), whole(halved_at(delta))});
    const auto line = [&](const std::string& name, const std::vector<std::vector<double>>& rows) {
      ResultLine out = measured(family + ": " + name, "log10");
      for (std::size_t k = 0; k < runs; ++k) out.seeds.push_back(std::log10(rows.back()[k] / rows[0][k]));
      out.ours = quantile(out.seeds, 0.5);
      result.lines.push_back(std::move(out));
    };
    line("α_T/α₀", walked.step_size), line("δ_T/δ₀", walked.resolution);
  }
  write_figures(figure, place.folder, "figure8");
  data.write(place.folder / "figure8.h5", CheckpointKind::result);
  result.text = "Medians over " + std::to_string(runs) + " starts, T = " + std::to_string(steps) +
                ", α₀ = " + short_number(step_size) + ", δ₀ = " + short_number(resolution) +
                " (n = " + std::to_string(model.grid_size) + ")\n" + aligned(table);
  return result;
}

}  // namespace rover
