#include "experiments/picture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/settings.h"

namespace rover {
namespace {

constexpr double gap_floor = 1e-12;  // smaller gaps are rounding, and are drawn here
constexpr int steps = 160;           // points of a line over evaluations
constexpr std::uint64_t most_iterations = 100;

/// The moments at which a line is drawn: evenly in the logarithm of the evaluations, or every iteration.
std::vector<std::uint64_t> moments(const Evaluation& evaluation, Mark::Clock clock) {
  std::vector<std::uint64_t> out;
  if (clock == Mark::Clock::iterations) {
    std::uint64_t last = 1;
    for (const auto& curve : evaluation.curves)
      if (!curve.iterations.empty()) last = std::max(last, curve.iterations.back());
    last = std::min(last, std::max(most_iterations, iterations_of(evaluation)));
    for (std::uint64_t at = 0; at <= last; at += std::max<std::uint64_t>(1, last / most_iterations)) out.push_back(at);
    return out;
  }
  const double budget = static_cast<double>(report_marks(evaluation).back().at);
  const double from = budget > 10 ? 1 : 0, to = std::log10(std::max(budget, 2.0));
  for (int k = 0; k <= steps; ++k) {
    const auto at = static_cast<std::uint64_t>(std::llround(std::pow(10, from + (to - from) * k / steps)));
    if (out.empty() || at != out.back()) out.push_back(at);
  }
  return out;
}

/// The agents that a picture of `most` curves shows, in their order: the Rover's, and the best by the median of the
/// best value at the last mark, ranked on each function.
std::vector<std::string> shown_agents(const Evaluation& evaluation, std::size_t most) {
  auto agents = agents_of(evaluation);
  if (agents.size() <= most) return agents;
  const Mark last = report_marks(evaluation).back();
  std::vector<std::size_t> ranks(agents.size());
  for (const auto& landscape : landscapes_of(evaluation)) {
    std::vector<double> medians;
    for (const auto& agent : agents)
      medians.push_back(statistics(evaluation, agent, landscape, last).best_value.median);
    for (std::size_t a = 0; a < agents.size(); ++a)
      ranks[a] += static_cast<std::size_t>(std::ranges::count_if(medians, [&](double m) { return m < medians[a]; }));
  }
  std::vector<std::size_t> order(agents.size());
  for (std::size_t a = 0; a < order.size(); ++a) order[a] = a;
  const auto ours = [&](std::size_t a) { return agents[a].starts_with("rover"); };
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return ours(a) != ours(b) ? ours(a) : ranks[a] < ranks[b]; });
  order.resize(most);
  std::ranges::sort(order);
  std::vector<std::string> out;
  for (const std::size_t a : order) out.push_back(agents[a]);
  return out;
}

}  // namespace

std::size_t parse_curves(const std::string& text) {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  if (text == "all") return most;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), most);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || most == 0)
    throw UsageError("--curves " + text + " is neither a whole number of at least 1 nor all");
  return most;
}

Figure picture(const Evaluation& evaluation, Mark::Clock clock, std::size_t most_curves) {
  if (evaluation.curves.empty()) throw std::invalid_argument("an evaluation without curves cannot be drawn");
  const auto landscapes = landscapes_of(evaluation);
  const auto agents = shown_agents(evaluation, std::max<std::size_t>(most_curves, 1));
  const auto times = moments(evaluation, clock);
  const bool by_evaluations = clock == Mark::Clock::evaluations;
  Figure figure;
  const std::size_t all = agents_of(evaluation).size();
  figure.note = "Lines: median over starts and seeds; shaded: quartiles";
  const bool any_known = std::ranges::any_of(landscapes, [&](const auto& f) { return knows_optimum(evaluation, f); });
  figure.note += any_known ? "; dashed grey line: a gap of 1e-3, which counts as solved." : ".";
  if (agents.size() < all)
    figure.note += " The Rover and the best at " + to_text(report_marks(evaluation).back()) + ": " +
                   std::to_string(agents.size()) + " of " + std::to_string(all) + " agents.";
  figure.columns = landscapes.size() == 4 ? 2 : 3;
  for (std::size_t f = 0; f < landscapes.size(); ++f) {
    Panel panel;
    panel.title = landscapes[f];
    if (f + figure.columns >= landscapes.size()) panel.x_label = by_evaluations ? "function evaluations" : "iterations";
    const bool known = knows_optimum(evaluation, landscapes[f]);
    if (f % figure.columns == 0 || !known) panel.y_label = known ? "gap, best f − f*" : "best f";
    panel.log_x = by_evaluations, panel.log_y = known, panel.level = known ? 1e-3 : 0;
    panel.x_range = {{static_cast<double>(times.front()), static_cast<double>(times.back())}};
    double low = std::numeric_limits<double>::infinity(), high = gap_floor;
    for (const auto& agent : agents) {
      std::vector<const EvaluationCurve*> curves;
      for (const auto& curve : evaluation.curves)
        if (curve.agent == agent && curve.landscape == landscapes[f]) curves.push_back(&curve);
      Curve& line = panel.curves.emplace_back();
      line.label = agent, line.thick = agent == agents.front();
      std::vector<double> gaps(curves.size());
      for (const std::uint64_t at : times) {
        for (std::size_t c = 0; c < curves.size(); ++c)
          gaps[c] = point_at(*curves[c], {clock, at}).best_value - (known ? curves[c]->optimum : 0);
        const Spread band = spread(gaps);
        line.x.push_back(static_cast<double>(at));
        line.y.push_back(band.median), line.low.push_back(band.low), line.high.push_back(band.high);
        if (std::isfinite(band.median))
          low = std::min(low, band.median), high = std::max({high, band.median, band.high});
      }
    }
    figure.panels.push_back(std::move(panel));
    if (!known) continue;
    // Whole decades around the medians; quartiles may be cut off below.
    const double from = std::max(std::floor(std::log10(std::clamp(low, gap_floor, high)) - 0.2), std::log10(gap_floor));
    figure.panels.back().y_range = {
        {std::pow(10, from), std::pow(10, std::max(std::ceil(std::log10(high)), from + 1))}};
  }
  return figure;
}

}  // namespace rover
