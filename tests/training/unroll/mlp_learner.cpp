#include "training/unroll/mlp_learner.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"

namespace rover {
namespace {

double mean_loss(MlpLearner& learner, std::size_t steps) {
  double sum = 0;
  for (std::size_t k = 0; k < steps; ++k) sum += learner.step();
  return sum / static_cast<double>(steps);
}

std::vector<float> copy(std::span<const float> values) { return {values.begin(), values.end()}; }

}  // namespace

TEST_CASE("a rule learns to learn, and to learn nothing from shuffled targets") {
  MlpLearnerOptions options = MlpLearnerOptions::stable();
  options.unroll.steps = 10, options.meta_steps = 150;
  MlpLearner learner(options, 1);
  const double first = mean_loss(learner, 10);
  mean_loss(learner, 130);
  const double last = mean_loss(learner, 10);
  CHECK(last < 0.6 * first);
  options.shuffled_targets = true;
  MlpLearner control(options, 1);
  mean_loss(control, 140);
  CHECK(mean_loss(control, 10) > 0.8);  // targets have variance 1
}

TEST_CASE("same seed, same bits; a resumed training takes the same steps") {
  MlpLearnerOptions options;
  options.unroll.steps = 5, options.meta_steps = 12;
  MlpLearner whole(options, 3), begun(options, 3), resumed(options, 3), other(options, 4);
  CHECK(copy(whole.weights()) == copy(begun.weights()));
  CHECK(copy(whole.weights()) != copy(other.weights()));
  for (int k = 0; k < 6; ++k) begun.step();
  Checkpoint state;
  begun.save(state);
  resumed.step();
  resumed.load(state);
  for (int k = 0; k < 12; ++k) whole.step();
  for (int k = 0; k < 6; ++k) begun.step(), resumed.step();
  CHECK(copy(whole.weights()) == copy(begun.weights()));
  CHECK(copy(whole.weights()) == copy(resumed.weights()));
}

TEST_CASE("weight decay shortens the weights beside the step") {
  MlpLearnerOptions options;
  options.unroll.steps = 5, options.meta_steps = 12;
  MlpLearner plain(options, 3);
  options.weight_decay = 5;
  MlpLearner decayed(options, 3);
  const auto first = copy(plain.weights());
  plain.step(), decayed.step();
  for (std::size_t k = 0; k < first.size(); ++k)
    CHECK(plain.weights()[k] - decayed.weights()[k] == doctest::Approx(5e-3 * first[k]).epsilon(1e-3).scale(0.01));
}

TEST_CASE("what cannot be trained is refused") {
  MlpLearnerOptions options;
  options.family = "sinusoids";
  CHECK_THROWS_AS(MlpLearner(options, 0), UsageError);
}

}  // namespace rover
