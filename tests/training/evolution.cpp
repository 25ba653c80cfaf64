#include "training/evolution.h"

#include <doctest/doctest.h>

#include "tests/training/learners.h"
#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

using testing::small_problem;
using testing::state_of;

EvolutionOptions small() {
  EvolutionOptions options;
  options.generations = 30, options.pairs = 8, options.episodes = 8, options.validation = 50,
  options.evaluate_every = 5, options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("evolution: the number of threads changes no bit, and a resumed run none either") {
  EvolutionOptions options = small();
  detail::RecordedMetrics one_metrics, two_metrics;
  EvolutionLearner one(small_problem(), options);
  options.threads = 2;
  EvolutionLearner two(small_problem(), options);
  for (int k = 0; k < 6; ++k) one.step(one_metrics), two.step(two_metrics);
  CHECK(state_of(one) == state_of(two));
  CHECK(one_metrics.rows == two_metrics.rows);

  EvolutionLearner resumed(small_problem(), options);
  resumed.load(state_of(one));
  CHECK(resumed.steps_done() == 6);
  for (int k = 0; k < 5; ++k) one.step(one_metrics), resumed.step(two_metrics);
  CHECK(state_of(resumed) == state_of(one));
}

TEST_CASE("evolution learns the small problem") {
  auto problem = small_problem();
  problem.env.reward = "log-regret";
  EvolutionOptions options = small();
  options.learning_rate = 0.1, options.generations = 100, options.episodes = 16;
  EvolutionLearner learner(problem, options);
  const PolicyScore before = testing::test_score(problem, learner.policy());
  detail::RecordedMetrics metrics;
  while (learner.steps_done() < options.generations) learner.step(metrics);
  const PolicyScore after = testing::test_score(problem, learner.policy());
  CAPTURE(before.mean);
  CAPTURE(before.mean_log10);
  CHECK(after.mean < 0.5 * before.mean);
  CHECK(after.mean_log10 < before.mean_log10 - 0.5);
}

TEST_CASE("evolution refuses what cannot be") {
  EvolutionOptions options = small();
  options.pairs = 1;
  const char* sentence = "evolution needs pairs ≥ 2, episodes and evaluate_every ≥ 1, and sigma > 0";
  CHECK_THROWS_WITH_AS(EvolutionLearner(small_problem(), options), sentence, UsageError);
  options = small(), options.evaluate_every = 0;
  CHECK_THROWS_WITH_AS(EvolutionLearner(small_problem(), options), sentence, UsageError);
}

}  // namespace rover
