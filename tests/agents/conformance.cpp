// The contract of agent.h, for every agent that is registered.
#include <doctest/doctest.h>

#include <algorithm>

#include "env/landscapes/registry.h"
#include "env/trial.h"
#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

// Gives observations in memory of exactly their size, and overwrites it at the next call: an agent that keeps a span or
// reads beyond one sees NaN, or AddressSanitizer reports it.
class FreshMemoryEnv final : public SurfaceEnv {
 public:
  explicit FreshMemoryEnv(std::unique_ptr<SurfaceEnv> env) : env_(std::move(env)) {}
  const Landscape& landscape() const override { return env_->landscape(); }
  StepResult reset(std::uint64_t seed, const Query& first) override { return fresh(env_->reset(seed, first)); }
  StepResult step(const Action& action) override { return fresh(env_->step(action)); }
  const EpisodeInfo& info() const override { return env_->info(); }
  Problem problem() const override { return env_->problem(); }

 private:
  StepResult fresh(StepResult result) {
    Reals* spans[] = {&result.observation.pose, &result.observation.values, &result.observation.gradients,
                      &result.observation.hessians, &result.observation.grids};
    for (std::size_t k = 0; k < std::size(spans); ++k) {
      if (memory_[k]) std::fill_n(memory_[k].get(), sizes_[k], std::numeric_limits<double>::quiet_NaN());
      sizes_[k] = spans[k]->size();
      retired_.push_back(std::move(memory_[k]));
      memory_[k] = std::make_unique<double[]>(sizes_[k]);
      std::ranges::copy(*spans[k], memory_[k].get());
      *spans[k] = {memory_[k].get(), sizes_[k]};
    }
    return result;
  }
  std::unique_ptr<SurfaceEnv> env_;
  std::unique_ptr<double[]> memory_[5];
  std::vector<std::unique_ptr<double[]>> retired_;  // keeps stale memory stale
  std::size_t sizes_[5] = {};
};

struct Trace {
  std::vector<Action> actions;
  EpisodeInfo info;
};

Trace trace(Agent& agent, const std::shared_ptr<const Landscape>& surface, const std::vector<double>& start,
            std::uint64_t budget, std::uint64_t seed,
            std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max()) {
  FreshMemoryEnv env(make_surface_env(surface, {.budget = budget, .clamp = true, .start = start}));
  Trace out;
  out.info = play(agent, env, seed, max_iterations,
                  [&](const Action& action, const StepResult&, const EpisodeInfo&) { out.actions.push_back(action); });
  return out;
}

bool same(const Query& a, const Query& b) {
  const auto same_slice = [](const Slice& x, const Slice& y) {
    return x.i == y.i && x.j == y.j && x.resolution == y.resolution;
  };
  return a.kind == b.kind && a.points == b.points && a.grid_size == b.grid_size &&
         std::ranges::equal(a.slices, b.slices, same_slice);
}

bool same(const Trace& a, const Trace& b, std::size_t first = 0) {
  const auto equal = [](const Action& x, const Action& y) {
    return x.move == y.move && x.ends_iteration == y.ends_iteration && same(x.query, y.query);
  };
  return std::equal(a.actions.begin() + static_cast<std::ptrdiff_t>(first), a.actions.end(),
                    b.actions.begin() + static_cast<std::ptrdiff_t>(first), b.actions.end(), equal);
}

// Everything that an agent asks for in one episode is well-formed and in the domain.
void check_actions(const Trace& trace, const Landscape& surface, std::vector<double> pose, bool zeroth_order) {
  const std::size_t d = surface.dimension();
  const Box& box = surface.domain();
  for (std::size_t t = 0; t < trace.actions.size(); ++t) {
    const auto& [move, query, ends_iteration, stop] = trace.actions[t];
    REQUIRE_FALSE((stop && t == 0));
    REQUIRE((move.empty() || move.size() == d));
    REQUIRE(query.points.size() % d == 0);
    if (zeroth_order) REQUIRE((query.kind == Query::Kind::values || query.kind == Query::Kind::slices));
    for (std::size_t k = 0; k < query.points.size(); ++k)
      REQUIRE((query.points[k] >= box.low[k % d] && query.points[k] <= box.high[k % d]));
    if (query.kind == Query::Kind::slices) {
      REQUIRE(!query.slices.empty());
      REQUIRE(query.grid_size >= 2);
    }
    for (const Slice& slice : query.slices)
      REQUIRE((slice.i < d && slice.j < d && slice.i != slice.j && slice.resolution > 0));
    if (t == 0) continue;  // the first move is ignored
    for (std::size_t i = 0; i < move.size(); ++i) {
      pose[i] = std::clamp(pose[i] + move[i], box.low[i], box.high[i]);
      REQUIRE(std::isfinite(move[i]));
    }
  }
}

// `rover` without a model.
std::unique_ptr<Agent> make_untrained(const std::string& id) {
  return agents().make(id, id == "rover" ? Settings{{"heading", "newton-fit"}, {"policy", "random"}} : Settings{});
}

}  // namespace

TEST_CASE("every agent: the same seed walks the same way, inside domain and budget") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const auto agent = make_untrained(id), other = make_untrained(id);
    const auto surface = rosenbrock();
    const std::vector<double> start{-1.2, 1};
    const std::uint64_t budget = 1500;
    const Trace first = trace(*agent, surface, start, budget, 3);
    CHECK(first.info.evaluations <= budget);
    CHECK(first.info.evaluations > budget / 2);  // no agent stops long before its budget is spent
    CHECK(first.info.best_value < 24.2);         // f(x₀)
    check_actions(first, *surface, start, agent->zeroth_order());
    trace(*agent, surface, {1, -1}, 300, 8);  // what ran before must not matter
    CHECK(same(first, trace(*agent, surface, start, budget, 3)));
    CHECK(same(first, trace(*other, surface, start, budget, 3)));
    CHECK(trace(*agent, surface, start, 100000, 3, 7).info.iterations <= 7);
  }
}

TEST_CASE("every agent works at d = 5 from a corner, or says why not") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const auto agent = make_untrained(id);
    const auto surface = bowl(5);
    const std::vector<double> corner{4, -4, 4, -4, 4};
    try {
      const Trace played = trace(*agent, surface, corner, 2000, 1);
      check_actions(played, *surface, corner, agent->zeroth_order());
      CHECK(played.info.best_value < 80);
    } catch (const UsageError& error) { CHECK(std::string(error.what()).find("dimension") != std::string::npos); }
  }
}

TEST_CASE("every agent on every surface that fits it: finite, inside, within budget, and the same again") {
  std::size_t played = 0, surfaces = 0;
  for (const auto& landscape : landscapes().ids()) {
    CAPTURE(landscape);
    std::shared_ptr<const Landscape> surface;
    for (const Settings& settings : {Settings{{"seed", "3"}}, Settings{}})
      if (!surface) try {
          surface = landscapes().make(landscape, settings);
        } catch (const UsageError&) {}  // nothing about it is drawn; or images, whose package is not installed
    if (!surface) {
      CHECK(landscape == "images");
      continue;
    }
    const std::size_t d = surface->dimension();
    if (d > 100) continue;  // agents that keep matrices
    ++surfaces;
    RandomStream stream = make_stream(7, 0, landscape);
    const Trial trial = draw_trial(surface, stream);
    for (const auto& id : agents().ids()) {
      CAPTURE(id);
      const auto agent = make_untrained(id);
      const std::uint64_t budget =
          id == "lipo" ? 40 : 200 + 4 * d;  // its cost grows with the square of its evaluations
      try {
        const Trace first = trace(*agent, surface, trial.start, budget, 5);
        CHECK(first.info.evaluations <= budget);
        CHECK(std::isfinite(first.info.best_value));
        check_actions(first, *surface, trial.start, agent->zeroth_order());
        const Trace again = trace(*agent, surface, trial.start, budget, 5);
        CHECK(same(first, again));
        CHECK(again.info.best_value == first.info.best_value);
        ++played;
      } catch (const UsageError& error) {
        const std::string says = error.what();
        CAPTURE(says);
        const bool why = says.find("gradient") != std::string::npos || says.find("Hessian") != std::string::npos ||
                         says.find("dimension") != std::string::npos;
        CHECK(why);
      }
    }
  }
  CHECK(surfaces >= 15);
  CHECK(played > 20 * surfaces);
}

TEST_CASE("every agent that needs derivatives refuses surfaces without, every other works there") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const auto agent = make_untrained(id);
    if (agent->zeroth_order()) {
      CHECK(trace(*agent, two_wells(), {1, 1}, 500, 1).info.best_value < 1.1);
    } else {
      CHECK_THROWS_AS(trace(*agent, two_wells(), {1, 1}, 500, 1), UsageError);
    }
  }
}

TEST_CASE("every agent survives a surface that fails and a life cut short") {
  const auto trap = surface_of(
      cube(2, -4, 4), [](Reals x) { return x[0] < 0.99 ? std::nan("") : x[0] + x[1] * x[1]; },
      [](Reals x, MutReals g) { g[0] = 1, g[1] = 2 * x[1]; },
      [](Reals, MutReals h) { h[0] = h[1] = h[2] = 0, h[3] = 2; });
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    auto agent = make_untrained(id);
    CHECK_THROWS_AS(trace(*agent, trap, {1, 1}, 20000, 1), std::runtime_error);
    CHECK(trace(*agent, rosenbrock(), {-1.2, 1}, 300, 1).info.best_value < 24.2);  // and walks again
    trace(*agent, rosenbrock(), {-1.2, 1}, 1000, 1, 3);
    agent.reset();
    const auto box = cube(2, -1, 1);
    Action first;
    make_untrained(id)->reset({2, &box, 100}, 1, first);
  }
}

TEST_CASE("every agent: a function is called as often as the environment charges") {
  for (const auto& id : agents().ids())
    for (const std::size_t d : {2, 5})
      for (const double noise : {0.0, 0.1}) {
        CAPTURE(id);
        CAPTURE(d);
        CAPTURE(noise);
        const auto agent = make_untrained(id);
        if (!agent) continue;
        std::uint64_t values = 0, gradients = 0, hessians = 0;
        const std::shared_ptr<const Landscape> counted = make_function(
            [&](Reals x) {
              ++values;
              double sum = 0;
              for (const double xi : x) sum += xi * xi * (1 + xi * xi);
              return sum;
            },
            cube(d, -4, 4),
            {.gradient =
                 [&](Reals x, MutReals g) {
                   ++gradients;
                   for (std::size_t i = 0; i < d; ++i) g[i] = 2 * x[i] + 4 * x[i] * x[i] * x[i];
                 },
             .hessian =
                 [&](Reals x, MutReals h) {
                   ++hessians;
                   for (std::size_t i = 0; i < d * d; ++i) h[i] = i % (d + 1) == 0 ? 2 + 12 * x[i / d] * x[i / d] : 0;
                 },
             .noise_deviation = noise});
        for (const bool clamp : {false, true}) {
          values = gradients = hessians = 0;
          const auto env = make_surface_env(
              counted, {.budget = 400, .clamp = clamp, .noisy = true, .start = std::vector<double>(d, 1.3)});
          try {
            const EpisodeInfo info = play(*agent, *env, 1);
            CHECK(gradients == info.gradients);
            CHECK(hessians == info.hessians);
            // A gradient is charged 2d and a Hessian 2d + 2d²; each comes with one value.
            CHECK(values == info.evaluations - info.gradients * (2 * d - 1) - info.hessians * 2 * d * d);
            if (agent->zeroth_order()) CHECK(values == info.evaluations);
          } catch (const UsageError& error) { CHECK(std::string(error.what()).find("dimension") != std::string::npos); }
        }
      }
}

TEST_CASE("every agent refuses a setting that it does not know") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const std::string says =
        "the agent '" + id + "' has no setting 'no_such_setting'; it has: " + agents().info(id).options.front().key;
    try {
      agents().make(id, {{"no_such_setting", "1"}});
      FAIL_CHECK("taken");
    } catch (const UsageError& error) { CHECK(std::string(error.what()).starts_with(says)); }
  }
}
