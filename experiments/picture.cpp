#include "experiments/picture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace rover {
namespace {

constexpr double gap_floor = 1e-12;  // below lies rounding; also what "solved exactly" is drawn as
constexpr int steps = 160;           // points of a line over evaluations
constexpr std::uint64_t most_iterations = 100;

/// The moments at which a line is drawn: evenly in the logarithm of the evaluations, or every iteration.
std::vector<std::uint64_t> moments(const Evaluation& evaluation, Mark::Clock clock) {
  std::vector<std::uint64_t> out;
  if (clock == Mark::Clock::iterations) {
    std::uint64_t last = 1;
    for (const auto& curve : evaluation.curves)
      if (!curve.iterations.empty()) last = std::max(last, curve.iterations.back());
    for (std::uint64_t at = 0; at <= std::min(last, most_iterations); ++at) out.push_back(at);
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

}  // namespace

Figure picture(const Evaluation& evaluation, Mark::Clock clock) {
  if (evaluation.curves.empty()) throw std::invalid_argument("an evaluation without curves cannot be drawn");
  const auto agents = agents_of(evaluation), landscapes = landscapes_of(evaluation);
  const auto times = moments(evaluation, clock);
  const bool by_evaluations = clock == Mark::Clock::evaluations;
  Figure figure;
  figure.note =
      "Lines: median over starts and seeds; shaded: quartiles; dashed: a gap of 1e-3, which counts as solved.";
  figure.columns = landscapes.size() == 4 ? 2 : 3;
  for (std::size_t f = 0; f < landscapes.size(); ++f) {
    Panel panel;
    panel.title = landscapes[f];
    if (f + figure.columns >= landscapes.size()) panel.x_label = by_evaluations ? "function evaluations" : "iterations";
    if (f % figure.columns == 0) panel.y_label = "gap, best f − f*";
    panel.log_x = by_evaluations, panel.log_y = true, panel.level = 1e-3;
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
          gaps[c] = gap(*curves[c], point_at(*curves[c], {clock, at}).best_value);
        const Spread band = spread(gaps);
        line.x.push_back(static_cast<double>(at));
        line.y.push_back(band.median), line.low.push_back(band.low), line.high.push_back(band.high);
        if (std::isfinite(band.median))
          low = std::min(low, band.median), high = std::max({high, band.median, band.high});
      }
    }
    // Whole decades around the medians; quartiles may leave below.
    const double from = std::max(std::floor(std::log10(std::clamp(low, gap_floor, high)) - 0.2), std::log10(gap_floor));
    panel.y_range = {{std::pow(10, from), std::pow(10, std::max(std::ceil(std::log10(high)), from + 1))}};
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace rover
