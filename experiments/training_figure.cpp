#include "experiments/training_figure.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace rover {
namespace {

struct Baseline {
  const char *metric, *label;
};

/// How a validation metric is shown.
struct Shown {
  const char *metric, *title, *y_label;
  std::vector<Baseline> baselines = {};
  double level = 0;
};

const Shown shown[] = {
    {"validation/mean_regret",
     "POMDP: final regret",
     "mean normalised regret",
     {{"test/constant_mean_regret", "constant α, δ (tuned)"}, {"test/schedule_mean_regret", "schedule (tuned)"}}},
    {"validation/mean_log10",
     "POMDP: final regret, logarithm",
     "mean log10 of normalised regret",
     {{"test/constant_mean_log10", "constant α, δ (tuned)"}, {"test/schedule_mean_log10", "schedule (tuned)"}}},
    {"validation/median_regret", "POMDP: median final regret", "normalised regret"},
    {"validation/walk_looks",
     "deployed walk: looks needed",
     "looks to regret 1e-3",
     {{"walk/random_looks", "random actions"}}},
    {"validation/walk_return", "deployed walk: return", "mean −ln(looks to target)"},
    {"validation/evaluations",
     "search: evaluations needed",
     "evaluations to regret 1e-3",
     {{"test/rule_evaluations", "tuned rule"}, {"test/random_evaluations", "random decisions"}}},
    {"validation/ratio", "search: over the tuned rule", "ratio of evaluations to 1e-3", {}, 1},
    {"validation/mean_ratio", "search: over the rule, all targets", "ratio of evaluations", {}, 1},
    {"validation/loss",
     "update rule: loss after T steps",
     "mean validation loss",
     {{"test/untrained", "first weights"}, {"test/adam", "Adam (tuned)"}}},
    {"validation/log_loss",
     "update rule: loss after T steps",
     "mean ln(loss / first loss)",
     {{"test/untrained_log_loss", "first weights"}, {"test/adam_log_loss", "Adam (tuned)"}}},
    {"validation/return",
     "return",
     "mean return, validation episodes",
     {{"test/return_random_actions", "random actions"}, {"test/return_zero_actions", "zero actions"}}},
};

Curve curve_of(const std::string& label, const RunSeries& series) {
  Curve out;
  out.label = label, out.y = series.values;
  for (const auto step : series.steps) out.x.push_back(static_cast<double>(step));
  out.points = out.x.size() == 1;  // a line would not show
  return out;
}

Panel panel_of(std::string title, std::string y_label, std::vector<Curve> curves) {
  Panel panel;
  panel.title = std::move(title), panel.x_label = "training step", panel.y_label = std::move(y_label);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& curve : curves)
    for (const double y : curve.y) low = std::min(low, y), high = std::max(high, y);
  panel.log_y = low > 0 && high > 20 * low;
  panel.curves = std::move(curves);
  return panel;
}

}  // namespace

Figure training_figure(const RunRecord& record, const std::string& file) {
  Figure figure;
  std::vector<Curve> angles;
  for (const auto& [name, series] : record.series)
    if (name.starts_with("heading/angle_") && !series.steps.empty()) {
      angles.push_back(curve_of(name.substr(14), series));
      angles.back().colour = static_cast<int>(angles.size()) + 2;  // apart from what the other panels show
    }
  if (!angles.empty())
    figure.panels.push_back(panel_of("heading: error", "mean angle to the teacher, °", std::move(angles)));
  for (const auto& [name, series] : record.series) {
    if (!name.starts_with("validation/") || series.steps.empty()) continue;
    const auto* const known = std::ranges::find(shown, name, &Shown::metric);
    const bool found = known != std::end(shown);
    std::vector<Curve> curves{curve_of("learned", series)};
    curves[0].thick = true;
    const std::vector<Baseline> none;
    for (const auto& [metric, label] : found ? known->baselines : none) {
      const auto measured = record.series.find(metric);
      if (measured == record.series.end() || measured->second.values.empty()) continue;
      Curve line;
      line.label = label, line.dashed = true;
      line.x = {curves[0].x.front(), curves[0].x.back()};
      line.y.assign(2, measured->second.values.back());
      curves.push_back(std::move(line));
    }
    figure.panels.push_back(
        panel_of(found ? known->title : name.substr(11), found ? known->y_label : "", std::move(curves)));
    if (found) figure.panels.back().level = known->level;
  }
  if (!figure.panels.empty()) {
    figure.note =
        "Measured during the training on validation sets of fresh training surfaces. Dashed: baselines, as the run's "
        "final tests measured them on further surfaces of the same kind.";
  } else {
    for (const auto& [name, series] : record.series)
      if (!series.steps.empty()) figure.panels.push_back(panel_of(name, "", {curve_of("", series)}));
  }
  if (figure.panels.empty()) throw std::runtime_error("'" + file + "' holds no measurements yet");
  figure.columns = figure.panels.size() == 4 ? 2 : 3;
  return figure;
}

}  // namespace rover
