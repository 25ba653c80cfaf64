#include "agents/learned/safeguarded.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/runner.h"
#include "env/landscapes/function.h"
#include "env/surface_env.h"

namespace rover {
namespace {

/// Gradient descent that grows wilder with each step.
class Wild final : public Agent {
 public:
  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
    rate_ = 0.1;
  }
  void act(const Observation& seen, Action& next) override {
    next.query.kind = Query::Kind::gradients;
    next.move.resize(seen.pose.size());
    for (std::size_t i = 0; i < next.move.size(); ++i) next.move[i] = -rate_ * seen.gradients[i];
    rate_ *= 1.5;
  }
  bool zeroth_order() const override { return false; }

 private:
  double rate_ = 0.1;
};

std::shared_ptr<const Landscape> bowl() {
  FunctionOptions options;
  options.gradient = [](Reals x, MutReals g) { g[0] = 2 * x[0], g[1] = 2 * x[1]; };
  return make_function([](Reals x) { return x[0] * x[0] + x[1] * x[1]; }, {{-100, -100}, {100, 100}}, options);
}

}  // namespace

TEST_CASE("bad steps are taken back to the best point, charged, and counted") {
  const auto landscape = bowl();
  const SurfaceEnvOptions how{.budget = 200, .start = {3, -4}};
  const auto wild_env = make_surface_env(landscape, how), safe_env = make_surface_env(landscape, how);
  Wild wild;
  Safeguarded safe(std::make_unique<Wild>(), {.patience = 1});
  std::vector<double> values;
  const EpisodeInfo bad = play(wild, *wild_env, 1, 40);
  const EpisodeInfo good =
      play(safe, *safe_env, 1, 40, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
        values.push_back(result.observation.values[0]);
      });
  CHECK(bad.look_value > 1e3);  // the box holds it
  CHECK(safe.fallbacks() > 3);
  CHECK(good.evaluations == bad.evaluations);
  CHECK(good.best_value <= bad.best_value);
  double best = values[0], radius = 0.3;
  for (std::size_t t = 0; t + 1 < values.size(); ++t) {
    best = std::min(best, values[t]);
    if (values[t] <= 2 * best + 0.05) continue;
    CHECK(values[t + 1] == doctest::Approx(std::pow(std::sqrt(best) - radius, 2)).epsilon(1e-9));  // along −∇f
    radius *= 0.7;
  }
}

TEST_CASE("a patient guard goes back after so many bad values in a row, or one that is far above the first") {
  const auto landscape = bowl();
  for (const SafeguardOptions& options :
       {SafeguardOptions{.limit = 1e12, .patience = 4}, SafeguardOptions{.limit = 3, .patience = 100}}) {
    const auto env = make_surface_env(landscape, {.budget = 200, .start = {3, -4}});
    Safeguarded safe(std::make_unique<Wild>(), options);
    std::vector<double> values;
    play(safe, *env, 1, 40, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
      values.push_back(result.observation.values[0]);
    });
    double best = values[0], radius = 0.3;
    std::uint64_t bad = 0, fallbacks = 0;
    for (std::size_t t = 0; t + 1 < values.size(); ++t) {
      best = std::min(best, values[t]);
      bad = values[t] > 2 * best + 0.05 ? bad + 1 : 0;
      if (bad < options.patience && values[t] <= options.limit * values[0] + 0.05) continue;
      CHECK(values[t + 1] == doctest::Approx(std::pow(std::sqrt(best) - radius, 2)).epsilon(1e-5));
      radius *= 0.7, bad = 0, ++fallbacks;
    }
    CHECK(fallbacks > 1);
    CHECK(fallbacks == safe.fallbacks());
  }
}

TEST_CASE("a guarded agent whose steps are good is the agent itself") {
  const auto landscape = bowl();
  std::vector<double> plain, guarded;
  for (const bool guard : {false, true}) {
    const auto env = make_surface_env(landscape, {.budget = 40, .start = {1, 2}});
    std::unique_ptr<Agent> agent = std::make_unique<Wild>();
    if (guard) agent = std::make_unique<Safeguarded>(std::move(agent), SafeguardOptions{});
    play(*agent, *env, 1, 4, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
      (guard ? guarded : plain).push_back(result.observation.values[0]);
    });
  }
  CHECK(plain == guarded);
  CHECK_THROWS_AS(Safeguarded(nullptr, {.shrink = 1}), UsageError);
}

}  // namespace rover
