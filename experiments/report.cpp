#include "experiments/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "experiments/evaluation.h"
#include "experiments/needed.h"
#include "experiments/text.h"

namespace rover {
namespace {

using Table = std::vector<std::vector<std::string>>;

const Mark hundred_iterations{Mark::Clock::iterations, 100};

/// After 100 iterations, and every evaluation mark.
std::vector<Mark> table_marks(const Evaluation& evaluation) {
  std::vector<Mark> marks = report_marks(evaluation);
  if (iterations_of(evaluation) > 0) return marks;
  std::erase_if(marks,
                [](const Mark& mark) { return mark.clock == Mark::Clock::iterations && mark != hundred_iterations; });
  return marks;
}

/// Below 1e-12 lies the rounding of f.
std::string regret_text(double regret) { return std::abs(regret) < 1e-12 ? "<1e-12" : short_number(regret); }

std::string quartiles(const Spread& spread, std::string (*text)(double) = short_number) {
  return text(spread.median) + " [" + text(spread.low) + ", " + text(spread.high) + "]";
}

std::string title(const Evaluation& evaluation, const std::string& landscape) {
  std::set<std::uint64_t> starts, seeds;
  for (const auto& curve : evaluation.curves)
    if (curve.landscape == landscape) starts.insert(curve.start), seeds.insert(curve.seed);
  std::string out = landscape + ": " + std::to_string(starts.size()) + (starts.size() == 1 ? " start" : " starts");
  if (seeds.size() > 1) out += " × " + std::to_string(seeds.size()) + " seeds";
  return out;
}

/// Where no optimum is known: best values, and the validation losses of the points that had them.
std::string values_block(const Evaluation& evaluation, const std::string& landscape) {
  const std::vector<Mark> marks = table_marks(evaluation);
  const auto rows = [&](const char* name, Spread Statistics::*field) {
    Table table{{name}};
    for (const Mark& mark : marks) table[0].push_back(to_text(mark));
    for (const auto& agent : agents_of(evaluation)) {
      auto& row = table.emplace_back(1, agent);
      for (const Mark& mark : marks) row.push_back(quartiles(statistics(evaluation, agent, landscape, mark).*field));
    }
    return aligned_within(table);
  };
  return title(evaluation, landscape) + ", no optimum known: median [quartiles]\n" +
         rows("best value", &Statistics::best_value) +
         (has_validation(evaluation, landscape) ? rows("validation", &Statistics::validation) : "") + "\n";
}

std::string function_block(const Evaluation& evaluation, const std::string& landscape) {
  if (!knows_optimum(evaluation, landscape)) return values_block(evaluation, landscape);
  const std::vector<Mark> marks = table_marks(evaluation);
  Table table{{"agent"}};
  for (const Mark& mark : marks) table[0].push_back(to_text(mark));
  table[0].push_back("1e-6: " + to_text(marks.back()));
  table[0].push_back("regret: " + to_text(hundred_iterations));
  table[0].push_back(to_text(marks.back()));
  for (const auto& agent : agents_of(evaluation)) {
    auto& row = table.emplace_back();
    row.push_back(agent);
    for (const Mark& mark : marks) row.push_back(percent(statistics(evaluation, agent, landscape, mark).solved_1e3));
    const Statistics last = statistics(evaluation, agent, landscape, marks.back());
    row.push_back(percent(last.solved_1e6));
    row.push_back(quartiles(statistics(evaluation, agent, landscape, hundred_iterations).regret, regret_text));
    row.push_back(quartiles(last.regret, regret_text));
  }
  return title(evaluation, landscape) + "\n" + aligned_within(table) + "\n";
}

std::string details_block(const Evaluation& evaluation, const std::string& landscape) {
  Table table{{"agent", "after", "best value [25%, 75%]", "gap [25%, 75%]", "min", "max", "≤ 1e-3", "≤ 1e-6"}};
  for (const auto& agent : agents_of(evaluation))
    for (const Mark& mark : report_marks(evaluation)) {
      const Statistics o = statistics(evaluation, agent, landscape, mark);
      table.push_back({agent, to_text(mark), quartiles(o.best_value), quartiles(o.gap, regret_text),
                       regret_text(o.gap.minimum), regret_text(o.gap.maximum), percent(o.solved_1e3),
                       percent(o.solved_1e6)});
    }
  return aligned_within(table, 2) + "\n";
}

/// A row an agent and setting, a column a function.
std::string tuning_block(const Evaluation& evaluation) {
  if (evaluation.settings.empty()) return "";
  const auto landscapes = landscapes_of(evaluation);
  Table table{{"tuned on other starts", ""}};
  table[0].insert(table[0].end(), landscapes.begin(), landscapes.end());
  for (const auto& agent : agents_of(evaluation)) {
    std::map<std::string, std::vector<std::string>> rows;
    for (std::size_t f = 0; f < landscapes.size(); ++f) {
      const auto found = evaluation.settings.find(agent + "|" + landscapes[f]);
      if (found == evaluation.settings.end()) continue;
      for (const std::string& part : split(found->second, ';')) {
        auto& row = rows[part.substr(0, part.find('='))];
        row.resize(landscapes.size());
        row[f] = part.substr(part.find('=') + 1);
      }
    }
    for (const auto& [key, values] : rows) {
      table.push_back({agent, key});
      table.back().insert(table.back().end(), values.begin(), values.end());
    }
  }
  return aligned_within(table, 2) + "\n";
}

/// The curves on functions whose optimum is known.
Evaluation with_optimum(const Evaluation& all) {
  Evaluation out;
  out.attributes = all.attributes;
  std::set<std::string> known;
  for (const auto& landscape : landscapes_of(all))
    if (knows_optimum(all, landscape)) known.insert(landscape);
  for (const auto& curve : all.curves)
    if (known.contains(curve.landscape)) out.curves.push_back(curve);
  return out;
}

std::string summary_block(const Evaluation& evaluation) {
  const std::vector<Mark> marks = table_marks(evaluation);
  Table table{{"agent"}};
  const std::pair<const char*, double Statistics::*> levels[] = {
      {"1e-3: ", &Statistics::solved_1e3}, {"1e-6: ", &Statistics::solved_1e6}, {"regret: ", &Statistics::regret_1e3}};
  for (const auto& [level, share] : levels)
    for (const Mark& mark : marks) table[0].push_back((mark == marks[0] ? level : "") + to_text(mark));
  std::size_t runs = 0;
  for (const auto& agent : agents_of(evaluation)) {
    auto& row = table.emplace_back();
    row.push_back(agent);
    for (const auto& [level, share] : levels)
      for (const Mark& mark : marks) {
        const Statistics o = statistics(evaluation, agent, "", mark);
        row.push_back(percent(o.*share));
        runs = o.runs;
      }
  }
  return "all functions with a known optimum: share of " + std::to_string(runs) +
         " runs an agent that come within\n1e-3 and 1e-6 of it, and to a normalised regret of 1e-3\n" +
         aligned_within(table);
}

/// A cell of a CSV table (RFC 4180).
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string report_text(const Evaluation& evaluation, bool details, const std::string& baseline) {
  const Evaluation known = with_optimum(evaluation);
  std::string out;
  if (!known.curves.empty())
    out = needed_block(known, baseline) +
          "Share of runs within 1e-3 of the optimum after 100 iterations (it) and at so many function\n"
          "evaluations (ev), within 1e-6 at the end; normalised regret (f - f*) / (f(x0) - f*): median\n"
          "[quartiles].\n\n";
  for (const auto& landscape : landscapes_of(evaluation)) {
    out += function_block(evaluation, landscape);
    if (details) out += details_block(evaluation, landscape);
  }
  out += tuning_block(evaluation);
  return known.curves.empty() ? out : out + summary_block(known);
}

std::string report_csv(const Evaluation& evaluation) {
  std::vector<Mark> marks;
  for (const std::uint64_t at : {1, 2, 5, 10, 20, 30, 50, 100}) marks.push_back({Mark::Clock::iterations, at});
  for (const Mark& mark : report_marks(evaluation)) marks.push_back(mark);
  const bool validated =
      std::ranges::any_of(evaluation.curves, [](const auto& curve) { return !curve.validation.empty(); });
  std::string out = "agent,landscape,start,seed,iterations,evaluations,best_value,normalized_regret";
  out += validated ? ",validation\n" : "\n";
  for (const auto& curve : evaluation.curves) {
    std::map<std::tuple<std::uint64_t, std::uint64_t, double>, double> rows;  // evaluations, iterations, best value
    for (const Mark& mark : marks) {
      const CurvePoint point = point_at(curve, mark);
      if (mark.clock == Mark::Clock::iterations)
        rows[{point.evaluations, mark.at, point.best_value}] = point.validation;
      else rows[{mark.at, point.iterations, point.best_value}] = point.validation;
    }
    const std::string head = quoted(curve.agent) + "," + curve.landscape + "," + std::to_string(curve.start) + "," +
                             std::to_string(curve.seed) + ",";
    for (const auto& [moment, validation] : rows) {
      const auto& [evaluations, iterations, best] = moment;
      out += head + std::to_string(iterations) + "," + std::to_string(evaluations) + "," + detail::to_text(best) + "," +
             detail::to_text(normalized_regret(curve, best));
      if (validated) out += "," + (std::isnan(validation) ? "" : detail::to_text(validation));
      out += "\n";
    }
  }
  return out;
}

}  // namespace rover
