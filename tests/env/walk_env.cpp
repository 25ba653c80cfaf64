#include "env/walk_env.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "env/analytic_heading.h"
#include "env/check_env.h"
#include "env/landscapes/extended.h"
#include "tests/env/small_landscapes.h"

namespace rover {
namespace {

WalkEnvOptions small() {
  WalkEnvOptions options;
  options.horizon = 12, options.grid_size = 4, options.observation = "grid+context", options.patience = 2;
  return options;
}

std::shared_ptr<const InstancePool> surfaces() {
  static const auto pool = std::make_shared<const InstancePool>(make_walk_pool(12, 5));
  return pool;
}

}  // namespace

TEST_CASE("the walk keeps the contract of environments") {
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    CHECK(check_env(*make_walk_env(5, small(), make_analytic_heading("newton-fit"), mode, surfaces())) ==
          std::vector<std::string>{});
}

TEST_CASE("by hand: the first look spans the window, looks clock the reward, and the safeguard halves α and δ") {
  WalkEnvOptions options = small();
  options.grid_size = 5, options.targets = "0.9,1e-9";
  // On the bowl x² + 4y² in [−5, 5]², always along +x: away from the optimum once it was passed.
  const auto env = make_walk_env(1, options, std::make_shared<testing::Compass>(1.f, 0.f), Autoreset::disabled,
                                 testing::single(std::make_shared<testing::Bowl>(), {2.5, 1}));
  BatchBuffer buffer(1, env->observation_space().size());
  const std::uint64_t seeds[] = {7};
  env->reset(seeds, {}, buffer.view());
  CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(1.2 * 10 / 4)));
  CHECK(env->info("log_resolution")[0] == doctest::Approx(std::log(1.2 * 10 / 5)));
  // The window of 9.6 is cut by the box: samples at x = −2.3, .1, 2.5, 4.9, 5 and y = −3.8, −1.4, 1, 3.4, 5.
  CHECK(env->info("value")[0] == doctest::Approx(0.01 + 4));
  CHECK(env->info("reached_1")[0] == 1);
  CHECK(std::isnan(env->info("reached_2")[0]));
  const float still[] = {0, 0};
  double sum = 0;
  for (int t = 1; t <= 2; ++t) {
    env->step(still, buffer.view());
    sum += buffer.rewards[0];
    CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(3.0)));
  }
  // Two looks without a new best: the third step goes back, whatever the action says.
  const float grow[] = {1, 1};
  env->step(grow, buffer.view());
  sum += buffer.rewards[0];
  CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(1.5)));
  CHECK(env->info("log_resolution")[0] == doctest::Approx(std::log(1.2)));
  CHECK(sum == doctest::Approx(-std::log(4.0) / 2));
  for (int t = 4; t <= 12; ++t) {
    CHECK(!buffer.truncated[0]);
    env->step(still, buffer.view());
    sum += buffer.rewards[0];
  }
  CHECK(buffer.truncated[0]);
  CHECK(!buffer.terminated[0]);
  CHECK(sum == doctest::Approx(-std::log(3.0 * 12) / 2));
}

TEST_CASE("a third of the surfaces are curved, and nothing in their boxes lies below their optima") {
  const InstancePool pool = make_walk_pool(42, 3, 2), again = make_walk_pool(9, 3);
  CHECK(pool.families.size() == 8);
  std::set<std::uint32_t> families;
  for (std::size_t k = 0; k < pool.instances.size(); ++k) {
    const auto& instance = pool.instances[k];
    CHECK((instance.family == 7) == (k % 3 == 0));
    CHECK(instance.landscape->name() == pool.families[instance.family]);
    families.insert(instance.family);
    if (k < again.instances.size()) CHECK(again.instances[k].start == instance.start);
    const Box& box = instance.landscape->domain();
    RandomStream stream = make_stream(1, k, "probe");
    for (int probe = 0; probe < 200; ++probe) {
      const double at[] = {stream.uniform(box.low[0], box.high[0]), stream.uniform(box.low[1], box.high[1])};
      CHECK(instance.landscape->value(at) >= instance.optimum_value);
    }
  }
  CHECK(families.size() == 8);
}

TEST_CASE("the walk says what does not fit") {
  const auto heading = make_analytic_heading("newton-fit");
  const auto made_with = [&](auto change) {
    WalkEnvOptions options = small();
    change(options);
    return make_walk_env(1, options, heading, Autoreset::disabled, surfaces());
  };
  CHECK_THROWS_AS(made_with([](auto& o) { o.grid_size = 2; }), UsageError);
  CHECK_THROWS_AS(made_with([](auto& o) { o.patience = 0; }), UsageError);
  CHECK_THROWS_AS(made_with([](auto& o) { o.targets = "2"; }), UsageError);
  CHECK_THROWS_AS(made_with([](auto& o) { o.window = 0; }), UsageError);
  CHECK_THROWS_AS(make_walk_env(1, small(), nullptr), std::invalid_argument);
  const auto env = made_with([](auto&) {});
  BatchBuffer buffer(1, env->observation_space().size());
  const std::uint64_t seeds[] = {1};
  const std::size_t far[] = {12};
  CHECK_THROWS_AS(env->reset_from(seeds, far, buffer.view()), std::invalid_argument);
}

}  // namespace rover
