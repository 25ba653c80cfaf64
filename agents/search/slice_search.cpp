#include "agents/search/slice_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "agents/search/descent.h"
#include "core/settings.h"

namespace rover {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double finest = 1e-8;      // the sweeps have ended when all half-widths are below
constexpr double stride = 1.0 / 16;  // of the slice along a displacement that the displacement takes

}  // namespace

struct SliceSearch::State {
  explicit State(const SearchOptions& search_options) : options(search_options), descent(options) {
    memory.archive.reserve(1024);
    descent.reserve(1024);
  }

  void reset(std::uint64_t seed, std::size_t d) {
    memory.clear();
    memory.random = make_stream(seed, 0, "slices");
    best = infinity;
    point.assign(d, 0.5), best_point = point, anchor = point, before = point;
    displacement.assign(d, 0), earlier = displacement, axis_s = displacement, axis_t = displacement;
    widths.assign(d, options.slice_resolution);
    order.resize(d);
    std::iota(order.begin(), order.end(), std::size_t{0});
    points.reserve(d * descent.most_points());
    idle_sweeps = 0;
    ask_for_point();
  }

  std::size_t pairs() const { return (order.size() + 1) / 2; }
  std::size_t first() const { return order[2 * pair]; }
  std::size_t second() const { return order[2 * pair + 1 < order.size() ? 2 * pair + 1 : 0]; }

  // A new start: its value first.
  void ask_for_point() {
    where = Where::point;
    ++memory.rounds;
    points.assign(point.begin(), point.end());
  }

  void start_sweep() {
    for (std::size_t k = order.size() - 1; k > 0; --k) std::swap(order[k], order[memory.random.below(k + 1)]);
    before = point, before_value = value, pair = 0;
    enter_pair();
  }

  void enter_pair() {
    where = Where::pair;
    const std::size_t i = first(), j = second();
    std::ranges::fill(axis_s, 0), std::ranges::fill(axis_t, 0);
    axis_s[i] = 1, axis_t[j] = 1;
    const double root = std::sqrt(std::clamp(widths[i] / widths[j], 1 / options.aspect, options.aspect));
    enter({point[i], point[j], std::sqrt(widths[i] * widths[j]), {root, 0, 1 / root}});
  }

  // Enters the slice spanned by the displacements of this sweep and the one before. False when they span none.
  bool enter_along() {
    double dd = 0, de = 0, ee = 0;
    for (std::size_t k = 0; k < point.size(); ++k) {
      displacement[k] = point[k] - before[k];
      dd += displacement[k] * displacement[k], de += displacement[k] * earlier[k], ee += earlier[k] * earlier[k];
    }
    const double across = dd > 0 ? ee - de * de / dd : 0;
    const bool plane = across > 1e-6 * ee;
    for (std::size_t k = 0; plane && k < point.size(); ++k) {
      axis_s[k] = displacement[k] / stride;
      axis_t[k] = (earlier[k] - de / dd * displacement[k]) * std::sqrt(dd / across) / stride;
    }
    std::swap(earlier, displacement);
    if (!plane) return false;
    where = Where::along;
    enter({0.5, 0.5, stride, {}});
    return true;
  }

  void enter(const SearchWindow& window) {
    anchor = point, anchor_s = window.x, anchor_t = window.y;
    memory.archive.clear();
    memory.archive.add(window.x, window.y, value);
    memory.best = value;
    descent.begin(memory, window, value);
    place_points();
  }

  void place_points() {
    points.clear();
    const auto places = descent.points();
    for (std::size_t k = 0; k < places.size(); k += 2) {
      const double s = places[k] - anchor_s, t = places[k + 1] - anchor_t;
      for (std::size_t i = 0; i < anchor.size(); ++i)
        points.push_back(std::clamp(anchor[i] + s * axis_s[i] + t * axis_t[i], 0.0, 1.0));
    }
  }

  void take(std::span<const double> place, double place_value) {
    if (where == Where::point || place_value < value) value = place_value, std::ranges::copy(place, point.begin());
    if (place_value < best) best = place_value, std::ranges::copy(place, best_point.begin());
  }

  // Goes on until there is something to evaluate or to decide.
  void settle() {
    while (where != Where::point && (descent.ended() || descent.rounds() >= options.slice_rounds)) next_slice();
    if (where != Where::point) place_points();
  }

  void next_slice() {
    if (where == Where::pair) {
      const SearchWindow& window = descent.window();
      widths[first()] = std::clamp(window.resolution * window.metric.xx, finest / 10, 0.5);
      widths[second()] = std::clamp(window.resolution * window.metric.yy, finest / 10, 0.5);
      if (++pair < pairs()) return enter_pair();
      if (options.slice_along && value < before_value && enter_along()) return;
    }
    idle_sweeps = value < before_value ? 0 : idle_sweeps + 1;
    if (idle_sweeps >= options.patience || *std::ranges::max_element(widths) < finest) return restart();
    start_sweep();
  }

  void restart() {
    ++memory.descents;
    const bool hop = memory.random.uniform() < 0.5;
    const double sigma = memory.random.log_uniform(0.005, 0.3);
    for (std::size_t k = 0; k < point.size(); ++k)
      point[k] = hop ? std::clamp(best_point[k] + sigma * memory.random.normal(), 0.0, 1.0) : memory.random.uniform();
    std::ranges::fill(widths, hop ? std::min(sigma, options.slice_resolution) : options.slice_resolution);
    std::ranges::fill(earlier, 0);
    idle_sweeps = 0;
    ask_for_point();
  }

  enum class Where {
    point,
    pair,
    along
  };  // a start's value is asked for; in a pair's slice; in the slice along a sweep's displacement

  SearchOptions options;
  SearchMemory memory;  // its samples are the slice's, its counts the search's
  Descent descent;
  Where where = Where::point;
  double best = infinity, value = infinity, before_value = infinity;  // of all, of this start, before the sweep
  std::vector<double> point, best_point, before;                      // likewise
  std::vector<double> displacement, earlier;                          // of this sweep and the last
  std::vector<double> widths;                                         // half-widths by coordinate
  std::vector<std::size_t> order;                                     // of the coordinates: pairs are neighbours
  std::size_t pair = 0;
  std::vector<double> anchor, axis_s,
      axis_t;  // the slice: anchor + (s − anchor_s) axis_s + (t − anchor_t) axis_t, s and t in [0, 1]
  double anchor_s = 0, anchor_t = 0;
  std::uint64_t idle_sweeps = 0;
  std::vector<double> points;  // to evaluate [k, d]
  mutable std::array<float, SearchController::features> features{};
};

SliceSearch::SliceSearch(const SearchOptions& options) : state_(std::make_unique<State>(options)) { reset(0, 2); }
SliceSearch::~SliceSearch() = default;
SliceSearch::SliceSearch(SliceSearch&&) noexcept = default;
SliceSearch& SliceSearch::operator=(SliceSearch&&) noexcept = default;

void SliceSearch::reset(std::uint64_t seed, std::size_t dimension) { state_->reset(seed, dimension); }

void SliceSearch::know(std::span<const double> point, double value) {
  State& s = *state_;
  ++s.memory.evaluations;
  s.take(point, value);
  s.start_sweep();
  s.settle();
}

bool SliceSearch::needs_decision() const {
  return state_->where != State::Where::point && state_->descent.needs_decision();
}

std::span<const float> SliceSearch::features() const {
  state_->descent.features(state_->memory, state_->features);
  return state_->features;
}

void SliceSearch::decide(std::span<const float> u) {
  if (!needs_decision()) throw std::logic_error("the search needs values, not a decision");
  state_->descent.decide(state_->memory, u);
  state_->settle();
}

void SliceSearch::decide() {
  constexpr std::array<float, SearchController::decisions> rule{};
  decide(rule);
}

std::span<const double> SliceSearch::ask() const {
  if (needs_decision()) throw std::logic_error("the search needs a decision before it asks");
  return state_->points;
}

void SliceSearch::tell(std::span<const double> values) {
  State& s = *state_;
  const auto points = ask();
  const std::size_t d = s.point.size(), count = points.size() / d;
  if (values.empty() || values.size() > count)
    throw std::logic_error("the search is told the values of what it asked for");
  const auto places = s.descent.points();
  for (std::size_t k = 0; k < values.size(); ++k) {
    s.take(points.subspan(k * d, d), values[k]);
    if (s.where == State::Where::point) ++s.memory.evaluations;
    else s.memory.add(places[2 * k], places[2 * k + 1], values[k]);
  }
  if (values.size() < count) return;  // the budget's end
  if (s.where == State::Where::point) s.start_sweep();
  else s.descent.advance(s.memory);
  s.settle();
}

std::uint64_t SliceSearch::evaluations() const { return state_->memory.evaluations; }
std::uint64_t SliceSearch::rounds() const { return state_->memory.rounds; }
std::uint64_t SliceSearch::restarts() const { return state_->memory.descents; }
double SliceSearch::best_value() const { return state_->best; }
std::span<const double> SliceSearch::best_point() const { return state_->best_point; }

}  // namespace rover
