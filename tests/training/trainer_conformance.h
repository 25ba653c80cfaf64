#pragma once
// One suite for every trainer. Header only, so that test binaries with and without LibTorch share it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "agents/env_policy.h"
#include "agents/runner.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"
#include "tests/storage/scratch.h"
#include "training/training_loop.h"

namespace rover {

struct ConformanceOptions {
  std::uint64_t steps = 12;  ///< how far to train; beyond steps_total() is not gone
  std::vector<std::uint64_t>
      resume;         ///< steps to resume at; empty: every one (cheap trainers), else a phase's ends and middles
  std::string agent;  ///< id of the agent that reads the model through `from`; "": the model is only written and read
  std::string landscape = "quadratic";  ///< where the agents walk, d = 2
  std::uint64_t walk = 10;              ///< iterations
};

namespace detail {

struct LoggedRow {
  std::string name;
  double value;
  friend bool operator==(const LoggedRow&, const LoggedRow&) = default;
};

struct RecordedMetrics final : Metrics {
  std::vector<LoggedRow> rows;
  void log(const std::string& name, double value) override { rows.push_back({name, value}); }
};

inline Checkpoint state_of(const Trainer& trainer) {
  Checkpoint out;
  trainer.save(out);
  return out;
}

inline Checkpoint model_of(const Trainer& trainer) {
  Checkpoint out;
  trainer.save_model(out);
  return out;
}

/// Every pose of a walk, to tell whether two agents decide alike.
inline std::vector<double> walk(Agent& agent, const ConformanceOptions& options) {
  const std::shared_ptr<const Landscape> landscape =
      landscapes().make(options.landscape, {{"dimension", "2"}, {"seed", "5"}});
  SurfaceEnvOptions surface;
  surface.budget = 100000;
  const auto env = make_surface_env(landscape, surface);
  std::vector<double> poses;
  play(agent, *env, 3, options.walk, [&](const Action&, const StepResult& result, const EpisodeInfo&) {
    poses.insert(poses.end(), result.observation.pose.begin(), result.observation.pose.end());
  });
  return poses;
}

/// What a policy earns in episodes of the environment that its model names.
inline std::vector<double> returns(BatchPolicy& policy, const std::filesystem::path& model) {
  const auto env = EnvPolicy::read(model).make_env(3);
  Rollout played(*env);
  rollout(policy, *env, spread_seed(3, 3), played);
  return played.returns_b;
}

}  // namespace detail

/// `make` returns a fresh trainer with the same settings each time; `trainer.folder`, where it has one, may be shared.
inline void check_trainer(const MakeTrainer& make, const ConformanceOptions& options = {}) {
  using namespace detail;
  const Scratch scratch;

  // An uninterrupted run, saved after every step.
  const auto whole = make();
  REQUIRE(whole->steps_done() == 0);
  REQUIRE(whole->steps_total() > 0);
  const std::uint64_t steps = std::min(options.steps, whole->steps_total());
  const auto names = whole->metric_names();
  const std::set<std::string> announced(names.begin(), names.end());
  CHECK(announced.size() == names.size());
  std::vector<Checkpoint> states{state_of(*whole)};
  std::vector<std::vector<LoggedRow>> logged;
  for (std::uint64_t k = 0; k < steps; ++k) {
    RecordedMetrics metrics;
    CHECK_FALSE(whole->phase().empty());
    whole->step(metrics);
    REQUIRE(whole->steps_done() == k + 1);
    for (const auto& row : metrics.rows) {
      CHECK_MESSAGE(announced.contains(row.name),
                    "step " << k << " logs '" << row.name << "', which metric_names() lacks");
      CHECK_MESSAGE(!std::isnan(row.value), row.name << " is NaN in step " << k);
    }
    states.push_back(state_of(*whole));
    logged.push_back(std::move(metrics.rows));
  }
  REQUIRE(whole->metric_names() == names);
  CHECK_MESSAGE(!(states.front() == states.back()), "training changes nothing");

  // Same seed, same bits; saving on the way, as `whole` did, changes nothing.
  {
    const auto again = make();
    for (std::uint64_t k = 0; k < steps; ++k) {
      RecordedMetrics metrics;
      again->step(metrics);
      CHECK(metrics.rows == logged[k]);
    }
    CHECK(state_of(*again) == states[steps]);
    CHECK(model_of(*again) == model_of(*whole));
  }

  // Killed after any step and resumed: in a fresh process's trainer, through the file.
  auto points = options.resume;
  if (points.empty())
    for (std::uint64_t k = 0; k <= steps; ++k) points.push_back(k);
  for (const std::uint64_t k : points) {
    if (k > steps) continue;
    CAPTURE(k);
    states[k].write(scratch / "state.h5");
    const auto resumed = make();
    resumed->load(Checkpoint::read(scratch / "state.h5"));
    REQUIRE(resumed->steps_done() == k);
    REQUIRE(state_of(*resumed) == states[k]);
    for (std::uint64_t step = k; step < steps; ++step) {
      RecordedMetrics metrics;
      resumed->step(metrics);
      CHECK(metrics.rows == logged[step]);
    }
    REQUIRE(state_of(*resumed) == states[steps]);
    CHECK(model_of(*resumed) == model_of(*whole));
  }

  // Loading forgets what the trainer was before.
  {
    const auto used = make();
    for (std::uint64_t k = 0; k < steps; ++k) {
      RecordedMetrics metrics;
      used->step(metrics);
    }
    used->load(states[0]);
    REQUIRE(state_of(*used) == states[0]);
    RecordedMetrics metrics;
    used->step(metrics);
    CHECK(metrics.rows == logged[0]);
    CHECK(state_of(*used) == states[1]);
  }

  // A state that is not this trainer's is refused in a sentence.
  {
    const auto fresh = make();
    CHECK_THROWS_AS(fresh->load(Checkpoint{}), std::runtime_error);
  }

  // The learned agent walks, and walks alike when loaded from the file.
  model_of(*whole).write(scratch / "model.h5");
  CHECK(Checkpoint::read(scratch / "model.h5") == model_of(*whole));
  if (const auto policy = whole->policy()) {
    CHECK(returns(*EnvPolicy::read(scratch / "model.h5").player(), scratch / "model.h5") ==
          returns(*policy, scratch / "model.h5"));
    return;
  }
  const auto agent = whole->agent();
  REQUIRE(agent);
  const auto path = walk(*agent, options);
  CHECK(path.size() >= 4);
  for (const double x : path) REQUIRE(std::isfinite(x));
  CHECK(walk(*agent, options) == path);  // reset forgets the episode before
  if (!options.agent.empty()) {
    const auto loaded = agents().make(options.agent, {{"from", (scratch / "model.h5").string()}});
    CHECK(walk(*loaded, options) == path);
  }
}

}  // namespace rover
