// Figure 10: the policy's paths and the grids that it sampled, on contour plots.
#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/studies/policy_runs.h"
#include "experiments/studies/trajectory_studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::size_t runs = 4, steps = 30, side = 81;  // samples of a contour plot's side
constexpr std::size_t looks[] = {0, 3, 6, 10, 15};      // the steps whose grids are drawn

struct Window {
  double x, y, half;
};

/// A square around all paths and the optimum.
Window window_of(const PolicyRuns& walked, const std::vector<double>& optimum) {
  double low[2] = {optimum[0], optimum[1]}, high[2] = {optimum[0], optimum[1]};
  for (std::size_t t = 0; t <= walked.steps(); ++t)
    for (std::size_t k = 0; k < runs; ++k) {
      const double point[2] = {walked.x[t][k], walked.y[t][k]};
      for (std::size_t i = 0; i < 2; ++i) low[i] = std::min(low[i], point[i]), high[i] = std::max(high[i], point[i]);
    }
  return {(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0.6 * std::max(high[0] - low[0], high[1] - low[1])};
}

Contours contours_of(const Landscape& landscape, const Window& window) {
  Contours out;
  for (std::size_t k = 0; k < side; ++k) {
    const double at = window.half * (2 * static_cast<double>(k) / static_cast<double>(side - 1) - 1);
    out.x.push_back(window.x + at), out.y.push_back(window.y + at);
  }
  std::vector<double> points;
  for (const double y : out.y)
    for (const double x : out.x) points.push_back(x), points.push_back(y);
  out.values.resize(side * side);
  landscape.values(points, out.values, nullptr);
  return out;
}

Curve path(const PolicyRuns& walked, std::size_t run, const std::string& label) {
  Curve out;
  out.label = label;
  for (std::size_t t = 0; t <= walked.steps(); ++t)
    out.x.push_back(walked.x[t][run]), out.y.push_back(walked.y[t][run]);
  return out;
}

/// The samples of some looks of the first run, and the squares around them.
std::pair<Curve, Curve> grids(const PolicyRuns& walked, std::size_t n) {
  Curve samples, frames;
  samples.label = "samples at some steps", samples.line = false;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t t : looks) {
    const double point[2] = {walked.x[t][0], walked.y[t][0]}, delta = walked.resolution[t][0],
                 half = delta * static_cast<double>(n) / 2;
    std::vector<double> points(2 * n * n);
    slice_points(point, {0, 1, delta}, n, points);
    for (std::size_t k = 0; k < n * n; ++k) samples.x.push_back(points[2 * k]), samples.y.push_back(points[2 * k + 1]);
    for (const auto& [a, b] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}})
      frames.x.push_back(point[0] + a * half), frames.y.push_back(point[1] + b * half);
    frames.x.push_back(nan), frames.y.push_back(nan);
  }
  return {samples, frames};
}

}  // namespace

StudyResult run_figure10(StudyPlace& place) {
  if (place.expect) place.expect(0, 1);
  const RoverModel model = load_policy(train_in_pomdp(place));
  const StepControlOptions paper;
  const InstancePool pool = make_pool(split_list(paper.families), 4, derive_seed(place.seed, 0, "figure 10"), {});
  StudyResult result;
  Figure figure;
  figure.columns = 2;
  std::string list;
  for (const auto t : looks) list += (list.empty() ? "" : ", ") + std::to_string(t);
  figure.note = "Level lines even in log(f − lowest), deep ones dark; squares: the grids of steps " + list + ".";
  Checkpoint data;
  for (std::size_t f = 0; f < pool.families.size(); ++f) {
    const auto& instance = pool.instances[f];
    const auto starts_pool = perturbed_starts(pool, f, runs, 0.35, derive_seed(place.seed, f, "figure 10"));
    std::vector<PolicyStart> starts;
    for (std::size_t k = 0; k < runs; ++k) starts.push_back({k, usual_step_size(), usual_resolution(model.grid_size)});
    const PolicyRuns walked = play_policy(model, starts_pool, starts, steps, place.seed);
    const Window window = window_of(walked, instance.optimum);

    Panel panel;
    panel.title = pool.families[f];
    panel.x_range = {{window.x - window.half, window.x + window.half}},
    panel.y_range = {{window.y - window.half, window.y + window.half}};
    panel.contours = {contours_of(*instance.landscape, window)};
    Curve best;
    best.label = "optimum", best.x = {instance.optimum[0]}, best.y = {instance.optimum[1]};
    best.colour = 4, best.line = false, best.thick = true;
    Curve first = path(walked, 0, "path");
    first.thick = first.points = true, first.colour = 0;
    auto [samples, frames] = grids(walked, model.grid_size);
    samples.colour = frames.colour = 2;
    panel.curves = {best, first, samples, frames};
    for (std::size_t k = 1; k < runs; ++k) {
      panel.curves.push_back(path(walked, k, "from other starts"));
      panel.curves.back().colour = 1, panel.curves.back().points = true;
    }
    figure.panels.push_back(std::move(panel));
    put_runs(data, pool.families[f], walked);
    ResultLine line = measured(pool.families[f] + ": final regret", "log10");
    for (const double regret : walked.regret.back()) line.seeds.push_back(std::log10(std::max(regret, 1e-10)));
    line.ours = quantile(line.seeds, 0.5);
    result.lines.push_back(std::move(line));
  }
  write_figures(figure, place.folder, "figure10");
  data.write(place.folder / "figure10.h5", CheckpointKind::result);
  result.text =
      "Medians over " + std::to_string(runs) + " starts on one instance a family, T = " + std::to_string(steps) + ".\n";
  return result;
}

}  // namespace rover
