#include "agents/search/quadratic_fit.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/random.h"

namespace rover {
namespace {

// f = 3 + 2a − b + ½(4a² + 2·1·ab·2 + h b²) at random places.
Neighbours samples(std::size_t count, double h, std::uint64_t seed = 1) {
  RandomStream random = make_stream(seed, 0, "test");
  Neighbours near;
  near.make_room(count);
  for (std::size_t k = 0; k < count; ++k) {
    const double a = random.uniform(-1, 1), b = random.uniform(-1, 1);
    near.value[k] = 3 + 2 * a - b + 2 * a * a + a * b + h / 2 * b * b;
    near.add(a, b);
  }
  return near;
}

}  // namespace

TEST_CASE("a quadratic is fitted exactly, in units of its range, whatever the weights") {
  for (const double decay : {0.0, 1.0, 2.5}) {
    const LocalModel model = fit_quadratic(samples(12, 6), decay);
    REQUIRE(model.valid);
    CHECK(model.count == 12);
    // Exact but for the ridge of 1e-9.
    CHECK(model.gradient[0] * model.range == doctest::Approx(2).epsilon(1e-6));
    CHECK(model.gradient[1] * model.range == doctest::Approx(-1).epsilon(1e-6));
    CHECK(model.hessian.xx * model.range == doctest::Approx(4).epsilon(1e-6));
    CHECK(model.hessian.xy * model.range == doctest::Approx(1).epsilon(1e-6));
    CHECK(model.hessian.yy * model.range == doctest::Approx(6).epsilon(1e-6));
    CHECK(model.residual < 1e-7);
    CHECK(model.gain(0.1, 0.2) == doctest::Approx(-(0.2 - 0.2 + 0.02 + 0.02 + 0.12)).epsilon(1e-6));
  }
}

TEST_CASE("a model needs six samples that differ, in general position; the newest count") {
  CHECK_FALSE(fit_quadratic(samples(5, 6), 1).valid);
  CHECK(fit_quadratic(samples(6, 6), 1).valid);
  Neighbours flat = samples(12, 6);
  for (double& value : flat.value) value = 7;
  CHECK_FALSE(fit_quadratic(flat, 1).valid);
  // Twelve samples of one surface, then seven of another: a fit to the newest seven sees the second alone.
  Neighbours mixed = samples(12, 6);
  const Neighbours newer = samples(7, -8, 2);
  mixed.make_room(19);
  for (std::size_t k = 0; k < 7; ++k) mixed.value[mixed.count] = newer.value[k], mixed.add(newer.a[k], newer.b[k]);
  const LocalModel model = fit_quadratic(mixed, 1, 7);
  CHECK(model.hessian.yy * model.range == doctest::Approx(-8).epsilon(1e-5));
}

TEST_CASE("the heading: Newton's where the model is convex, away from a saddle, downhill along the gradient") {
  LocalModel model;
  model.gradient[0] = 2, model.gradient[1] = -1, model.hessian = {4, 0, 0.5};
  double step[2];
  newton_step(model, eigen(model.hessian), step);
  CHECK(step[0] == doctest::Approx(-0.5));
  CHECK(step[1] == doctest::Approx(2));
  model.hessian = {4, 0, -0.5};  // saddle-free: the same by |λ|
  newton_step(model, eigen(model.hessian), step);
  CHECK(step[0] == doctest::Approx(-0.5));
  CHECK(step[1] == doctest::Approx(2));
  model.hessian = {4, 0, 0};  // a valley's floor: curvature counts as a thousandth of the other
  newton_step(model, eigen(model.hessian), step);
  CHECK(step[1] == doctest::Approx(250));
  model.hessian = {4, 0, 0.5};  // gᵀg / gᵀHg = 5 / 16.5
  gradient_step(model, step);
  CHECK(step[0] == doctest::Approx(-2 * 5 / 16.5));
  CHECK(step[1] == doctest::Approx(5 / 16.5));
}

}  // namespace rover
