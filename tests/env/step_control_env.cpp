#include "env/step_control_env.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "env/analytic_heading.h"
#include "tests/env/small_landscapes.h"

using namespace rover;
using namespace rover::testing;

namespace {

std::unique_ptr<StepControlEnv> on_bowl(const StepControlOptions& options,
                                        std::shared_ptr<const Heading> heading = std::make_shared<Compass>(),
                                        std::size_t size = 1, Autoreset autoreset = Autoreset::next_step) {
  return make_step_control(size, options, std::move(heading), autoreset, single(std::make_shared<Bowl>(), {4, 0}));
}

BatchBuffer buffer_for(const VectorEnv& env) { return {env.size(), env.observation_space().size()}; }

/// Resets with α = 1 and δ = ½.
void reset_plain(StepControlEnv& env, BatchBuffer& batch, std::uint64_t seed = 1) {
  const std::vector<StepControlEnv::Start> starts(env.size(), {0, 0.0, std::log(0.5)});
  env.reset_from(spread_seed(seed, env.size()), starts, batch.view());
}

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) { return error.what(); }
  return "";
}

/// Plays `steps` steps of fixed pseudo-random actions that depend on (t, b) alone; everything it saw, row by row.
std::vector<std::vector<float>> history(VectorEnv& env, std::uint64_t seed, std::size_t steps) {
  BatchBuffer batch = buffer_for(env);
  const std::size_t width = env.observation_space().size();
  std::vector<std::vector<float>> rows(env.size());
  const auto record = [&] {
    for (std::size_t b = 0; b < env.size(); ++b) {
      rows[b].insert(rows[b].end(), &batch.observations[b * width], &batch.observations[b * width] + width);
      rows[b].push_back(batch.rewards[b]);
      rows[b].push_back(batch.truncated[b]);
    }
  };
  env.reset(seed, batch.view());
  record();
  std::vector<float> actions(2 * env.size());
  for (std::size_t t = 0; t < steps; ++t) {
    for (std::size_t b = 0; b < env.size(); ++b) {
      RandomStream stream = make_stream(9, b * 1000 + t, "actions");
      actions[2 * b] = static_cast<float>(stream.uniform(-0.6, 1.1));
      actions[2 * b + 1] = static_cast<float>(stream.uniform(-0.6, 1.1));
    }
    env.step(actions, batch.view());
    record();
  }
  return rows;
}

}  // namespace

TEST_CASE("the grid is that of eq. (1) about θ, first index along x") {
  StepControlOptions options{.grid_size = 3};
  const auto env = on_bowl(options);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  // f = x² + 4y² at x ∈ {3.5, 4, 4.5}, y ∈ {−½, 0, ½}: lowest 12.25, highest 21.25
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b) {
      const double x = 3.5 + 0.5 * static_cast<double>(a), y = -0.5 + 0.5 * static_cast<double>(b);
      CHECK(batch.observations[3 * a + b] == doctest::Approx((x * x + 4 * y * y - 12.25) / 9));
    }
}

TEST_CASE("eq. (4): θ moves by the old α along the last look's direction, then α and δ change") {
  StepControlOptions options{.grid_size = 3};
  const auto env = on_bowl(options, std::make_shared<Compass>(-0.6f, 0.8f));
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  CHECK(env->info("value")[0] == 16);
  CHECK(env->info("regret")[0] == 1);
  env->step(std::vector<float>{1, -0.5f}, batch.view());
  CHECK(env->info("x")[0] == doctest::Approx(3.4));
  CHECK(env->info("y")[0] == doctest::Approx(0.8));
  CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(2.0)));
  CHECK(env->info("log_resolution")[0] == doctest::Approx(std::log(0.25)));
  CHECK(env->info("value")[0] == doctest::Approx(3.4 * 3.4 + 4 * 0.64));
  CHECK(env->info("distance")[0] == doctest::Approx(std::hypot(3.4, 0.8)));
  env->step(std::vector<float>{-0.25f, 0}, batch.view());  // now with α = 2
  CHECK(env->info("x")[0] == doctest::Approx(2.2));
  CHECK(env->info("y")[0] == doctest::Approx(2.4));
  CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(1.5)));
  CHECK(env->info("steps")[0] == 2);
  env->step(std::vector<float>{9, -9}, batch.view());  // clipped into [−0.5, 1]²
  CHECK(env->info("log_step_size")[0] == doctest::Approx(std::log(3.0)));
  CHECK(env->info("log_resolution")[0] == doctest::Approx(std::log(0.125)));
}

TEST_CASE("rewards (5), (6), (7) and the final one, by hand") {
  // θ: (4, 0) → (3, 0) → (2, 0) → (1, 0) with α = 1; f 16, 9, 4, 1; regret 1, 9/16, 1/4, 1/16
  const auto rewards = [](const std::string& reward) {
    StepControlOptions options{.grid_size = 3, .horizon = 3, .reward = reward, .reward_window = 2};
    const auto env = on_bowl(options);
    auto batch = buffer_for(*env);
    reset_plain(*env, batch);
    CHECK(batch.rewards[0] == 0);
    std::vector<float> out;
    for (int t = 0; t < 3; ++t) {
      env->step(std::vector<float>{0, 0}, batch.view());
      out.push_back(batch.rewards[0]);
      CHECK(batch.terminated[0] == 0);
      CHECK(batch.truncated[0] == (t == 2));
    }
    return out;
  };
  CHECK(rewards("5") == std::vector<float>{-9, -4, -1});
  CHECK(rewards("6") == std::vector<float>{-9.0f / 16, -1.0f / 4, -1.0f / 16});
  CHECK(rewards("final") == std::vector<float>{0, 0, -1});
  const auto windowed = rewards("7");
  CHECK(windowed[0] == doctest::Approx(-2 * 9.0 / (9 + 16)));
  CHECK(windowed[1] == doctest::Approx(-2 * 4.0 / (4 + 9)));
  CHECK(windowed[2] == doctest::Approx(-2 * 1.0 / (1 + 4)));
}

TEST_CASE("observation parts come in order, and privileged state stays apart") {
  StepControlOptions options{.grid_size = 3, .horizon = 10, .observation = "grid+context+features"};
  const auto env = on_bowl(options);
  REQUIRE(env->observation_space().size() == 9 + 6 + 2);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  env->step(std::vector<float>{1, -0.5f}, batch.view());
  const auto& seen = batch.observations;
  CHECK(seen[9] == doctest::Approx((std::log(2.0) - std::log(0.25) - std::log(1.5)) / 2));
  CHECK(seen[12] == 1);
  CHECK(seen[13] == -1);
  CHECK(seen[14] == doctest::Approx(0.4));  // ‖y‖ = 2
  CHECK(seen[15] == seen[0]);
  CHECK(seen[16] == seen[8]);
  const auto privileged = env->privileged();
  REQUIRE(privileged.size() == env->privileged_size());
  CHECK(privileged[0] == 1);
  CHECK(privileged[1] == doctest::Approx(std::log10(9.0 / 16) / 3));
  CHECK(privileged[2] == doctest::Approx(std::log(2.0) / 3));
  CHECK(privileged[3] == doctest::Approx(std::log(0.25) / 3));
  CHECK(privileged[4] == doctest::Approx(std::log(3.0) / 3));
  CHECK(privileged[5] == doctest::Approx(0.1));
}

TEST_CASE("the same seed gives the same bits; environment b does not depend on how many stand beside it") {
  StepControlOptions options{.grid_size = 4, .horizon = 5, .observation = "grid+context"};
  const auto heading = make_analytic_heading("newton-fit");
  for (const Autoreset autoreset : {Autoreset::next_step, Autoreset::same_step}) {
    const auto make = [&](std::size_t size) { return make_step_control(size, options, heading, autoreset, bowls()); };
    const auto eight = make(8), again = make(8), one = make(1), many = make(300);
    const auto rows = history(*eight, 3, 23);
    CHECK(rows == history(*again, 3, 23));
    CHECK(rows == history(*eight, 3, 23));
    CHECK(rows[0] == history(*one, 3, 23)[0]);
    CHECK(rows[7] == history(*many, 3, 23)[7]);
    CHECK(rows != history(*eight, 4, 23));
    CHECK(rows[0] != rows[1]);
  }
}

TEST_CASE("initial step sizes and resolutions fill their ranges; the window, not δ, is kept over n") {
  for (const std::uint64_t n : {8, 4}) {
    StepControlOptions options{.grid_size = n};
    const auto env = make_step_control(400, options, std::make_shared<Compass>(), Autoreset::next_step, bowls());
    auto batch = buffer_for(*env);
    env->reset(5, batch.view());
    const auto [alpha_low, alpha_high] = std::ranges::minmax(env->info("log_step_size"));
    const auto [delta_low, delta_high] = std::ranges::minmax(env->info("log_resolution"));
    const double shift = std::log(8.0 / static_cast<double>(n));
    CHECK(alpha_low >= std::log(0.05));
    CHECK(alpha_high <= std::log(5.0));
    CHECK(delta_low >= std::log(0.03) + shift);
    CHECK(delta_high <= std::log(3.0) + shift);
    CHECK(alpha_high - alpha_low > 0.95 * std::log(100.0));  // 400 uniform draws miss 2.5% at one end with chance e^−10
    CHECK(delta_high - delta_low > 0.95 * std::log(100.0));
  }
}

TEST_CASE("autoreset next-step: the step after the last resets, ignores its action and rewards 0") {
  StepControlOptions options{.grid_size = 3, .horizon = 2};
  const auto env = on_bowl(options, std::make_shared<Compass>(), 2);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  const std::vector<float> still(4, 0);
  env->step(still, batch.view());
  const std::vector<std::uint8_t> second = {0, 1};
  const auto first_row = std::vector<float>(batch.observations.begin(), batch.observations.begin() + 9);
  batch.rewards = {5, 5};
  env->reset({}, second, batch.view());  // now the rows are one step apart
  CHECK(std::vector<float>(batch.observations.begin(), batch.observations.begin() + 9) == first_row);
  CHECK(batch.rewards == std::vector<float>{5, 0});
  CHECK(env->info("steps")[1] == 0);

  env->step(still, batch.view());
  CHECK(batch.truncated == std::vector<std::uint8_t>{1, 0});
  CHECK(env->info("x")[0] == 2);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  env->step(std::vector<float>{nan, nan, 0, 0}, batch.view());
  CHECK(batch.truncated == std::vector<std::uint8_t>{0, 1});
  CHECK(batch.rewards[0] == 0);
  CHECK(env->info("x")[0] == 4);
  CHECK(env->info("steps")[0] == 0);
  env->step(still, batch.view());
  CHECK(batch.rewards[1] == 0);
  CHECK(env->info("steps")[0] == 1);
}

TEST_CASE("autoreset same-step: the last step already shows the next episode, the old end is kept apart") {
  StepControlOptions options{.grid_size = 3, .horizon = 1, .observation = "context"};
  const auto env = on_bowl(options, std::make_shared<Compass>(), 1, Autoreset::same_step);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  env->step(std::vector<float>{1, -0.5f}, batch.view());
  CHECK(batch.truncated[0] == 1);
  CHECK(batch.rewards[0] == doctest::Approx(-2 * 9.0 / 25));
  REQUIRE(env->final_observations().size() == 6);
  CHECK(env->final_observations()[3] == 1);  // the last action
  CHECK(batch.observations[3] == 0);         // a new episode has none
  CHECK(env->info("x")[0] == 4);
}

TEST_CASE("autoreset disabled: an ended row rests until the mask resets it") {
  StepControlOptions options{.grid_size = 3, .horizon = 1};
  const auto env = on_bowl(options, std::make_shared<Compass>(), 1, Autoreset::disabled);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  const std::vector<float> still(2, 0);
  env->step(still, batch.view());
  const auto last = batch.observations;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  env->step(std::vector<float>{nan, nan}, batch.view());
  CHECK(batch.rewards[0] == 0);
  CHECK(batch.truncated[0] == 1);
  CHECK(batch.observations == last);
  CHECK(env->info("x")[0] == 3);
  env->reset({}, std::vector<std::uint8_t>{1}, batch.view());
  CHECK(batch.truncated[0] == 0);
  env->step(still, batch.view());
  CHECK(batch.truncated[0] == 1);
}

TEST_CASE("an episode is the same from its seed in any row and batch, from the first or after others") {
  StepControlOptions options{.grid_size = 4, .horizon = 5, .observation = "grid+context"};
  const auto env = make_step_control(3, options, make_analytic_heading("newton-fit"), Autoreset::disabled, bowls());
  const auto alone = make_step_control(1, options, make_analytic_heading("newton-fit"), Autoreset::disabled, bowls());
  auto three = buffer_for(*env), one = buffer_for(*alone);
  env->reset(std::vector<std::uint64_t>{5, 6, 7}, {}, three.view());
  alone->reset(std::vector<std::uint64_t>{7}, {}, one.view());
  const std::size_t width = env->observation_space().size();
  CHECK(std::equal(one.observations.begin(), one.observations.end(), &three.observations[2 * width]));
  env->step(std::vector<float>(6, 0.3f), three.view());
  env->reset(std::vector<std::uint64_t>{7, 0, 0}, std::vector<std::uint8_t>{1, 0, 0}, three.view());
  CHECK(std::equal(one.observations.begin(), one.observations.end(), three.observations.begin()));
}

TEST_CASE("α and δ stay inside their bounds") {
  StepControlOptions options{.grid_size = 3, .horizon = 100};
  const auto env = on_bowl(options);
  auto batch = buffer_for(*env);
  reset_plain(*env, batch);
  for (int t = 0; t < 60; ++t) env->step(std::vector<float>{-0.5f, -0.5f}, batch.view());
  CHECK(env->info("log_step_size")[0] == log_step_size_low);
  CHECK(env->info("log_resolution")[0] == log_resolution_low);
  const std::uint64_t seed[] = {1};
  env->reset_from(seed, std::vector<StepControlEnv::Start>{{0, 80, 80}}, batch.view());
  CHECK(env->info("log_step_size")[0] == log_step_size_high);
  CHECK(env->info("log_resolution")[0] == log_resolution_high);
}

TEST_CASE("misuse is refused in one sentence") {
  const StepControlOptions plain{.grid_size = 3};
  const auto env = on_bowl(plain);
  auto batch = buffer_for(*env);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(env->step(std::vector<float>{0, 0}, batch.view()), std::logic_error);
  CHECK_THROWS_AS(env->reset({}, {}, batch.view()), std::logic_error);
  reset_plain(*env, batch);
  CHECK(message([&] { env->step(std::vector<float>{0, nan}, batch.view()); }) == "the action of environment 0 is nan");
  CHECK(env->info("steps")[0] == 0);
  CHECK_THROWS_AS(env->step(std::vector<float>{0}, batch.view()), std::invalid_argument);
  CHECK_THROWS_AS(env->info("regert"), std::invalid_argument);
  BatchBuffer narrow(1, 2);
  CHECK_THROWS_AS(env->reset(1, narrow.view()), std::invalid_argument);
  const std::uint64_t seed[] = {1};
  const auto from = [&](StepControlEnv::Start start) {
    return message([&] { env->reset_from(seed, std::vector<StepControlEnv::Start>{start}, batch.view()); });
  };
  CHECK(from({7, 0, 0}) == "the pool has no instance 7: it holds 1");
  CHECK(from({0, nan, 0}) == "an initial log step size or log resolution is nan");
  CHECK(message([&] { env->reset(std::vector<std::uint64_t>(2), {}, batch.view()); }) ==
        "seeds need one entry for each of 1 environments, not 2");

  CHECK_THROWS_AS(make_step_control(1, plain, nullptr), std::invalid_argument);
  const auto compass = std::make_shared<Compass>();
  const auto refused = [&](StepControlOptions options, std::shared_ptr<const Heading> heading) {
    CHECK_THROWS_AS(on_bowl(options, std::move(heading)), UsageError);
  };
  refused({.grid_size = 2}, compass);
  refused({.horizon = 0}, compass);
  refused({.observation = "gird"}, compass);
  refused({.observation = ""}, compass);
  refused({.observation = "features"}, make_analytic_heading("newton-fit"));
  refused({.reward = "8"}, compass);
  refused({.reward_window = 17}, compass);
  refused({.step_size_low = 0}, compass);
  refused({.resolution_low = 4}, compass);
  CHECK(message([&] {
          make_step_control(1, plain, compass, Autoreset::next_step, single(std::make_shared<Bowl>(3), {1, 1, 1}));
        }) == "the step-control environment needs two-dimensional surfaces; 'bowl' has 3 dimensions");
}

TEST_CASE("a surface that returns nan stops the run and says where") {
  StepControlOptions options{.grid_size = 3};
  const auto env = make_step_control(1, options, std::make_shared<Compass>(1.0f, 0.0f), Autoreset::next_step,
                                     single(std::make_shared<Hole>(), {0, 0}));
  auto batch = buffer_for(*env);
  const std::uint64_t seed[] = {1};
  const auto from = [&](double step_size) {
    const std::vector<StepControlEnv::Start> start{{0, std::log(step_size), std::log(0.5)}};
    env->reset_from(seed, start, batch.view());
  };
  from(2.75);
  CHECK(message([&] {
          env->step(std::vector<float>{0, 0}, batch.view());
        }) == "the landscape 'hole' returned nan at (3.25, -0.5)");
  from(4);
  CHECK(message([&] {
          env->step(std::vector<float>{0, 0}, batch.view());
        }) == "the landscape 'hole' returned nan at (4, 0)");
}
