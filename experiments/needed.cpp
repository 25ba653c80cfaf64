#include "experiments/needed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "core/random.h"
#include "experiments/evaluation.h"
#include "experiments/text.h"

namespace rover {
namespace {

double number(std::uint64_t count) { return static_cast<double>(std::max<std::uint64_t>(count, 1)); }

std::string count_text(double count) { return count < 100 ? short_number(count) : std::to_string(std::llround(count)); }

std::string ratio_text(const RatioInterval& r) {
  if (std::isnan(r.ratio)) return "";
  const auto two = [](double x) { return short_number(std::round(x * 100) / 100); };
  return two(r.ratio) + " [" + two(r.low) + ", " + two(r.high) + "]";
}

}  // namespace

Needed needed(const EvaluationCurve& curve, double gap) {
  for (std::size_t k = 0; k < curve.best_value.size(); ++k)
    if (curve.best_value[k] - curve.optimum <= gap) return {curve.iterations[k], curve.evaluations[k], true};
  if (curve.best_value.empty()) return {0, 0, false};
  return {curve.iterations.back(), curve.evaluations.back(), false};
}

NeededSummary summarize_needed(const Evaluation& evaluation, const std::string& agent, double gap,
                               const std::string& baseline) {
  std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, double> of_baseline;
  for (const auto& curve : evaluation.curves)
    if (curve.agent == baseline)
      of_baseline[{curve.landscape, curve.start, curve.seed}] = number(needed(curve, gap).evaluations);
  NeededSummary out{0, 0, 0, {}};
  std::vector<double> quotients;
  double runs = 0;
  for (const auto& curve : evaluation.curves) {
    if (curve.agent != agent) continue;
    const Needed run = needed(curve, gap);
    runs += 1, out.reached += run.reached;
    out.iterations += std::log(number(run.iterations)), out.evaluations += std::log(number(run.evaluations));
    if (const auto same = of_baseline.find({curve.landscape, curve.start, curve.seed}); same != of_baseline.end())
      quotients.push_back(std::log(number(run.evaluations) / same->second));
  }
  out.iterations = std::exp(out.iterations / runs), out.evaluations = std::exp(out.evaluations / runs);
  out.reached /= runs;
  out.over_baseline = ratio_interval(quotients, make_stream(0, 0, "bootstrap"));
  return out;
}

std::string needed_block(const Evaluation& evaluation, const std::string& baseline) {
  std::vector<std::vector<std::string>> table{{"agent"}};
  for (const char* gap : {"1e-3", "1e-6"}) {
    table[0].insert(table[0].end(), {std::string(gap) + ": ev", "it"});
    if (!baseline.empty()) table[0].push_back("ratio");
    table[0].push_back("reached");
  }
  for (const auto& agent : agents_of(evaluation)) {
    auto& row = table.emplace_back(1, agent);
    for (const double gap : {1e-3, 1e-6}) {
      const NeededSummary took = summarize_needed(evaluation, agent, gap, baseline);
      row.insert(row.end(), {count_text(took.evaluations), count_text(took.iterations)});
      if (!baseline.empty()) row.push_back(agent == baseline ? "1" : ratio_text(took.over_baseline));
      row.push_back(percent(took.reached));
    }
  }
  std::string out =
      "Needed to come within 1e-3 and 1e-6 of the optimum: evaluations (ev) and the agent's own\n"
      "iterations (it), geometric means over all runs; a run that did not get there counts with all\n"
      "that it spent.\n";
  if (!baseline.empty())
    out += "ratio: evaluations over those of '" + baseline + "' from the same starts, [95 % interval].\n";
  return out + aligned_within(table) + "\n";
}

}  // namespace rover
