#include "experiments/field_logs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/settings.h"
#include "experiments/benchmark.h"
#include "storage/atomic_file.h"

namespace rover {
namespace {

namespace fs = std::filesystem;

/// A label as a name of a folder, and inside quotes.
std::string plain(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  return text.empty() || text.front() == '.' ? "_" + text : text;
}

std::string scientific(double value, int digits) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%+.*e", digits, value);
  return text.data();
}

/// One run: the best value after so many evaluations, ascending in the first, from 1.
struct Run {
  std::size_t instance;
  double optimum;
  std::vector<std::uint64_t> evaluations;
  std::vector<double> best;
};

/// Points where the value fell, and the last.
Run run_of(const EvaluationCurve& curve) {
  Run out{curve.start + 1, curve.optimum, {1}, {curve.start_value}};
  for (std::size_t k = 0; k < curve.evaluations.size(); ++k) {
    const std::uint64_t at = std::max<std::uint64_t>(curve.evaluations[k], 1);
    const bool last = k + 1 == curve.evaluations.size();
    if (!(curve.best_value[k] < out.best.back()) && !(last && at > out.evaluations.back())) continue;
    if (at > out.evaluations.back()) out.evaluations.push_back(at), out.best.emplace_back();
    out.best.back() = curve.best_value[k];
  }
  return out;
}

/// All runs of one agent on one function in one dimension.
struct Group {
  std::string agent, function;
  std::size_t number;
  std::uint64_t dimension;
  std::vector<Run> runs;
};

std::vector<Group> groups_of(const Evaluation& evaluation) {
  std::vector<Group> out;
  std::map<std::tuple<std::string, std::string, std::uint64_t>, std::size_t> places;
  std::map<std::string, std::size_t> numbers;
  const bool benchmark = is_benchmark(evaluation);
  for (const auto& curve : evaluation.curves) {
    const std::size_t number = benchmark ? std::stoul(curve.landscape.substr(1))
                                         : numbers.try_emplace(curve.landscape, numbers.size() + 1).first->second;
    const auto [place, fresh] = places.try_emplace({curve.agent, curve.landscape, curve.dimension}, out.size());
    if (fresh) out.push_back({curve.agent, curve.landscape, number, curve.dimension, {}});
    out[place->second].runs.push_back(run_of(curve));
  }
  return out;
}

void write_in(const fs::path& path, const std::string& content) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw std::runtime_error("cannot write '" + path.string() + "': " + system_reason(error.value()));
  write_file(path, content);
}

// ---- COCO

/// One line: evaluations of f and of constraints, gap, value, best value. The values are noise-free.
std::string coco_line(std::uint64_t evaluations, double best, double optimum) {
  return std::to_string(evaluations) + " 0 " + scientific(best - optimum, 9) + ' ' + scientific(best, 9) + ' ' +
         scientific(best, 9) + '\n';
}

std::string coco_head(double optimum) {
  return "% f evaluations | g evaluations | best noise-free fitness - Fopt (" +
         scientific(optimum, 12).substr(optimum >= 0) +
         ") + sum g_i+ | measured fitness | best measured fitness or single-digit g-values\n";
}

/// Where COCO looks at the clock: 10^(k/20), and 1, 2 and 5 times d·10^k.
std::vector<std::uint64_t> coco_clock(std::uint64_t dimension, std::uint64_t last) {
  std::set<std::uint64_t> out;
  const auto add = [&](double at) {
    if (at <= static_cast<double>(last)) out.insert(static_cast<std::uint64_t>(at));
    return at <= static_cast<double>(last);
  };
  for (int k = 0; add(std::floor(std::pow(10, k / 20.0) + 1e-9)); ++k) {}
  for (double unit = static_cast<double>(dimension); add(unit); unit *= 10) add(2 * unit), add(5 * unit);
  out.insert(last);
  return {out.begin(), out.end()};
}

/// Lines where the gap falls below the next of COCO's targets, 10^(k/5); the first and the last.
std::string by_target(const Run& run) {
  std::string out = coco_head(run.optimum);
  double next = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < run.best.size(); ++k) {
    const double gap = run.best[k] - run.optimum;
    if (gap > next && k + 1 < run.best.size()) continue;
    out += coco_line(run.evaluations[k], run.best[k], run.optimum);
    next = gap > 0 ? std::min(next, std::pow(10, std::ceil(5 * std::log10(gap) - 1) / 5)) : -1;
  }
  return out;
}

std::string by_clock(const Run& run, std::uint64_t dimension) {
  std::string out = coco_head(run.optimum);
  std::size_t k = 0;
  for (const std::uint64_t at : coco_clock(dimension, run.evaluations.back())) {
    while (k + 1 < run.evaluations.size() && run.evaluations[k + 1] <= at) ++k;
    out += coco_line(at, run.best[k], run.optimum);
  }
  return out;
}

void write_coco(const FieldLog& log, const Group& group) {
  const fs::path index = index_file(log, group.agent, group.number, group.function, group.dimension);
  const std::string stem = index.stem().string(), data = "data_f" + std::to_string(group.number) + "/" + stem;
  std::string of_targets, of_clock, list = data + ".dat";
  for (const Run& run : group.runs) {
    of_targets += by_target(run), of_clock += by_clock(run, group.dimension);
    list += ", " + std::to_string(run.instance) + ":" + std::to_string(run.evaluations.back()) + "|" +
            scientific(run.best.back() - run.optimum, 1).substr(run.best.back() >= run.optimum);
  }
  write_in(index.parent_path() / (data + ".dat"), of_targets);
  write_in(index.parent_path() / (data + ".tdat"), of_clock);
  write_in(index, "suite = 'bbob', funcId = " + std::to_string(group.number) + ", DIM = " +
                      std::to_string(group.dimension) + ", Precision = 1.000e-08, algId = '" + plain(group.agent) +
                      "', logger = 'bbob', data_format = 'bbob-new2'\n% rover " ROVER_VERSION "\n" + list + "\n");
}

// ---- IOHprofiler

void write_ioh(const FieldLog& log, const Group& group, const std::string& suite) {
  const fs::path index = index_file(log, group.agent, group.number, group.function, group.dimension);
  const std::string data =
      "data_f" + std::to_string(group.number) + "_" + plain(group.function) + "/" + index.stem().string() + ".dat";
  std::string lines;
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const Run& run : group.runs) {
    const double from = std::isnan(run.optimum) ? 0 : run.optimum;
    lines += "evaluations raw_y\n";
    for (std::size_t k = 0; k < run.best.size(); ++k)
      lines += std::to_string(run.evaluations[k]) + ' ' + detail::to_text(run.best[k] - from) + '\n';
    const std::size_t found = run.best.size() > 1 && run.best.back() == run.best[run.best.size() - 2]
                                  ? run.best.size() - 2
                                  : run.best.size() - 1;
    runs.push_back(
        {{"instance", run.instance},
         {"evals", run.evaluations.back()},
         {"best",
          {{"evals", run.evaluations[found]}, {"y", run.best.back() - from}, {"x", nlohmann::ordered_json::array()}}}});
  }
  const nlohmann::ordered_json about{{"version", "0.3.5"},
                                     {"suite", suite},
                                     {"function_id", group.number},
                                     {"function_name", group.function},
                                     {"maximization", false},
                                     {"algorithm", {{"name", group.agent}, {"info", "rover " ROVER_VERSION}}},
                                     {"attributes", {"evaluations", "raw_y"}},
                                     {"scenarios", {{{"dimension", group.dimension}, {"path", data}, {"runs", runs}}}}};
  write_in(index.parent_path() / data, lines);
  write_in(index, about.dump(1) + "\n");
}

}  // namespace

std::vector<FieldLog> parse_field_logs(const std::vector<std::string>& words) {
  if (words.size() % 2 != 0) throw UsageError("--log takes a format and a folder: --log coco DIR or --log ioh DIR");
  std::vector<FieldLog> out;
  for (std::size_t k = 0; k < words.size(); k += 2) {
    if (words[k] != "coco" && words[k] != "ioh")
      throw UsageError(unknown_name("format of a log", words[k], {"coco", "ioh"}) + " (coco or ioh)");
    const fs::path folder = words[k + 1];
    if (fs::exists(folder) && !fs::is_directory(folder))
      throw UsageError("cannot write logs to '" + folder.string() + "': not a folder");
    out.push_back({words[k] == "coco" ? FieldLog::Format::coco : FieldLog::Format::ioh, folder});
  }
  return out;
}

fs::path index_file(const FieldLog& log, const std::string& agent, std::size_t number, const std::string& function,
                    std::uint64_t dimension) {
  const std::string f = "f" + std::to_string(number), d = "_DIM" + std::to_string(dimension);
  return log.folder / plain(agent) /
         (log.format == FieldLog::Format::coco ? "bbobexp_" + f + d + ".info"
                                               : "IOHprofiler_" + f + "_" + plain(function) + d + ".json");
}

void write_field_log(const FieldLog& log, const Evaluation& evaluation) {
  const auto suite = evaluation.attributes.find("suite");
  const std::string name = suite == evaluation.attributes.end() ? "" : suite->second;
  for (const Group& group : groups_of(evaluation))
    if (log.format == FieldLog::Format::coco) write_coco(log, group);
    else write_ioh(log, group, name);
}

}  // namespace rover
