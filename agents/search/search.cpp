#include "agents/search/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "agents/search/descent.h"
#include "agents/search/restarts.h"

namespace rover {

struct PlaneSearch::State {
  State(const SearchOptions& search_options, std::size_t capacity)
      : options(search_options), descent(options), restarts(options) {
    memory.archive.reserve(capacity);
    descent.reserve(capacity);
    restarts.reserve(capacity);
    spread.reserve(2 * std::max({options.first_look * options.first_look, options.halton, std::uint64_t{1}}));
  }

  void begin(const Restarts::Start& start) {
    spreading = false;
    restarts.add_explored(start.window.x, start.window.y);
    descent.begin(memory, start.window, start.value);
  }

  // Goes on until there is something to evaluate or to decide.
  void settle() {
    while (!spreading && descent.ended()) {
      restarts.add_explored(descent.best_x(), descent.best_y());
      ++memory.descents;
      if (restarts.hops(memory)) {
        begin(restarts.hop(memory));
        continue;
      }
      restarts.spread(memory, spread);
      spreading = !spread.empty();
      if (spreading) ++memory.rounds;
      if (!spreading) begin(restarts.next(memory));
    }
  }

  SearchOptions options;
  SearchMemory memory;
  Descent descent;
  Restarts restarts;
  bool spreading = true, first = true;  // the pending points are spread over the box; they are the first look
  std::vector<double> spread;
  mutable std::array<float, SearchController::features> features{};
};

PlaneSearch::PlaneSearch(const SearchOptions& options, std::size_t capacity)
    : state_(std::make_unique<State>(options, capacity)) {
  reset(0);
}
PlaneSearch::~PlaneSearch() = default;
PlaneSearch::PlaneSearch(PlaneSearch&&) noexcept = default;
PlaneSearch& PlaneSearch::operator=(PlaneSearch&&) noexcept = default;

void PlaneSearch::reset(std::uint64_t seed) {
  State& s = *state_;
  s.memory.clear();
  s.memory.random = make_stream(seed, 0, "per-evaluation");
  s.restarts.reset(s.memory.random);
  s.spreading = s.first = true;
  s.memory.rounds = 1;
  s.spread.clear();
  const std::uint64_t n = s.options.first_look;
  // An odd grid without jitter would hit the middle of the box, where many test functions have their optimum.
  const auto place = [&s, n](std::uint64_t cell) {
    return (static_cast<double>(cell) + 0.5 + s.options.jitter * (s.memory.random.uniform() - 0.5)) /
           static_cast<double>(n);
  };
  for (std::uint64_t k = 0; k < n * n; ++k) {
    const double x = place(k / n), y = place(k % n);
    s.spread.insert(s.spread.end(), {x, y});
  }
  if (n == 0) s.spread.assign({s.memory.random.uniform(), s.memory.random.uniform()});
}

void PlaneSearch::know(std::span<const double> point, double value) {
  state_->memory.add(point[0], point[1], value);
  state_->restarts.add_candidate(point[0], point[1], value);
}

bool PlaneSearch::needs_decision() const { return !state_->spreading && state_->descent.needs_decision(); }

std::span<const float> PlaneSearch::features() const {
  state_->descent.features(state_->memory, state_->features);
  return state_->features;
}

void PlaneSearch::decide(std::span<const float> u) {
  if (!needs_decision()) throw std::logic_error("the search needs values, not a decision");
  state_->descent.decide(state_->memory, u);
  state_->settle();
}

void PlaneSearch::decide() {
  constexpr std::array<float, SearchController::decisions> rule{};
  decide(rule);
}

std::span<const double> PlaneSearch::ask() const {
  if (needs_decision()) throw std::logic_error("the search needs a decision before it asks");
  return state_->spreading ? std::span<const double>(state_->spread) : state_->descent.points();
}

void PlaneSearch::tell(std::span<const double> values) {
  State& s = *state_;
  const auto points = ask();
  if (values.empty() || 2 * values.size() > points.size())
    throw std::logic_error("the search is told the values of what it asked for");
  for (std::size_t k = 0; k < values.size(); ++k) {
    s.memory.add(points[2 * k], points[2 * k + 1], values[k]);
    if (s.spreading) s.restarts.add_candidate(points[2 * k], points[2 * k + 1], values[k]);
  }
  if (2 * values.size() < points.size()) return;  // the budget's end
  if (!s.spreading) {
    s.descent.advance(s.memory);
  } else if (s.first) {
    s.first = false;
    SearchWindow window;
    window.x = s.memory.best_point[0], window.y = s.memory.best_point[1],
    window.resolution = s.restarts.first_resolution();
    s.begin({window, s.memory.best});
  } else {
    s.begin(s.restarts.next(s.memory));
  }
  s.settle();
}

std::uint64_t PlaneSearch::evaluations() const { return state_->memory.evaluations; }
std::uint64_t PlaneSearch::restarts() const { return state_->memory.descents; }
std::uint64_t PlaneSearch::rounds() const { return state_->memory.rounds; }
double PlaneSearch::best_value() const { return state_->memory.best; }
std::span<const double> PlaneSearch::best_point() const { return state_->memory.best_point; }

}  // namespace rover
