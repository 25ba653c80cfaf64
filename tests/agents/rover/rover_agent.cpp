#include "agents/rover/rover_agent.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/rover/fit_net.h"
#include "agents/runner.h"
#include "env/analytic_heading.h"
#include "env/surface_env.h"
#include "tests/agents/rover/policies.h"
#include "tests/env/small_landscapes.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using testing::lively_policy;

// Every pose of the agent on one surface, the start first.
std::vector<double> walk(Agent& agent, const std::shared_ptr<const Landscape>& landscape, const std::vector<double>& start,
                         std::uint64_t steps) {
  SurfaceEnvOptions options;
  options.budget = 1000000, options.start = start;
  const auto env = make_surface_env(landscape, options);
  std::vector<double> poses;
  play(agent, *env, options.budget, 1, steps, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
    poses.insert(poses.end(), result.observation.pose.begin(), result.observation.pose.end());
  });
  return poses;
}

// A policy that never changes α and δ.
RoverModel standing_still() {
  auto policy = std::make_shared<RecurrentPolicy>(PolicyOptions{.hidden = 4}, 16, 4, 1);
  std::ranges::fill(policy->parameters().flat(), 0.f);
  return {std::make_shared<testing::Compass>(), policy, "grid", 4};
}

std::string register_error(const Settings& settings, const std::string& id = "rover") {
  return error_of([&] { agents().make(id, settings); });
}

}  // namespace

TEST_CASE("the deployed Rover makes the trajectory that its policy makes in the paper's POMDP, bit for bit") {
  struct Form {
    const char* observation;
    std::uint64_t n;
    const char* encoder;
    std::shared_ptr<const Heading> heading;
  };
  const Form forms[] = {
      {"grid", 8, "conv", make_analytic_heading("newton-fit")},
      {"features+context", 6, "dense", std::make_shared<FitNet>(FitNetOptions{.grid_size = 6, .hidden = 12, .robust = true}, 2)}};
  for (const Form& form : forms)
    for (const char* family : {"quadratic", "valley", "saddle", "plateau"}) {
      CAPTURE(family);
      CAPTURE(form.observation);
      constexpr std::size_t size = 5, horizon = 30;  // five instances in one batch there, one by one here
      StepControlOptions options;
      options.families = family, options.grid_size = form.n, options.observation = form.observation, options.horizon = horizon;
      const auto pool = std::make_shared<InstancePool>(make_pool({family}, size, 3, {}));
      const auto env = make_step_control(size, options, form.heading, Autoreset::disabled, pool);
      const PolicyOptions shape{.hidden = 10, .encoder = form.encoder, .channels1 = 3, .channels2 = 4};
      const auto policy = std::make_shared<RecurrentPolicy>(lively_policy(shape, env->observation_space().size(), form.n, 8));

      const double step_sizes[size] = {0.1, 0.5, 1, 2, 4}, resolutions[size] = {0.05, 0.2, 1, 0.5, 2};
      std::vector<std::size_t> instances;
      std::vector<double> logs_a, logs_d;
      for (std::size_t b = 0; b < size; ++b)
        instances.push_back(b), logs_a.push_back(std::log(step_sizes[b])), logs_d.push_back(std::log(resolutions[b]));
      BatchBuffer buffer(size, env->observation_space().size());
      env->reset_to(1, instances, logs_a, logs_d, buffer.view());
      RecurrentBatchPolicy player({policy.get()});
      player.reset(size, 1);
      std::vector<float> actions(2 * size);
      std::vector<std::vector<double>> trained(size);
      const auto remember = [&] {
        for (std::size_t b = 0; b < size; ++b) trained[b].insert(trained[b].end(), {env->info("x")[b], env->info("y")[b]});
      };
      remember();
      for (std::size_t t = 0; t < horizon; ++t) player.act(buffer.observations, actions), env->step(actions, buffer.view()), remember();

      for (std::size_t b = 0; b < size; ++b) {
        RoverOptions deployed;
        deployed.safeguard = false, deployed.step_size = step_sizes[b], deployed.resolution = resolutions[b];
        const auto agent = make_rover(deployed, {form.heading, policy, form.observation, form.n});
        const auto& instance = pool->instances[b];
        const auto poses = walk(*agent, instance.landscape, instance.start, horizon);
        CHECK(poses == trained[b]);
        CHECK(poses[2 * horizon] != poses[2 * horizon - 2]);
      }
    }
}

TEST_CASE("the model file walks as the model does") {
  const Scratch scratch;
  const auto heading = std::make_shared<FitNet>(FitNetOptions{.grid_size = 6, .hidden = 7}, 2);
  const RoverModel model{heading, std::make_shared<RecurrentPolicy>(lively_policy({.hidden = 5}, 7 + 36, 6, 1)), "grid+features", 6};
  Checkpoint out;
  model.save(out);
  out.write(scratch / "model.h5");
  const auto bowl = std::make_shared<testing::Bowl>();
  const auto poses = walk(*make_rover({}, model), bowl, {3, -2}, 12);
  CHECK(walk(*agents().make("rover", {{"from", (scratch / "model.h5").string()}}), bowl, {3, -2}, 12) == poses);
  CHECK(walk(*agents().make("rover", {{"from", scratch.folder().string()}}), bowl, {3, -2}, 12) == poses);  // the run's folder
  CHECK(walk(*agents().make("rover", {{"from", scratch.folder().string()}, {"safeguard", "false"}}), bowl, {3, -2}, 12) != poses);
  CHECK(walk(*agents().make("rover-random", {{"from", scratch.folder().string()}}), bowl, {3, -2}, 12) != poses);
}

TEST_CASE("the safeguard goes back to the best sample and halves step size and resolution") {
  RoverOptions options;
  options.patience = 3, options.step_size = 0.8, options.resolution = 0.5;
  const auto agent = make_rover(options, standing_still());
  const testing::Bowl bowl;
  Action action;
  agent->reset({2, &bowl.domain(), 1000}, 1, action);
  CHECK(action.query.grid_size == 4);
  CHECK(action.query.slices[0].resolution == doctest::Approx(0.5));
  std::vector<double> grid(16, 1.0);
  double pose[2] = {1, 2};
  const auto act = [&] {
    Observation seen;
    seen.pose = pose, seen.grids = grid;
    agent->act(seen, action);
    for (std::size_t k = 0; k < 2; ++k) pose[k] += action.move[k];
  };
  grid[4 * 3 + 0] = -1;  // the best: at (1 + 1.5 δ, 2 − 1.5 δ)
  act();
  CHECK(action.move[0] == doctest::Approx(-0.8));
  grid[4 * 3 + 0] = -0.5;  // lower than the rest, no new best
  act(), act();
  CHECK(pose[0] == doctest::Approx(1 - 3 * 0.8));
  CHECK(action.query.slices[0].resolution == doctest::Approx(0.5));
  act();  // the third look without a new best
  CHECK(pose[0] == doctest::Approx(1.75));
  CHECK(pose[1] == doctest::Approx(1.25));
  CHECK(action.query.slices[0].resolution == doctest::Approx(0.25));
  act();
  CHECK(action.move[0] == doctest::Approx(-0.4));
  act(), act();  // patience starts anew
  CHECK(pose[0] == doctest::Approx(1.75));
  CHECK(action.query.slices[0].resolution == doctest::Approx(0.125));
}

TEST_CASE("the first look spans the domain") {
  const auto agent = make_rover({}, standing_still());
  const testing::Bowl bowl;  // [−5, 5]²
  Action action;
  agent->reset({2, &bowl.domain(), 1000}, 1, action);
  CHECK(action.query.slices[0].resolution == doctest::Approx(1.2 * 10 / 4));
  std::vector<double> grid(16);
  const double pose[2] = {0, 0};
  Observation seen;
  seen.pose = pose, seen.grids = grid;
  agent->act(seen, action);
  CHECK(action.move[0] == doctest::Approx(-1.2 * 10 / 4));
}

TEST_CASE("the random Rover needs no model") {
  const auto bowl = std::make_shared<testing::Bowl>();
  SurfaceEnvOptions options;
  options.start = {4, 4}, options.budget = 3600;
  const auto env = make_surface_env(bowl, options);
  const auto agent = agents().make("rover-random");
  CHECK(play(*agent, *env, options.budget, 1, 1000).best_value < 0.01);  // f(x₀) = 80
}

TEST_CASE("the Rover says what it needs") {
  const testing::Bowl wide(10);
  Action action;
  CHECK_THROWS_WITH_AS(make_rover({}, standing_still())->reset({10, &wide.domain(), 1000}, 1, action),
                       "the rover walks in 2 dimensions, not 10", UsageError);
  CHECK(register_error({}) == "the rover needs a model: rover:RUN_FOLDER (rover train rover makes one)");
  CHECK(register_error({{"heading", "newton-fit"}}) == "a rover without a model has no learned policy: add policy=random");
  CHECK(register_error({{"heading", "newton-fit"}, {"policy", "randm"}}) ==
        "unknown policy 'randm'; did you mean 'random'? (learned or random)");
  CHECK(register_error({{"patience", "0"}}, "rover-random") == "the rover's safeguard needs patience ≥ 1");
  CHECK(register_error({{"window", "0"}}, "rover-random") == "the rover needs window > 0, step_size ≥ 0 and resolution ≥ 0");
  const Scratch scratch;
  const std::string missing = (scratch / "none.h5").string();
  CHECK(register_error({{"from", missing}}) == "cannot open '" + missing + "': no such file");
  CHECK(register_error({{"from", scratch.folder().string()}}) == "cannot open '" + (scratch / "model.h5").string() + "': no such file");
  Checkpoint other;
  other.put_text("model", "heading");
  other.write(scratch / "model.h5");
  CHECK(register_error({{"from", scratch.folder().string()}}) == "the checkpoint holds no Rover model");
  RoverModel wrong = standing_still();
  wrong.observation = "context";
  CHECK_THROWS_WITH_AS(make_rover({}, wrong), "the model's policy does not fit its observation", std::runtime_error);
}

}  // namespace rover
