#include "agents/search/search_agent.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/runner.h"
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

TEST_CASE("the per-evaluation Rover solves Rosenbrock within 200 evaluations and keeps the budget to the last one") {
  const auto agent = make_per_evaluation_rover({});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Episode episode = play_on("rosenbrock", *agent, 200, seed);
    CHECK(episode.info.best_value < 1e-3);
    CHECK(episode.info.evaluations == 200);
    CHECK(episode.info.iterations > 10);
    CHECK(episode.info.iterations <= episode.looks);
  }
}

TEST_CASE("it looks inside the domain alone, and stands at its best point") {
  const auto agent = make_per_evaluation_rover({});
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
  const auto used = make_per_evaluation_rover({}), fresh = make_per_evaluation_rover({});
  play_on("ackley", *used, 150, 1);
  play_on("rosenbrock", *used, 150, 1, {{"dimension", "5"}});
  CHECK(play_on("beale", *used, 400, 2).poses == play_on("beale", *fresh, 400, 2).poses);
}

TEST_CASE("more dimensions are searched by slices, with every evaluation counted") {
  const auto agent = make_per_evaluation_rover({});
  for (const char* d : {"3", "10"}) {
    const Episode episode = play_on("quadratic", *agent, 1500, 1, {{"dimension", d}});
    CHECK(episode.info.evaluations == 1500);
    CHECK(episode.info.best_value < 1e-3);
  }
}

TEST_CASE("a controller steers it; the null does so at random") {
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
  const auto steered = make_per_evaluation_rover({}, rule), plain = make_per_evaluation_rover({});
  const auto poses = play_on("beale", *steered, 300, 4).poses;
  CHECK(poses == play_on("beale", *plain, 300, 4).poses);
  CHECK(rule->seed == 4);
  CHECK(rule->decisions_made > 20);

  PerEvaluationOptions options;
  options.control = "random";
  const auto null = make_per_evaluation_rover(options);
  CHECK(play_on("beale", *null, 300, 4).poses != poses);
  CHECK(play_on("beale", *null, 300, 4).poses == play_on("beale", *null, 300, 4).poses);
}

TEST_CASE("what the per-evaluation Rover refuses") {
  PerEvaluationOptions options;
  options.control = "randm";
  CHECK(error_of([&] { make_per_evaluation_rover(options); }) ==
        "unknown control 'randm'; did you mean 'random'? (rule or random)");
  const auto agent = make_per_evaluation_rover({});
  Action action;
  const Box line{{0}, {1}};
  CHECK(error_of([&] {
          agent->reset({1, &line, 10}, 1, action);
        }) == "the rover walks in planes: the landscape must have at least 2 dimensions");
}

}  // namespace rover
