#include "experiments/benchmark.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "core/data_folder.h"
#include "core/settings.h"
#include "env/landscapes/bbob.h"
#include "experiments/evaluation.h"
#include "experiments/text.h"
#include "storage/atomic_file.h"

namespace rover {
namespace {

constexpr const char* portfolio = "best 2009";  // of all algorithms of that year, pair by pair: no algorithm itself
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::size_t function_of(const std::string& landscape) { return std::stoul(landscape.substr(1)); }

bool is_in(const EvaluationCurve& curve, int group) {
  return group < 0 || bbob_info(function_of(curve.landscape)).group == static_cast<std::size_t>(group);
}

std::string fraction_text(double fraction) {
  if (std::isnan(fraction)) return "";
  std::string text = std::to_string(std::llround(1000 * fraction));
  text.insert(0, text.size() < 3 ? 3 - text.size() : 0, '0');
  return fraction >= 0.9995 ? "1.000" : "." + text;
}

/// Of these the best at each budget, so many by the value after 1000 evaluations, and those that everybody knows.
std::vector<Published> shown(const std::vector<Published>& published, std::size_t dimension) {
  constexpr std::size_t most = 8;
  static const std::vector<std::string> known{"BIPOP-CMA", "NELDER ha", "NEWUOA ro", "RANDOMSEA"};
  std::vector<Published> out;
  std::set<std::string> seen;
  for (const Published& one : published)
    if (one.dimension == dimension && seen.insert(one.algorithm + one.year).second && one.algorithm != portfolio)
      out.push_back(one);
  std::ranges::stable_sort(out, std::ranges::greater{}, &Published::after_1000);
  std::vector<Published> kept;
  for (std::size_t k = 0; k < out.size(); ++k) {
    const bool leads =
        std::ranges::none_of(out, [&](const Published& other) { return other.after_200 > out[k].after_200; }) ||
        std::ranges::none_of(out, [&](const Published& other) { return other.after_6400 > out[k].after_6400; });
    if (k < most || leads || std::ranges::count(known, out[k].algorithm) > 0) kept.push_back(out[k]);
  }
  return kept;
}

std::string name_of(const Published& one) { return one.algorithm + " (" + one.year + ")"; }

std::string running_times(const Evaluation& evaluation) {
  constexpr std::size_t targets[] = {5, 15, 25, 35, 45};  // 10¹, 10⁻¹, … 10⁻⁷
  std::string out =
      "\nexpected running time to a gap of 1e1, 1e-1, 1e-3, 1e-5 and 1e-7: evaluations of all runs over runs that "
      "reached it, and these\n";
  std::vector<std::vector<std::string>> rows{{"function", "agent", "1e1", "1e-1", "1e-3", "1e-5", "1e-7"}};
  for (std::size_t f = 1; f <= bbob_functions; ++f)
    for (const auto& agent : agents_of(evaluation)) {
      auto& row = rows.emplace_back(
          std::vector<std::string>{"f" + std::to_string(f) + " " + std::string(bbob_info(f).name), agent});
      for (const std::size_t target : targets) {
        double spent = 0, reached = 0, runs = 0;
        for (const auto& curve : evaluation.curves) {
          if (curve.agent != agent || function_of(curve.landscape) != f) continue;
          const auto after = reached_after(curve);
          const bool hit = after.size() > target;
          runs += 1, reached += hit;
          spent += static_cast<double>(hit ? after[target] : curve.evaluations.empty() ? 0 : curve.evaluations.back());
        }
        row.push_back(reached == 0 ? "-"
                                   : short_number(std::round(spent / reached)) +
                                         (reached < runs ? " (" + std::to_string(std::llround(reached)) + ")" : ""));
      }
    }
  return out + aligned(rows);
}

}  // namespace

double benchmark_target(std::size_t k) { return std::pow(10, 2 - 0.2 * static_cast<double>(k)); }

bool is_benchmark(const Evaluation& evaluation) {
  const auto suite = evaluation.attributes.find("suite");
  return suite != evaluation.attributes.end() && suite->second == "bbob";
}

std::size_t benchmark_dimension(const Evaluation& evaluation) {
  static const std::string key = "dimension=";
  const auto settings = evaluation.attributes.find("suite_settings");
  const auto at = settings == evaluation.attributes.end() ? std::string::npos : settings->second.find(key);
  return at == std::string::npos ? 2 : std::stoul(settings->second.substr(at + key.size()));
}

std::vector<std::uint64_t> reached_after(const EvaluationCurve& curve) {
  std::vector<std::uint64_t> out;
  const auto add = [&](std::uint64_t evaluations, double value) {
    while (out.size() < benchmark_targets && value - curve.optimum <= benchmark_target(out.size()))
      out.push_back(std::max<std::uint64_t>(evaluations, 1));
  };
  add(1, curve.start_value);
  for (std::size_t k = 0; k < curve.best_value.size(); ++k) add(curve.evaluations[k], curve.best_value[k]);
  return out;
}

double fraction_reached(const Evaluation& evaluation, const std::string& agent, std::uint64_t evaluations, int group) {
  double reached = 0, pairs = 0;
  for (const auto& curve : evaluation.curves) {
    if (curve.agent != agent || !is_in(curve, group)) continue;
    const auto after = reached_after(curve);
    reached += static_cast<double>(std::ranges::upper_bound(after, evaluations) - after.begin());
    pairs += benchmark_targets;
  }
  return pairs > 0 ? reached / pairs : unknown;
}

std::vector<std::uint64_t> benchmark_budgets(std::size_t dimension, std::uint64_t budget) {
  std::vector<std::uint64_t> out{10 * dimension, 200, 100 * dimension, 1000, 6400};
  std::erase_if(out, [&](std::uint64_t at) { return at > budget; });
  if (out.empty()) out.push_back(budget);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

double Published::after(std::uint64_t evaluations) const {
  return evaluations == 200 ? after_200 : evaluations == 1000 ? after_1000 : evaluations == 6400 ? after_6400 : unknown;
}

std::vector<Published> read_published(const std::string& name) {
  std::filesystem::path path = name;
  if (name == "published") {
    for (const auto& folder : data_folders())
      if (std::filesystem::exists(folder / "published/bbob.tsv")) {
        path = folder / "published/bbob.tsv";
        break;
      }
    if (path == name) throw UsageError("the published results, published/bbob.tsv, are not beside this program");
  }
  std::vector<Published> out;
  std::size_t number = 0;
  for (const std::string& line : split(read_file(path), '\n')) {
    ++number;
    if (line.empty() || line.starts_with("#") || line.starts_with("dimension")) continue;
    const auto cells = split(line, '\t');
    const auto refuse = [&] {
      throw UsageError("'" + path.string() + "', line " + std::to_string(number) +
                       ": a result is dimension, year, algorithm and three fractions, separated by tabs");
    };
    if (cells.size() != 6) refuse();
    const auto read = [&](const std::string& text) {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0)) refuse();
      return value;
    };
    std::string algorithm = cells[2];
    algorithm.erase(algorithm.find_last_not_of(' ') + 1);
    out.push_back({static_cast<std::size_t>(read(cells[0])), cells[1], algorithm, read(cells[3]), read(cells[4]),
                   read(cells[5])});
  }
  return out;
}

std::string benchmark_report(const Evaluation& evaluation, const std::vector<Published>& published, bool details) {
  const std::size_t d = benchmark_dimension(evaluation);
  const auto budgets = benchmark_budgets(d, report_marks(evaluation).back().at);
  std::string out = "bbob in " + std::to_string(d) +
                    " dimensions: the fraction of pairs of a function and a target (gaps of 1e2 to 1e-8) that was "
                    "reached\nafter so many evaluations; right: by group of functions, after the last\n";
  std::vector<std::vector<std::string>> rows{{"agent"}};
  for (const std::uint64_t at : budgets) rows[0].push_back(std::to_string(at));
  for (const auto group : bbob_groups) rows[0].push_back(std::string(group));
  for (const auto& agent : agents_of(evaluation)) {
    auto& row = rows.emplace_back(std::vector<std::string>{agent});
    for (const std::uint64_t at : budgets) row.push_back(fraction_text(fraction_reached(evaluation, agent, at)));
    for (int group = 0; group < static_cast<int>(bbob_groups.size()); ++group)
      row.push_back(fraction_text(fraction_reached(evaluation, agent, budgets.back(), group)));
  }
  const auto others = shown(published, d);
  for (const Published& one : others) {
    auto& row = rows.emplace_back(std::vector<std::string>{name_of(one)});
    for (const std::uint64_t at : budgets) row.push_back(fraction_text(one.after(at)));
    row.resize(rows[0].size());
  }
  out += aligned(rows);
  if (!published.empty() && others.empty())
    out += "no published results in " + std::to_string(d) + " dimensions are known here\n";
  if (details) out += running_times(evaluation);
  return out;
}

Figure benchmark_picture(const Evaluation& evaluation, const std::vector<Published>& published) {
  const std::size_t d = benchmark_dimension(evaluation);
  const auto budget = static_cast<double>(report_marks(evaluation).back().at);
  Figure figure;
  figure.title = "bbob in " + std::to_string(d) + " dimensions: share of (function, target) pairs reached";
  constexpr int points = 80;
  const auto agents = agents_of(evaluation);
  for (int group = -1; group < static_cast<int>(bbob_groups.size()); ++group) {
    Panel panel;
    panel.title = group < 0 ? "all functions" : std::string(bbob_groups[static_cast<std::size_t>(group)]);
    panel.x_label = "evaluations", panel.y_label = "share reached", panel.log_x = true;
    panel.y_range = {{0, 1}};
    for (std::size_t a = 0; a < agents.size(); ++a) {
      Curve curve;
      curve.label = agents[a], curve.colour = static_cast<int>(a), curve.thick = agents[a].starts_with("rover");
      for (int k = 0; k <= points; ++k) {
        const double at = std::floor(std::pow(10, std::log10(std::max(budget, 2.0)) * k / points) + 1e-9);
        if (!curve.x.empty() && at == curve.x.back()) continue;
        curve.x.push_back(at);
        curve.y.push_back(fraction_reached(evaluation, agents[a], static_cast<std::uint64_t>(at), group));
      }
      panel.curves.push_back(curve);
    }
    if (group < 0)
      for (const char* const name : {"", "BIPOP-CMA"}) {  // the best of all at each budget, and who everybody knows
        Curve curve;
        curve.label = *name ? std::string(name) + ", published" : "best published";
        curve.colour = static_cast<int>(panel.curves.size());
        curve.points = curve.thick = true, curve.line = false;
        for (const double at : {200.0, 1000.0, 6400.0}) {
          double best = unknown;
          for (const Published& one : published)
            if (one.dimension == d && at <= budget && one.algorithm != portfolio && one.algorithm.starts_with(name))
              best = std::fmax(best, one.after(static_cast<std::uint64_t>(at)));
          if (!std::isnan(best)) curve.x.push_back(at), curve.y.push_back(best);
        }
        if (!curve.x.empty()) panel.curves.push_back(curve);
      }
    figure.panels.push_back(panel);
  }
  return figure;
}

}  // namespace rover
