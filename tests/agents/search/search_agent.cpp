#include "agents/search/search_agent.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/runner.h"
#include "agents/search/learned_controller.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

// What an episode asked for and found.
struct Episode {
  EpisodeInfo info;
  std::vector<double> poses, queries;
  std::uint64_t looks = 0;
};

Episode play_on(const std::string& landscape, Agent& agent, std::uint64_t budget, std::uint64_t seed,
                const Settings& settings = {}) {
  SurfaceEnvOptions options;
  options.budget = budget, options.clamp = true;
  const auto env = make_surface_env(landscapes().make(landscape, settings), options);
  Episode out;
  out.info = play(agent, *env, seed, 1000000, [&](const Action& action, const StepResult& result, const EpisodeInfo&) {
    ++out.looks;
    out.poses.insert(out.poses.end(), result.observation.pose.begin(), result.observation.pose.end());
    out.queries.insert(out.queries.end(), action.query.points.begin(), action.query.points.end());
  });
  return out;
}

}  // namespace

TEST_CASE("rover-search solves Rosenbrock within 200 evaluations and keeps the budget to the last one") {
  const auto agent = make_search_agent({});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Episode episode = play_on("rosenbrock", *agent, 200, seed);
    CHECK(episode.info.best_value < 1e-3);
    CHECK(episode.info.evaluations == 200);
    CHECK(episode.info.iterations > 10);
    CHECK(episode.info.iterations <= episode.looks);
  }
}

TEST_CASE("it looks inside the domain alone, and stands at its best point") {
  const auto agent = make_search_agent({});
  const auto landscape = landscapes().make("mccormick", {});  // a box that is no square
  const Box& box = landscape->domain();
  const Episode episode = play_on("mccormick", *agent, 300, 3);
  for (std::size_t k = 0; k < episode.queries.size(); ++k) {
    CHECK(episode.queries[k] >= box.low[k % 2]);
    CHECK(episode.queries[k] <= box.high[k % 2]);
  }
  const double* last = episode.poses.data() + episode.poses.size() - 2;
  CHECK(last[0] == doctest::Approx(-0.54719).epsilon(1e-4));
  CHECK(last[1] == doctest::Approx(-1.54719).epsilon(1e-4));
}

TEST_CASE("one agent plays an episode like a fresh one") {
  const auto used = make_search_agent({}), fresh = make_search_agent({});
  play_on("ackley", *used, 150, 1);
  play_on("rosenbrock", *used, 150, 1, {{"dimension", "5"}});
  CHECK(play_on("beale", *used, 400, 2).poses == play_on("beale", *fresh, 400, 2).poses);
}

TEST_CASE("more dimensions are searched by slices, with every evaluation counted") {
  const auto agent = make_search_agent({});
  for (const char* d : {"3", "10"}) {
    const Episode episode = play_on("quadratic", *agent, 1500, 1, {{"dimension", d}});
    CHECK(episode.info.evaluations == 1500);
    CHECK(episode.info.best_value < 1e-3);
  }
}

TEST_CASE("a controller steers it; control=random does so at random") {
  struct Rule final : SearchController {
    std::uint64_t seed = 0, decisions_made = 0;
    void reset(std::uint64_t s) override { seed = s; }
    void decide(std::span<const float> seen, std::span<float> u) override {
      CHECK(seen.size() == features);
      CHECK(u.size() == decisions);
      ++decisions_made;
      std::ranges::fill(u, 0.f);
    }
  };
  const auto rule = std::make_shared<Rule>();
  const auto steered = make_search_agent({}, rule), plain = make_search_agent({});
  const auto poses = play_on("beale", *steered, 300, 4).poses;
  CHECK(poses == play_on("beale", *plain, 300, 4).poses);
  CHECK(rule->seed == 4);
  CHECK(rule->decisions_made > 20);

  const auto random = agents().make("rover-search", {{"control", "random"}});
  CHECK(play_on("beale", *random, 300, 4).poses != poses);
  CHECK(play_on("beale", *random, 300, 4).poses == play_on("beale", *random, 300, 4).poses);
}

TEST_CASE("a learned controller steers the search that `from` names; settings change it, control replaces it") {
  const PolicyShape shape{SearchController::features, 0, SearchController::decisions, ActionMap::direct};
  RecurrentPolicy policy({.hidden = 4}, shape, 3);
  for (float& w : policy.parameters()["out.w"]) w *= 50;
  Checkpoint out;
  ControllerModel{std::make_shared<RecurrentPolicy>(policy), {}}.save(out);
  const Scratch scratch;
  out.write(scratch / "model.h5");
  const std::string run = scratch.folder().string();
  const auto walked = [&](const Settings& settings) {
    return play_on("beale", *agents().make("rover-search", settings), 300, 4).poses;
  };
  const auto rule = walked({}), learned = walked({{"from", run}});
  CHECK(learned != rule);
  CHECK(walked({{"from", run}, {"control", "learned"}}) == learned);
  CHECK(walked({{"from", run}, {"step_limit", "0.5"}}) != learned);
  CHECK(walked({{"from", run}, {"control", "rule"}}) == rule);
  CHECK(walked({{"from", run}, {"control", "random"}}) == walked({{"control", "random"}}));
  ::setenv("ROVER_MODELS", run.c_str(), 1);
  out.write(scratch / "rover.h5");
  CHECK(walked({}) == rule);  // a file of that name in the working folder changes nothing
  CHECK(walked({{"from", "rover"}}) == learned);
  ::unsetenv("ROVER_MODELS");
}

TEST_CASE("what rover-search refuses") {
  CHECK(error_of([] {
          agents().make("rover-search", {{"control", "randm"}});
        }) == "unknown control 'randm'; did you mean 'random'? (auto, rule, learned or random)");
  CHECK(error_of([] {
          agents().make("rover-search", {{"control", "learned"}});
        }) == "control=learned needs a controller: add from=RUN, a run of `rover train controller`");
  const auto agent = make_search_agent({});
  Action action;
  const Box line{{0}, {1}};
  CHECK(error_of([&] {
          agent->reset({1, &line, 10}, 1, action);
        }) == "the agent 'rover-search' walks in planes: the landscape must have at least 2 dimensions");
}

}  // namespace rover
