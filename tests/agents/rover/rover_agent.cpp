#include "agents/rover/rover_agent.h"

#include <doctest/doctest.h>

#include <numeric>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "agents/rover/fit_net.h"
#include "agents/runner.h"
#include "env/analytic_heading.h"
#include "env/landscapes/extended.h"
#include "env/step_control_env.h"
#include "env/surface_env.h"
#include "env/walk_env.h"
#include "tests/agents/nn/policies.h"
#include "tests/agents/search/steering_policy.h"
#include "tests/env/small_landscapes.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using testing::lively_policy;

// Every pose of the agent on one surface, the start first.
std::vector<double> walk(Agent& agent, const std::shared_ptr<const Landscape>& landscape,
                         const std::vector<double>& start, std::uint64_t steps) {
  SurfaceEnvOptions options;
  options.budget = 1000000, options.start = start;
  const auto env = make_surface_env(landscape, options);
  std::vector<double> poses;
  play(agent, *env, 1, steps, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
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
  const Form forms[] = {{"grid", 8, "conv", make_analytic_heading("newton-fit")},
                        {"features+context", 6, "dense",
                         std::make_shared<FitNet>(FitNetOptions{.grid_size = 6, .hidden = 12, .robust = true}, 2)}};
  for (const Form& form : forms)
    for (const char* family : {"quadratic", "valley", "saddle", "plateau"}) {
      CAPTURE(family);
      CAPTURE(form.observation);
      constexpr std::size_t size = 5, horizon = 30;  // five instances in one batch there, one by one here
      StepControlOptions options;
      options.families = family, options.grid_size = form.n, options.observation = form.observation,
      options.horizon = horizon;
      const auto pool = std::make_shared<InstancePool>(make_pool({family}, size, 3, {}));
      const auto env = make_step_control(size, options, form.heading, Autoreset::disabled, pool);
      const PolicyOptions shape{.hidden = 10, .encoder = form.encoder, .channels1 = 3, .channels2 = 4};
      const auto policy =
          std::make_shared<RecurrentPolicy>(lively_policy(shape, env->observation_space().size(), form.n, 8));

      const double step_sizes[size] = {0.1, 0.5, 1, 2, 4}, resolutions[size] = {0.05, 0.2, 1, 0.5, 2};
      std::vector<StepControlEnv::Start> starts;
      for (std::size_t b = 0; b < size; ++b) starts.push_back({b, std::log(step_sizes[b]), std::log(resolutions[b])});
      RecurrentBatchPolicy player({policy.get()});
      std::vector<std::vector<double>> trained(size);
      Rollout played(*env);
      const auto seeds = spread_seed(1, size);
      rollout_from([&](Batch out) { env->reset_from(seeds, starts, out); }, player, *env, seeds, played,
                   [&](std::size_t, const Rollout&) {
                     for (std::size_t b = 0; b < size; ++b)
                       trained[b].insert(trained[b].end(), {env->info("x")[b], env->info("y")[b]});
                   });

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

TEST_CASE("… and in the walk with safeguard and new beginnings, bit for bit") {
  constexpr std::size_t size = 8;
  WalkEnvOptions options;
  options.horizon = 150, options.targets = "1e-300";  // so that no walk ends early
  const auto heading = std::make_shared<FitNet>(FitNetOptions{.grid_size = 6, .hidden = 12, .robust = true}, 2);
  const auto pool = std::make_shared<const InstancePool>(make_walk_pool(size, 9));
  const auto env = make_walk_env(size, options, heading, Autoreset::disabled, pool);
  const auto policy =
      std::make_shared<RecurrentPolicy>(lively_policy({.hidden = 10}, env->observation_space().size(), 6, 8));
  for (float& bias : policy->parameters().flat().last(2)) bias = -0.5f;  // it shrinks its window, and converges
  RecurrentBatchPolicy player({policy.get()});
  std::vector<std::size_t> instances(size);
  std::iota(instances.begin(), instances.end(), std::size_t{0});
  std::vector<std::vector<double>> trained(size);
  Rollout played(*env);
  const auto seeds = spread_seed(4, size);
  std::size_t beginnings = 0;
  rollout_from([&](Batch out) { env->reset_from(seeds, instances, out); }, player, *env, seeds, played,
               [&](std::size_t t, const Rollout&) {
                 for (std::size_t b = 0; b < size; ++b) {
                   const double resolution = env->info("log_resolution")[b];
                   beginnings += t > 0 && resolution > trained[b].back() + 1;
                   trained[b].insert(trained[b].end(), {env->info("value")[b], resolution});
                 }
               });
  CHECK(beginnings > 0);
  for (std::size_t b = 0; b < size; ++b) {
    const auto agent = make_rover({}, {heading, policy, options.observation, 6, true});
    const auto& instance = pool->instances[b];
    const std::uint64_t budget = (options.horizon + 1) * 36;
    const auto surface =
        make_surface_env(instance.landscape, {.budget = budget, .clamp = true, .start = instance.start});
    std::vector<double> walked;
    play(*agent, *surface, seeds[b], options.horizon,
         [&](const Action& action, const StepResult&, const EpisodeInfo& info) {
           walked.insert(walked.end(), {info.best_value, std::log(action.query.slices[0].resolution)});
         });
    REQUIRE(walked.size() == trained[b].size());
    for (std::size_t k = 0; k < walked.size(); k += 2) {
      CHECK(walked[k] == trained[b][k]);
      CHECK(walked[k + 1] == doctest::Approx(trained[b][k + 1]).epsilon(1e-12));  // the query holds exp of it
    }
  }
}

TEST_CASE("the model file walks as the model does") {
  const Scratch scratch;
  const auto heading = std::make_shared<FitNet>(FitNetOptions{.grid_size = 6, .hidden = 7}, 2);
  const RoverModel model{heading, std::make_shared<RecurrentPolicy>(lively_policy({.hidden = 5}, 7 + 36, 6, 1)),
                         "grid+features", 6};
  Checkpoint out;
  model.save(out);
  out.write(scratch / "model.h5");
  const auto bowl = std::make_shared<testing::Bowl>();
  const auto poses = walk(*make_rover({}, model), bowl, {3, -2}, 12);
  CHECK(walk(*agents().make("rover", {{"from", (scratch / "model.h5").string()}}), bowl, {3, -2}, 12) == poses);
  CHECK(walk(*agents().make("rover", {{"from", scratch.folder().string()}}), bowl, {3, -2}, 12) ==
        poses);  // the run's folder
  CHECK(walk(*agents().make("rover", {{"from", scratch.folder().string()}, {"safeguard", "false"}}), bowl, {3, -2},
             12) != poses);
  CHECK(walk(*agents().make("rover", {{"from", scratch.folder().string()}, {"policy", "random"}}), bowl, {3, -2}, 12) !=
        poses);
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

TEST_CASE("a walk that has converged begins anew at a random place, if it may") {
  for (const bool restart : {true, false}) {
    CAPTURE(restart);
    RoverOptions options;
    options.patience = 1, options.step_size = 0.8, options.resolution = 0.5, options.restart = restart;
    const auto agent = make_rover(options, standing_still());
    const testing::Bowl bowl;  // [−5, 5]²
    Action action;
    agent->reset({2, &bowl.domain(), 100'000}, 1, action);
    double pose[2] = {1, 2};
    const std::vector<double> grid(16, 1.0);
    std::size_t looks = 0, begun = 0;
    for (; looks < 60; ++looks) {
      Observation seen;
      seen.pose = pose, seen.grids = grid, seen.budget = 100'000;
      agent->act(seen, action);
      for (std::size_t k = 0; k < 2; ++k) pose[k] += action.move[k];
      if (looks > 0 && action.query.slices[0].resolution == doctest::Approx(0.5)) begun = begun ? begun : looks;
    }
    // 0.5 · 2^-17 < 1e-5 · 0.5: seventeen times halved; the next look without a new best, the eighteenth, begins anew.
    CHECK(begun == (restart ? 18 : 0));
    if (restart) CHECK((std::abs(pose[0]) <= 5.1 && std::abs(pose[1]) <= 5.1));
  }
}

TEST_CASE("in more dimensions it begins anew where all planes of a step have converged") {
  RoverOptions options;
  options.patience = 1, options.step_size = 0.8, options.resolution = 0.5, options.line_search = 0;
  options.pairs = "all";
  const auto agent = make_rover(options, standing_still());
  const Box box{{-5, -5, -5}, {5, 5, 5}};
  Action action;
  agent->reset({3, &box, 1'000'000}, 1, action);
  double pose[3] = {1, 2, 3};
  const std::vector<double> grids(3 * 16, 1.0);
  std::size_t begun = 0;
  for (std::size_t looks = 0; looks < 40 && begun == 0; ++looks) {
    Observation seen;
    seen.pose = pose, seen.grids = grids, seen.budget = 1'000'000;
    agent->act(seen, action);
    for (std::size_t k = 0; k < 3; ++k) pose[k] += action.move[k];
    if (looks > 0 && action.query.slices[0].resolution == doctest::Approx(0.5)) begun = looks;
  }
  CHECK(begun == 18);  // as in the plane
  CHECK(action.query.slices.size() == 3);
  for (const auto& slice : action.query.slices) CHECK(slice.resolution == doctest::Approx(0.5));
  for (const double x : pose) CHECK(std::abs(x) <= 5);
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

TEST_CASE("in d > 2 all slices of a step are one query, and the updates combine by eq. (8)") {
  RoverOptions options;
  options.pairs = "all", options.line_search = 0, options.step_size = 0.8, options.resolution = 0.5,
  options.safeguard = false;
  const auto agent = make_rover(options, standing_still());
  const testing::Bowl bowl(3);
  Action action;
  agent->reset({3, &bowl.domain(), 100000}, 1, action);
  CHECK(action.query.kind == Query::Kind::slices);
  REQUIRE(action.query.slices.size() == 3);
  std::vector<double> grids(3 * 16), pose{1, 2, 3};
  bowl.slices(pose, action.query.slices, 4, grids, nullptr);
  Observation seen;
  seen.pose = pose, seen.grids = grids, seen.evaluations = 48, seen.budget = 100000;
  agent->act(seen, action);
  // Each pair moves its first coordinate by −α: coordinate 0 in both its pairs, 1 in one of two, 2 in none.
  CHECK(action.move[0] == doctest::Approx(-0.8));
  CHECK(action.move[1] == doctest::Approx(-0.4));
  CHECK(action.move[2] == 0);
  CHECK(action.ends_iteration);
}

TEST_CASE("the line search looks along the combined step inside the domain and goes to the lowest") {
  RoverOptions options;
  options.pairs = "all", options.line_search = 4, options.step_size = 0.8, options.resolution = 0.01;
  const auto agent = make_rover(options, standing_still());
  const testing::Bowl bowl(3);  // [−5, 5]³
  Action action;
  agent->reset({3, &bowl.domain(), 100000}, 1, action);
  const std::vector<double> pose{1, 2, 3};
  std::vector<double> grids(3 * 16);
  bowl.slices(pose, action.query.slices, 4, grids, nullptr);
  Observation seen;
  seen.pose = pose, seen.grids = grids, seen.evaluations = 48, seen.budget = 100000;
  agent->act(seen, action);
  CHECK_FALSE(action.ends_iteration);
  CHECK(action.move.empty());
  CHECK(action.query.kind == Query::Kind::values);
  REQUIRE(action.query.points.size() == 5 * 3);
  const double factors[] = {0, 1. / 64, 1. / 8, 1, 8};
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(action.query.points[3 * k] == doctest::Approx(std::max(1 - 0.8 * factors[k], -5.0)));
    CHECK(action.query.points[3 * k + 1] == doctest::Approx(2 - 0.4 * factors[k]));
    CHECK(action.query.points[3 * k + 2] == 3);
  }
  std::vector<double> values(5);
  bowl.values(action.query.points, values, nullptr);
  CHECK(values[3] == *std::ranges::min_element(values));
  Observation along;
  along.pose = pose, along.values = values, along.evaluations = 53, along.budget = 100000;
  agent->act(along, action);
  CHECK(action.ends_iteration);
  CHECK(action.move[0] == doctest::Approx(-0.8));
  CHECK(action.move[1] == doctest::Approx(-0.4));
  CHECK(action.query.kind == Query::Kind::slices);
  CHECK(action.query.points.empty());

  // Nothing lower along the step: on from the best sample of the slices, or, without recentring, from where it stands.
  for (const bool recentre : {true, false}) {
    options.recentre = recentre;
    const auto stuck = make_rover(options, standing_still());
    stuck->reset({3, &bowl.domain(), 100000}, 1, action);
    stuck->act(seen, action);
    const std::vector<double> uphill{150, 151, 152, 153, 154};
    along.values = uphill;
    stuck->act(along, action);
    const double reach = recentre ? 1.5 * 0.01 : 0;  // f falls fastest towards −x₁ and −x₂: the corner of their slice
    CHECK(action.move[0] == doctest::Approx(0));
    CHECK(action.move[1] == doctest::Approx(-reach));
    CHECK(action.move[2] == doctest::Approx(-reach));
  }
}

TEST_CASE("the safeguard in d > 2 halves step size and resolution of the pairs just seen") {
  RoverOptions options;
  options.pairs = "all", options.patience = 2, options.step_size = 0.8, options.resolution = 0.5;
  const auto agent = make_rover(options, standing_still());
  const testing::Bowl bowl(3);
  Action action;
  agent->reset({3, &bowl.domain(), 100000}, 1, action);
  std::vector<double> pose{1, 2, 3};
  const std::vector<double> flat(3 * 16, 60.0);
  std::vector<double> first = flat;
  first[16 + 3] = 10;  // the second slice, coordinates 0 and 2: (1 − 1.5 δ, 2, 3 + 1.5 δ)
  const auto act = [&](const std::vector<double>& grids, double along) {
    Observation seen;
    seen.pose = pose, seen.grids = grids, seen.evaluations = 100, seen.budget = 100000;
    agent->act(seen, action);
    if (action.query.kind == Query::Kind::values) {
      const std::vector<double> values(11, along);
      seen.grids = {}, seen.values = values;
      agent->act(seen, action);
    }
    for (std::size_t k = 0; k < 3; ++k) pose[k] += action.move[k];
  };
  act(first, 70);
  CHECK(pose == std::vector<double>{0.25, 2, 3.75});
  act(flat, 70);
  CHECK(action.query.slices[0].resolution == doctest::Approx(0.5));
  act(flat, 70);
  CHECK(pose == std::vector<double>{0.25, 2, 3.75});
  for (const Slice& slice : action.query.slices) CHECK(slice.resolution == doctest::Approx(0.25));
}

TEST_CASE("in d > 2 a look shrinks to what the budget pays, the line search included") {
  const auto bowl = std::make_shared<testing::Bowl>(50);
  SurfaceEnvOptions options;
  options.budget = 300, options.start = std::vector<double>(50, 4.0);
  const auto env = make_surface_env(bowl, options);
  const auto agent = make_rover({}, standing_still());
  std::vector<std::size_t> slices;
  const EpisodeInfo info =
      play(*agent, *env, 1, 100, [&](const Action& action, const StepResult& result, const EpisodeInfo&) {
        if (!result.truncated) slices.push_back(action.query.slices.size());
      });
  CHECK(slices == std::vector<std::size_t>{18, 0});  // (300 − 11) / 16
  CHECK(info.evaluations == 299);
}

TEST_CASE(
    "a fitted heading, a random policy, matchings and the line search solve a bowl in 20 dimensions, the same bits "
    "every time") {
  const auto bowl = std::make_shared<testing::Bowl>(20);  // condition 400
  const std::vector<double> start(20, 4.0);
  const auto walked = [&](const Settings& more) {
    Settings settings{{"heading", "newton-fit"}, {"policy", "random"}};
    settings.insert(more.begin(), more.end());
    const auto agent = agents().make("rover", settings);
    const auto poses = walk(*agent, bowl, start, 60);
    CHECK(poses == walk(*agent, bowl, start, 60));
    return poses;
  };
  const auto regret = [&](const std::vector<double>& poses) {
    return bowl->value(Reals(poses).last(20)) / bowl->value(start);
  };
  for (const char* pairs : {"matching", "adaptive", "per-dimension"}) {
    CAPTURE(pairs);
    CHECK(regret(walked({{"pairs", pairs}})) < 0.02);
  }
}

TEST_CASE("two ids, two algorithms: a model of the other one and spellings of before are refused in one sentence") {
  const Scratch scratch;
  const auto write = [&](const auto& model, const char* name) {
    Checkpoint out;
    model.save(out);
    out.write(scratch / name);
    return (scratch / name).string();
  };
  RoverModel paper = standing_still();
  paper.heading = make_analytic_heading("newton-fit");
  const std::string run = write(paper, "paper.h5");
  const std::string steering = write(test::steering_policy(), "steering.h5");

  const testing::Bowl bowl;
  Action action;
  agents().make("rover", {{"from", run}})->reset({2, &bowl.domain(), 1000}, 1, action);
  CHECK(action.query.kind == Query::Kind::slices);
  agents().make("rover-search", {{"from", steering}})->reset({2, &bowl.domain(), 1000}, 1, action);
  CHECK(action.query.kind == Query::Kind::values);

  CHECK(
      register_error({{"from", steering}}) ==
      "'" + steering +
          "' holds a policy for Rover/Search-v0, not the paper's Rover; one for Rover/Search-v0 steers rover-search:" +
          steering);
  CHECK(register_error({{"from", run}}, "rover-search") ==
        "'" + run + "' holds the paper's Rover: it is for the agent rover, rover:" + run);
  CHECK(register_error({{"mode", "per-evaluation"}}).find("'rover-search' counts its evaluations") !=
        std::string::npos);
  CHECK(register_error({{"search.tries", "1"}}) ==
        "settings search.KEY belong to the agent 'rover-search' and are called KEY there: rover-search:batch=4");
  CHECK(register_error({{"search.tries", "1"}}, "rover-search") ==
        "settings of 'rover-search' are called KEY, no longer search.KEY: rover-search:batch=4");
  CHECK(register_error({}, "rover-random") ==
        "the agent 'rover-random' is now a setting: rover:policy=random for the paper's Rover, "
        "rover-search:control=random for the search");
  CHECK(register_error({{"window", "1"}}, "rover-search").starts_with("the agent 'rover-search' has no setting"));
}

TEST_CASE("the Rover says what it needs") {
  const testing::Bowl narrow(1);
  Action action;
  CHECK_THROWS_WITH_AS(make_rover({}, standing_still())->reset({1, &narrow.domain(), 1000}, 1, action),
                       "the rover walks in two dimensions or more, not in 1", UsageError);
  CHECK(register_error({{"heading", "newton-fit"}}) ==
        "a rover without a model has no learned policy: add policy=random");
  CHECK(register_error({{"heading", "newton-fit"}, {"policy", "randm"}}) ==
        "unknown policy 'randm'; did you mean 'random'? (learned or random)");
  CHECK(register_error({{"patience", "0"}}) == "patience=0 is out of range: at least 1, at most 1e6");
  CHECK(register_error({{"window", "0"}}) == "window=0 is out of range: above 0, at most 1e6");
  CHECK(register_error({{"line_search", "-2"}}) == "line_search=-2 is out of range: at least -1, at most 1000");
  const Scratch scratch;
  const std::string missing = (scratch / "none.h5").string();
  CHECK(register_error({{"from", missing}}) == "cannot open '" + missing + "': no such file");
  CHECK(register_error({{"from", scratch.folder().string()}}) ==
        "cannot open '" + (scratch / "model.h5").string() + "': no such file");
  Checkpoint other;
  other.put_text("model", "heading");
  other.write(scratch / "model.h5");
  CHECK(register_error({{"from", scratch.folder().string()}}) ==
        "'" + (scratch / "model.h5").string() + "' holds no Rover model");
  RoverModel wrong = standing_still();
  wrong.observation = "context";
  CHECK_THROWS_WITH_AS(make_rover({}, wrong), "the model's policy does not fit its observation", std::runtime_error);
}

}  // namespace rover
