#include "env/look.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace rover;

TEST_CASE("rescale_grid maps to [0, 1] and reports range, mean and minimum") {
  const std::vector<double> grid = {3, 1, 5, 2, 4};
  std::vector<float> out(5);
  const GridScale scale = rescale_grid(grid, out);
  CHECK(scale.range == 4);
  CHECK(scale.mean == 3);
  CHECK(scale.low == 1);
  CHECK(out == std::vector<float>{0.5f, 0, 1, 0.25f, 0.75f});

  const std::vector<double> flat(9, 7.5);
  std::vector<float> zeros(9, 1);
  CHECK(rescale_grid(flat, zeros).range == 1e-300);
  CHECK(zeros == std::vector<float>(9, 0));

  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    for (std::size_t place = 0; place < grid.size(); ++place) {
      auto broken = grid;
      broken[place] = bad;
      CHECK_THROWS_AS(rescale_grid(broken, out), std::runtime_error);
    }
}

TEST_CASE("the context is scale- and shift-free, as documented") {
  ContextTracker tracker;
  float out[context_size];
  tracker.observe(std::log(2.0), std::log(0.5), 8, 10, 3, 50, out);
  CHECK(out[0] == 0);  // α = δ·n/2
  CHECK(out[1] == 0);
  CHECK(out[2] == 0);
  CHECK(out[5] == 4);  // ‖y‖ counts up to 20
  tracker.last_action[0] = 1, tracker.last_action[1] = -1;
  tracker.observe(std::log(4.0), std::log(0.25), 8, 10 * std::exp(-1.5), 3 - 2, 5, out);
  CHECK(out[0] == doctest::Approx(std::log(4.0) / 2));  // log(α/δ) = log 16, less log 4
  CHECK(out[1] == doctest::Approx(-0.5));
  CHECK(out[2] == doctest::Approx(-2 / (10 + 10 * std::exp(-1.5))));
  CHECK(out[3] == 1);
  CHECK(out[4] == -1);
  CHECK(out[5] == 1);
  tracker.observe(0, 0, 8, 0, 3, 5, out);  // a flat grid: the change of range is clamped
  CHECK(out[1] == doctest::Approx(-5.0 / 3));
  tracker.reset();
  tracker.observe(0, 0, 2, 1, 1, 0, out);
  CHECK(out[1] == 0);
}

TEST_CASE("eq. (4): the step goes by the α of before, α and δ change by their rates and stay inside their bounds") {
  StepControl control{std::log(2.0), std::log(0.5), {}};
  const float direction[] = {-0.6f, 0.8f};
  double step[2];
  control.step_along(direction, step);
  CHECK(step[0] == doctest::Approx(-1.2));
  CHECK(step[1] == doctest::Approx(1.6));
  control.adapt(1, -0.5f);
  CHECK(control.log_step_size == doctest::Approx(std::log(4.0)));
  CHECK(control.log_resolution == doctest::Approx(std::log(0.25)));
  CHECK(control.context.last_action[0] == 1);
  CHECK(control.context.last_action[1] == -1);
  for (int k = 0; k < 100; ++k) control.adapt(1, -0.5f);
  CHECK(control.log_step_size == log_step_size_high);
  CHECK(control.log_resolution == log_resolution_low);
}

TEST_CASE("an observation holds its parts in their order") {
  StepControl control{std::log(2.0), std::log(0.5), {}};
  const std::vector<float> grid{0, 0.25f, 0.5f, 1}, features{7, 8};
  std::vector<float> out(12);
  control.observe({grid, {10, 3, 0}, 5, features}, parse_observation("features+grid+context"), 2, out.data());
  CHECK(out == std::vector<float>{0, 0.25f, 0.5f, 1, static_cast<float>(std::log(4.0) / 2), 0, 0, 0, 0, 1, 7, 8});
  CHECK(control.context.previous_range == 10);
}
