#include "experiments/studies/comparison.h"

#include <algorithm>
#include <cmath>

#include "agents/agent.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr double gap_floor = 1e-12;  // below lies rounding

/// Every iteration, or 160 evaluation counts evenly spaced in the logarithm.
std::vector<std::uint64_t> moments(Mark::Clock clock, std::uint64_t last) {
  std::vector<std::uint64_t> out;
  if (clock == Mark::Clock::iterations)
    for (std::uint64_t t = 0; t <= last; ++t) out.push_back(t);
  else
    for (int k = 0; k <= 160; ++k) {
      const auto at = static_cast<std::uint64_t>(std::llround(std::pow(static_cast<double>(last), k / 160.0)));
      if (out.empty() || at != out.back()) out.push_back(at);
    }
  return out;
}

Curve envelope(const Evaluation& evaluation, const std::string& agent, const std::string& function, Mark::Clock clock,
               std::uint64_t last) {
  Curve out;
  out.label = agent;
  for (const std::uint64_t at : moments(clock, last)) {
    double sum = 0, low = INFINITY, high = gap_floor;
    std::size_t runs = 0;
    for (const auto& curve : evaluation.curves) {
      if (curve.agent != agent || curve.landscape != function) continue;
      const double value = std::max(gap(curve, point_at(curve, {clock, at}).best_value), gap_floor);
      sum += value, low = std::min(low, value), high = std::max(high, value), ++runs;
    }
    out.x.push_back(static_cast<double>(at)), out.y.push_back(sum / static_cast<double>(runs));
    out.low.push_back(low), out.high.push_back(high);
  }
  return out;
}

}  // namespace

std::vector<AgentSpec> compared_agents(const std::filesystem::path& run, const Settings& settings) {
  Settings safe = settings;
  safe["from"] = run.string();
  Settings plain = safe;
  plain["safeguard"] = "false";
  std::vector<AgentSpec> out{
      {"rover", safe, "rover"}, {"rover", plain, "rover, plain"}, {"rover-search", {}, "rover-search"}};
  for (const char* id : {"gd", "nesterov", "newton", "cma-es", "nelder-mead", "bobyqa", "direct-l",
                         "differential-evolution", "particle-swarm"})
    if (agents().contains(id)) out.push_back({id, {}, id});
  return out;
}

Figure envelope_figure(const Evaluation& evaluation, Mark::Clock clock, std::uint64_t last) {
  const bool iterations = clock == Mark::Clock::iterations;
  Figure figure;
  const auto functions = landscapes_of(evaluation);
  figure.columns = functions.size() > 4 ? 3 : 2;
  for (std::size_t f = 0; f < functions.size(); ++f) {
    Panel panel;
    panel.title = functions[f], panel.log_y = true, panel.log_x = !iterations;
    if (f + figure.columns >= functions.size()) panel.x_label = iterations ? "iteration" : "function evaluations";
    if (f % figure.columns == 0) panel.y_label = "f − f*";
    panel.x_range = {{iterations ? 0 : 1, static_cast<double>(last)}};
    for (const auto& agent : agents_of(evaluation))
      panel.curves.push_back(envelope(evaluation, agent, functions[f], clock, last));
    panel.curves[0].thick = true;
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

void draw_comparison(const StudyPlace& place, const Evaluation& by_iterations, const Evaluation& by_evaluations,
                     const std::string& name, std::uint64_t iterations) {
  const std::string note = "Gap of the best value: mean over 20 perturbed starts, all runs shaded. ";
  Figure figure = envelope_figure(by_iterations, Mark::Clock::iterations, iterations);
  figure.note = note + "NLopt's agents (Nelder–Mead, BOBYQA, DIRECT-L): an evaluation is an iteration.";
  write_figures(figure, place.folder, name + "-iterations");
  figure =
      envelope_figure(by_evaluations, Mark::Clock::evaluations, std::stoull(by_evaluations.attributes.at("budget")));
  figure.note = note + "A gradient costs 2d evaluations, a Hessian 2d + 2d², a look n².";
  write_figures(figure, place.folder, name + "-evaluations");
}

std::string gap_table(const Evaluation& evaluation, const Mark& mark) {
  std::vector<std::vector<std::string>> table{{"median gap at " + to_text(mark)}};
  for (const auto& function : landscapes_of(evaluation)) table[0].push_back(function);
  for (const auto& agent : agents_of(evaluation)) {
    auto& row = table.emplace_back(1, agent);
    for (const auto& function : landscapes_of(evaluation)) {
      const double median = statistics(evaluation, agent, function, mark).gap.median;
      row.push_back(median < gap_floor ? "<1e-12" : short_number(median));
    }
  }
  return aligned(table);
}

std::vector<Trial> perturbed_trials(const std::shared_ptr<const Landscape>& landscape, const std::vector<double>& start,
                                    const std::vector<double>& scale, std::size_t count, std::uint64_t seed,
                                    bool clamp) {
  std::vector<Trial> out(count, {landscape, start, 0, landscape->optimum().value().value});
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "perturbed start");
    for (std::size_t i = 0; i < start.size(); ++i) {
      double& x = out[k].start[i];
      if (k > 0) x += scale[i] * stream.normal();
      if (clamp) x = std::clamp(x, landscape->domain().low[i], landscape->domain().high[i]);
    }
    out[k].start_value = landscape->value(out[k].start);
  }
  return out;
}

}  // namespace rover
