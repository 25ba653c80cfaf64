// Figure 9: the policy recovers from a poorly set α₀ and δ₀.
#include <algorithm>
#include <cmath>

#include "experiments/studies/policy_runs.h"
#include "experiments/studies/trajectory_studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::size_t steps = 30;
constexpr double regret_floor = 1e-10;  // as in eq. (7)

struct Case {
  const char* name;
  double step_size, resolution;  // factors
};
constexpr Case cases[] = {{"normal start", 1, 1}, {"α₀ / 100", 0.01, 1}, {"δ₀ · 100", 1, 100}, {"both", 0.01, 100}};

using Rows = std::vector<std::vector<double>>;

Rows ratio(const Rows& a, const Rows& b) {
  Rows out = a;
  for (std::size_t t = 0; t < out.size(); ++t)
    for (std::size_t k = 0; k < out[t].size(); ++k) out[t][k] /= b[t][k];
  return out;
}

std::vector<double> floored_log10(const std::vector<double>& regrets) {
  std::vector<double> out;
  for (const double regret : regrets) out.push_back(std::log10(std::max(regret, regret_floor)));
  return out;
}

/// Share of episodes that end within a factor of ten of what the normal start reached, or at 1e-6.
double recovered(const std::vector<double>& regrets, const std::vector<double>& normal) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < regrets.size(); ++k) count += regrets[k] <= std::max(10 * normal[k], 1e-6);
  return static_cast<double>(count) / static_cast<double>(regrets.size());
}

/// Share of runs, in percent, that end at or below a regret.
Curve distribution(const std::string& label, std::vector<double> regrets) {
  Curve out;
  out.label = label;
  for (double& regret : regrets) regret = std::max(regret, regret_floor);
  std::ranges::sort(regrets);
  for (std::size_t k = 0; k < regrets.size(); ++k)
    out.x.push_back(regrets[k]),
        out.y.push_back(100 * static_cast<double>(k + 1) / static_cast<double>(regrets.size()));
  return out;
}

Figure draw(const std::string& family, const std::vector<PolicyRuns>& runs) {
  Figure figure;
  figure.title = "Recovery on " + std::to_string(runs[0].regret[0].size()) + " instances: " + family;
  figure.note = "Medians, 10 to 90 % shaded; starred: the same episode from the normal start.";
  const std::pair<double, double> time{0, static_cast<double>(steps)};
  const auto panel = [&](const char* title, auto rows) {
    Panel& out = figure.panels.emplace_back();
    out.title = title, out.log_y = true, out.x_range = {time}, out.x_label = "iteration";
    for (std::size_t c = 0; c < std::size(cases); ++c) {
      Curve& curve = out.curves.emplace_back(median_curve(cases[c].name, rows(runs[c]), 0.1, 0.9));
      curve.colour = c == 0 ? 4 : static_cast<int>(c) - 1;  // the normal start in black
      curve.thick = true;
    }
  };
  panel("step size α", [](const PolicyRuns& run) { return run.step_size; });
  panel("resolution δ", [](const PolicyRuns& run) { return run.resolution; });
  panel("normalised regret", [](const PolicyRuns& run) { return run.regret; });
  figure.panels.back().y_range = {{regret_floor, 10}};
  panel("α / α*", [&](const PolicyRuns& run) { return ratio(run.step_size, runs[0].step_size); });
  panel("δ / δ*", [&](const PolicyRuns& run) { return ratio(run.resolution, runs[0].resolution); });
  Panel& ends = figure.panels.emplace_back();
  ends.title = "final regret", ends.log_x = true, ends.x_label = "normalised regret at T",
  ends.y_label = "runs at or below, %";
  ends.x_range = {{regret_floor, 10}}, ends.y_range = {{0, 100}};
  for (std::size_t c = 0; c < std::size(cases); ++c) {
    Curve& curve = ends.curves.emplace_back(distribution(cases[c].name, runs[c].regret.back()));
    curve.colour = figure.panels[0].curves[c].colour, curve.thick = true;
  }
  return figure;
}

}  // namespace

StudyResult run_figure9(StudyPlace& place) {
  if (place.expect) place.expect(0, 1);
  const RoverModel model = load_policy(train_in_pomdp(place));
  const StepControlOptions paper;
  const auto families = split_list(paper.families);
  const std::size_t starts_a_family = place.quick ? 200 : 400, repetitions = std::max<std::size_t>(place.seeds, 1);
  const double step_size = usual_step_size(), resolution = usual_resolution(model.grid_size);
  StudyResult result;
  Checkpoint data;
  std::vector<std::vector<std::string>> table{{"family", "start", "recovered", "median log10 regret", "25 %", "75 %"}};
  for (const auto& family : families) {
    std::vector<ResultLine> shares, ends;
    for (const auto& one : cases) {
      ends.push_back(measured(family + ", " + one.name + ": final regret", "log10"));
      if (&one != cases) shares.push_back(measured(family + ", " + one.name + ": recovered", "%", false));
    }
    std::vector<std::vector<double>> all_ends(std::size(cases));
    for (std::size_t r = 0; r < repetitions; ++r) {
      const std::uint64_t seed = derive_seed(place.seed, r, "figure 9");
      const auto pool =
          std::make_shared<const InstancePool>(make_pool({family}, starts_a_family, seed, paper.landscape));
      std::vector<PolicyRuns> runs;
      for (std::size_t c = 0; c < std::size(cases); ++c) {
        std::vector<PolicyStart> starts;
        for (std::size_t k = 0; k < starts_a_family; ++k)
          starts.push_back({k, step_size * cases[c].step_size, resolution * cases[c].resolution});
        runs.push_back(play_policy(model, pool, starts, steps, seed));
        const auto& last = runs.back().regret.back();
        const auto logs = floored_log10(last);
        ends[c].seeds.push_back(quantile(logs, 0.5));
        if (c > 0) shares[c - 1].seeds.push_back(100 * recovered(last, runs[0].regret.back()));
        all_ends[c].insert(all_ends[c].end(), logs.begin(), logs.end());
        put_runs(data, family + "/draw " + std::to_string(r) + "/case " + std::to_string(c), runs.back());
      }
      if (r == 0)
        write_figures(draw(family, runs), place.folder, family == "quadratic" ? "figure9" : "figure9-" + family);
    }
    for (auto* lines : {&shares, &ends})
      for (auto& line : *lines) {
        for (const double value : line.seeds)
          line.ours = (line.ours == line.ours ? line.ours : 0) + value / static_cast<double>(repetitions);
        result.lines.push_back(line);
      }
    for (std::size_t c = 0; c < std::size(cases); ++c)
      table.push_back({family, cases[c].name, c == 0 ? "" : percent(shares[c - 1].ours / 100),
                       short_number(quantile(all_ends[c], 0.5)), short_number(quantile(all_ends[c], 0.25)),
                       short_number(quantile(all_ends[c], 0.75))});
  }
  data.write(place.folder / "figure9.h5", CheckpointKind::result);
  result.text = std::to_string(repetitions) + " draws of " + std::to_string(starts_a_family) +
                " instances a family, each with its own start, half of the fields noisy; normal: α₀ = " +
                short_number(step_size) + ", δ₀ = " + short_number(resolution) +
                " (n = " + std::to_string(model.grid_size) + "); T = " + std::to_string(steps) + "\n" + aligned(table);
  return result;
}

}  // namespace rover
