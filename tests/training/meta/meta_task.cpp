#include "training/meta/meta_task.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

namespace rover {

TEST_CASE("tasks are drawn from landscapes with settings, by weight, the same for the same seed") {
  const TaskDistribution tasks("3 sphere dimension=3, mlp minibatch=4");
  CHECK(tasks.size() == 2);
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const MetaTask task = tasks.draw(seed);
    ++counts[std::string(task.landscape->name())];
    CHECK(task.start.size() == task.landscape->dimension());
    if (seed < 5) CHECK(tasks.draw(seed).start == task.start);
  }
  CHECK(counts.size() == 2);
  for (const auto& [name, count] : counts) CHECK(std::abs(count - (name == "mlp" ? 50 : 150)) < 25);

  CHECK_THROWS_AS(TaskDistribution("spher"), UsageError);
  CHECK_THROWS_AS(TaskDistribution("sphere, "), UsageError);
  CHECK_THROWS_AS(TaskDistribution(""), UsageError);
  CHECK_THROWS_AS(TaskDistribution("sphere radius=3"), UsageError);
  CHECK_THROWS_AS(TaskDistribution("sphere 3"), UsageError);
}

TEST_CASE("a rescaled surface is the same surface in other units") {
  const MetaTask task = TaskDistribution("rosenbrock").draw(1);
  const auto scaled = rescaled(task.landscape, 4);
  std::vector<double> x = task.start, gradient(2), scaled_gradient(2);
  task.landscape->gradients(x, gradient, nullptr);
  const double value = task.landscape->value(x);
  for (double& entry : x) entry /= 4;
  CHECK(scaled->value(x) == doctest::Approx(value));
  scaled->gradients(x, scaled_gradient, nullptr);
  for (std::size_t i = 0; i < 2; ++i) CHECK(scaled_gradient[i] == doctest::Approx(4 * gradient[i]));
  std::vector<double> product(2), scaled_product(2);
  const std::vector<double> original{4 * x[0], 4 * x[1]}, vector{0.3, -2};
  task.landscape->hessian_product(original, vector, product, nullptr);
  scaled->hessian_product(x, vector, scaled_product, nullptr);
  for (std::size_t i = 0; i < 2; ++i) CHECK(scaled_product[i] == doctest::Approx(16 * product[i]));
  CHECK(scaled->domain().high[0] == doctest::Approx(task.landscape->domain().high[0] / 4));
  RandomStream one = make_stream(1, 0, "start"), two = one;
  std::vector<double> start(2), scaled_start(2);
  task.landscape->sample_start(one, start), scaled->sample_start(two, scaled_start);
  CHECK(scaled_start[1] == doctest::Approx(start[1] / 4));
}

}  // namespace rover
