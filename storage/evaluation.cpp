#include "storage/evaluation.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <tuple>

#include "storage/hdf5.h"

namespace rover {
namespace {

template <class T, class Get>
void put_column(hid_t file, const char* name, const std::vector<EvaluationCurve>& curves, const h5::About& about,
                Get get) {
  std::vector<T> column;
  for (const auto& curve : curves) column.push_back(get(curve));
  if constexpr (std::is_same_v<T, std::string>) h5::put_strings(file, name, column, about);
  else h5::put_array<T>(file, name, column, {column.size()}, false, about);
}

template <class T>
void put_points(hid_t file, const char* name, const std::vector<EvaluationCurve>& curves,
                std::vector<T> EvaluationCurve::*field, bool compress, const h5::About& about) {
  std::vector<T> points;
  for (const auto& curve : curves) points.insert(points.end(), (curve.*field).begin(), (curve.*field).end());
  h5::put_array<T>(file, name, points, {points.size()}, compress, about);
}

/// A column that not every curve has: NaN where it is missing, and left out where none has it.
void put_optional(hid_t file, const char* name, const std::vector<EvaluationCurve>& curves,
                  std::vector<double> EvaluationCurve::*field, bool compress, const h5::About& about) {
  if (std::ranges::all_of(curves, [&](const auto& curve) { return (curve.*field).empty(); })) return;
  std::vector<double> points;
  for (const auto& curve : curves) {
    points.insert(points.end(), (curve.*field).begin(), (curve.*field).end());
    if ((curve.*field).empty()) points.insert(points.end(), curve.iterations.size(), std::nan(""));
  }
  h5::put_array<double>(file, name, points, {points.size()}, compress, about);
}

/// Points first to last − 1 of such a column; empty where all are NaN.
std::vector<double> optional_part(const std::vector<double>& column, std::uint64_t first, std::uint64_t last) {
  std::vector<double> out(column.begin() + static_cast<std::ptrdiff_t>(first),
                          column.begin() + static_cast<std::ptrdiff_t>(last));
  if (std::ranges::all_of(out, [](double x) { return std::isnan(x); })) out.clear();
  return out;
}

/// Whether all columns have one length; those that are optional may be empty.
bool fits(const EvaluationCurve& curve) {
  const std::size_t points = curve.iterations.size();
  const auto optional = [&](const std::vector<double>& column) { return column.empty() || column.size() == points; };
  return curve.evaluations.size() == points && curve.best_value.size() == points && optional(curve.seconds) &&
         optional(curve.validation);
}

h5::Handle make_file(const Evaluation& evaluation, const std::vector<std::uint64_t>& offset, bool compress) {
  const auto& curves = evaluation.curves;
  h5::Handle file = h5::create_in_memory(h5::kEvaluation, 32 * offset.back() + 200 * curves.size());
  h5::put_texts(file, evaluation.attributes);
  h5::put_texts(h5::make_group(file, "settings"), evaluation.settings);
  put_column<std::string>(file, "agent", curves, {"1", "label of the agent"},
                          [](const auto& curve) { return curve.agent; });
  put_column<std::string>(file, "landscape", curves, {"1", "name of the function"},
                          [](const auto& curve) { return curve.landscape; });
  put_column<std::uint64_t>(file, "start", curves, {"1", "number of the starting point, the same for every agent"},
                            [](const auto& curve) { return curve.start; });
  put_column<std::uint64_t>(file, "dimension", curves, {"coordinates", "dimension of the function; 0: not known"},
                            [](const auto& curve) { return curve.dimension; });
  put_column<std::uint64_t>(file, "seed", curves, {"1", "seed of the agent and of the function"},
                            [](const auto& curve) { return curve.seed; });
  put_column<double>(file, "optimum", curves,
                     {"function value", "lowest value of the function; NaN where it is not known"},
                     [](const auto& curve) { return curve.optimum; });
  put_column<double>(file, "start_value", curves, {"function value", "value at the starting point"},
                     [](const auto& curve) { return curve.start_value; });
  h5::put_array<std::uint64_t>(file, "offset", offset, {offset.size()}, false,
                               {"1",
                                "points of curve i are entries offset[i] to offset[i + 1] - 1 of iterations, "
                                "evaluations, best_value, seconds and validation"});
  put_points(file, "iterations", curves, &EvaluationCurve::iterations, compress,
             {"iterations", "iterations of the agent until then"});
  put_points(file, "evaluations", curves, &EvaluationCurve::evaluations, compress,
             {"function evaluations", "evaluations spent until then"});
  put_points(file, "best_value", curves, &EvaluationCurve::best_value, compress,
             {"function value", "lowest value until then"});
  put_optional(file, "seconds", curves, &EvaluationCurve::seconds, compress,
               {"s", "processor time of the run until then; NaN where it was not measured"});
  put_optional(file, "validation", curves, &EvaluationCurve::validation, compress,
               {"function value", "validation loss of the best point until then; NaN where it was not measured"});
  return file;
}

}  // namespace

bool EvaluationCurve::operator==(const EvaluationCurve& other) const {
  const auto alike = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  const auto all = [](const EvaluationCurve& c) {
    return std::tie(c.agent, c.landscape, c.start, c.seed, c.optimum, c.start_value, c.iterations, c.evaluations,
                    c.best_value, c.dimension);
  };
  return all(*this) == all(other) && std::ranges::equal(validation, other.validation, alike);
}

void write_evaluation(const std::filesystem::path& path, const Evaluation& evaluation) {
  const h5::Quiet quiet;
  std::vector<std::uint64_t> offset{0};
  for (const auto& curve : evaluation.curves) {
    if (!fits(curve))
      throw std::invalid_argument("the curve of " + curve.agent + " on " + curve.landscape +
                                  " has columns of different lengths");
    offset.push_back(offset.back() + curve.iterations.size());
  }
  h5::Handle file = make_file(evaluation, offset, true);
  if (32 * offset.back() > content_limit(h5::size_in_memory(file)) / 2)  // so compressed that readers would refuse it
    file = make_file(evaluation, offset, false);
  h5::save(file, path);
}

static void transfer(Wire& wire, EvaluationCurve& curve) {
  wire(curve.agent, curve.landscape, curve.start, curve.seed, curve.optimum, curve.start_value, curve.iterations,
       curve.evaluations, curve.best_value, curve.seconds, curve.validation, curve.dimension);
}
static void transfer(Wire& wire, Evaluation& evaluation) {
  wire(evaluation.attributes, evaluation.settings, evaluation.curves);
}

static Evaluation read_here(const std::filesystem::path& path) {
  const h5::Quiet quiet;
  const h5::Handle file = h5::open(path, h5::kEvaluation);
  Evaluation out;
  out.attributes = h5::texts(file);
  out.settings = h5::texts(h5::open_object(file, "settings"));
  const auto agent = h5::strings(file, "agent"), landscape = h5::strings(file, "landscape");
  const auto start = h5::array<std::uint64_t>(file, "start"), seed = h5::array<std::uint64_t>(file, "seed");
  const auto optimum = h5::array<double>(file, "optimum"), start_value = h5::array<double>(file, "start_value");
  const auto offset = h5::array<std::uint64_t>(file, "offset"),
             iterations = h5::array<std::uint64_t>(file, "iterations"),
             evaluations = h5::array<std::uint64_t>(file, "evaluations");
  const auto best_value = h5::array<double>(file, "best_value");
  const auto optional = [&](const char* name) {
    return H5Lexists(file, name, H5P_DEFAULT) > 0 ? h5::array<double>(file, name)
                                                  : std::vector<double>(iterations.size(), std::nan(""));
  };
  const auto seconds = optional("seconds"), validation = optional("validation");
  const auto dimension = H5Lexists(file, "dimension", H5P_DEFAULT) > 0
                             ? h5::array<std::uint64_t>(file, "dimension")
                             : std::vector<std::uint64_t>(agent.size());  // written before 0.2

  const std::size_t rows = agent.size(), points = iterations.size();
  bool whole = landscape.size() == rows && start.size() == rows && seed.size() == rows && dimension.size() == rows &&
               optimum.size() == rows && start_value.size() == rows && offset.size() == rows + 1 &&
               evaluations.size() == points && best_value.size() == points && seconds.size() == points &&
               validation.size() == points && offset.front() == 0 && offset.back() == points;
  for (std::size_t i = 0; whole && i < rows; ++i) whole = offset[i] <= offset[i + 1];
  if (!whole) throw std::runtime_error("'" + path.string() + "' is damaged: its columns do not fit together");

  const auto cut = [](const auto& all, std::uint64_t from, std::uint64_t to) {
    return std::decay_t<decltype(all)>(all.begin() + static_cast<std::ptrdiff_t>(from),
                                       all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  for (std::size_t i = 0; i < rows; ++i) {
    out.curves.push_back({agent[i], landscape[i], start[i], seed[i], optimum[i], start_value[i],
                          cut(iterations, offset[i], offset[i + 1]), cut(evaluations, offset[i], offset[i + 1]),
                          cut(best_value, offset[i], offset[i + 1]), optional_part(seconds, offset[i], offset[i + 1]),
                          optional_part(validation, offset[i], offset[i + 1]), dimension[i]});
  }
  return out;
}

Evaluation read_evaluation(const std::filesystem::path& path) {
  Evaluation out = isolated(path, [&] { return read_here(path); });
  for (const auto& curve : out.curves)
    if (!fits(curve)) throw std::runtime_error("'" + path.string() + "' is damaged: its columns do not fit together");
  return out;
}

}  // namespace rover
