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
  options.averaging = 0.1;
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

TEST_CASE("evolution goes on from a given policy, and validates running means beside the centres") {
  PolicyProblem problem = small_problem();
  EvolutionOptions options = small();
  options.generations = 4, options.evaluate_every = 1, options.averaging = 0.5;
  RecurrentPolicy first = first_policy(problem);
  first.parameters().flat()[0] = 0.25f;
  problem.first = std::make_shared<RecurrentPolicy>(first);
  EvolutionLearner learner(problem, options);
  CHECK(std::ranges::equal(learner.policy().parameters().flat(), first.parameters().flat()));
  detail::RecordedMetrics metrics;
  learner.step(metrics);
  const Checkpoint state = state_of(learner);
  const auto weights = state.get<double>("weights"), mean = state.get<double>("mean");
  CHECK(mean[0] == doctest::Approx((0.25 + weights[0]) / 2));
  CHECK(std::ranges::count(metrics.rows, "validation/mean_regret", &detail::LoggedRow::name) == 1);  // the centre's
}

TEST_CASE("evolution refuses what cannot be") {
  EvolutionOptions options = small();
  options.pairs = 1;
  CHECK_THROWS_WITH_AS(EvolutionLearner(small_problem(), options), "pairs=1 is out of range: at least 2, at most 10000",
                       UsageError);
  options = small(), options.evaluate_every = 0;
  CHECK_THROWS_WITH_AS(EvolutionLearner(small_problem(), options),
                       "evaluate_every=0 is out of range: at least 1, at most 1e7", UsageError);
}

}  // namespace rover
