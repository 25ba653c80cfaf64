#include "training/env_trainer.h"

#include <doctest/doctest.h>

#include "agents/search/steering_env.h"
#include "tests/training/reacher.h"
#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

EsTrainerOptions small(const std::string& env = "Test/Reacher-v0") {
  testing::register_reacher();
  EsTrainerOptions options;
  options.env = env, options.test = 40;
  options.policy = {.hidden = 4, .memory = "none"};
  options.evolution = {.generations = 30,
                       .pairs = 4,
                       .episodes = 8,
                       .learning_rate = 0.1,
                       .evaluate_every = 5,
                       .validation = 40,
                       .threads = 1};
  return options;
}

std::map<std::string, double> trained(Trainer& trainer) {
  detail::RecordedMetrics metrics;
  while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  std::map<std::string, double> last;
  for (const auto& row : metrics.rows) last[row.name] = row.value;
  return last;
}

}  // namespace

TEST_CASE("the trainer es keeps the contract of trainers") {
  EsTrainerOptions options = small();
  options.evolution.generations = 6, options.evolution.evaluate_every = 2;
  check_trainer([=] { return std::make_unique<EsTrainer>(options, TrainerPlace{3, ""}); });
  options = small("Rover/StepControl-v0");
  options.env_settings = {{"pool", "12"}, {"horizon", "4"}, {"observation", "context"}, {"reward", "log-regret"}};
  options.evolution.generations = 3, options.policy.memory = "lstm";
  check_trainer([=] { return std::make_unique<EsTrainer>(options, TrainerPlace{3, ""}); });
  options.env = "Rover/Search-v0", options.env_settings = {{"pool", "7"}, {"budget", "40"}, {"horizon", "20"}};
  check_trainer([=] { return std::make_unique<EsTrainer>(options, TrainerPlace{3, ""}); });
}

TEST_CASE("es learns an environment with a scale of its own, and is better than its baselines; threads change no bit") {
  EsTrainerOptions options = small();
  EsTrainer one(options, {1, ""});
  const auto last = trained(one);
  CHECK(last.at("test/return_learned") > 0.7 * last.at("test/return_zero_actions"));
  CHECK(last.at("test/return_learned") > 0.7 * last.at("test/return_random_actions"));
  CHECK(last.at("test/return_zero_actions") == doctest::Approx(-6).epsilon(0.3));  // 12 steps at |x| ~ U(0, 1)
  options.evolution.threads = 3;
  EsTrainer three(options, {1, ""});
  CHECK(trained(three) == last);
}

TEST_CASE("a trained policy says what it was trained on, and plays that alone") {
  const Scratch scratch;
  EsTrainerOptions options = small();
  options.env_settings = {{"horizon", "5"}};
  options.evolution.generations = 5;
  EsTrainer trainer(options, {1, ""});
  trained(trainer);
  const auto path = scratch / "model.h5";
  detail::model_of(trainer).write(path);
  const EnvPolicy model = EnvPolicy::read(path);
  CHECK(model.env == "Test/Reacher-v0");
  CHECK(model.settings == Settings{{"horizon", "5"}});
  const auto env = model.make_env(6);
  CHECK(env->horizon() == 5);
  const auto seeds = spread_seed(7, 6);
  Rollout ours(*env), theirs(*env);
  rollout(*trainer.policy(), *env, seeds, ours);
  rollout(*load_policy(path, *env), *env, seeds, theirs);
  CHECK(ours.returns_b == theirs.returns_b);

  const auto other = make("Rover/StepControl-v0", {{"pool", "1"}});
  CHECK_THROWS_WITH_AS(load_policy(path, *other),
                       ("the policy in '" + path.string() +
                        "' was trained on 'Test/Reacher-v0': this environment has observations 64 numbers, not 1")
                           .c_str(),
                       std::runtime_error);
  Checkpoint broken = Checkpoint::read(path);
  broken.put("rescaling/scale", std::vector<float>{0});
  CHECK_THROWS_WITH_AS(EnvPolicy::load(broken), "the policy's spaces or its rescaling cannot be", std::runtime_error);
  CHECK_THROWS_WITH_AS(EnvPolicy::load({}), "the file holds no policy that was trained on an environment",
                       std::runtime_error);
}

TEST_CASE("what cannot be trained is refused in a sentence") {
  const auto refusal = [](const EsTrainerOptions& options) { return error_of([&] { EsTrainer(options, {1, ""}); }); };
  CHECK(refusal(small("")) == "which environment? --set env=ID (rover list envs)");
  CHECK(refusal(small("Test/Reachr-v0")).starts_with("unknown environment 'Test/Reachr-v0'; did you mean"));
  CHECK(refusal(small("Test/Unbounded-v0")) ==
        "the environment 'Test/Unbounded-v0' has no bounds for entry 1 of its actions, and a policy decides within "
        "bounds");
  EsTrainerOptions options = small();
  options.env_settings = {{"horizn", "3"}};
  CHECK(refusal(options) == "the environment 'Test/Reacher-v0' has no setting 'horizn'; did you mean 'horizon'?");
  options.env_settings = {{"size", "3"}};
  CHECK(refusal(options) == "the setting env.size is the trainer's: leave it out");
  options = small(), options.test = 0;
  CHECK(refusal(options) == "the final test needs test ≥ 1");
  options = small(), options.evolution.validation = 0;
  CHECK(refusal(options) == "a set of episodes to measure policies on needs at least one");
}

TEST_CASE("settings of the environment are passed on by the registry of trainers") {
  testing::register_reacher();
  register_es_trainer();
  register_es_trainer();
  const auto trainer = trainers().make(
      "es", {{"env", "Test/Reacher-v0"}, {"env.horizon", "3"}, {"evolution.generations", "1"}, {"seed", "2"}});
  Checkpoint model;
  trainer->save_model(model);
  CHECK(model.text("env_settings/horizon") == "3");
  CHECK_THROWS_WITH_AS(trainers().make("es", {{"env", "Test/Reacher-v0"}, {"env.horizn", "3"}}),
                       "the environment 'Test/Reacher-v0' has no setting 'horizn'; did you mean 'horizon'?",
                       UsageError);
}

}  // namespace rover
