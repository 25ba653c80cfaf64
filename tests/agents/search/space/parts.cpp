// The parts of the coordinate-free search, each against what it should be.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <algorithm>

#include "agents/search/space/population.h"
#include "agents/search/space/trust_step.h"
#include "core/random.h"

namespace rover::space {
namespace {

Reals span_of(const Vector& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

Vector drawn(RandomStream& stream, Eigen::Index d, double low, double high) {
  Vector out(d);
  for (double& x : out) x = stream.uniform(low, high);
  return out;
}

/// c + gᵀx + xᵀHx/2 with a drawn, positive definite H.
struct Quadratic {
  double c;
  Vector g;
  Matrix h;
  Quadratic(RandomStream& stream, Eigen::Index d) : c(stream.normal()), g(drawn(stream, d, -1, 1)) {
    Matrix a(d, d);
    for (double& x : a.reshaped()) x = stream.normal();
    h = a * a.transpose() + Matrix::Identity(d, d);
  }
  double operator()(const Vector& x) const { return c + g.dot(x) + 0.5 * x.dot(h * x); }
};

Model model_of(const Quadratic& q) {
  Model out;
  out.valid = true, out.c = q.c, out.gradient = q.g, out.hessian = q.h;
  return out;
}

}  // namespace

TEST_CASE("a window keeps its inverse and its half-width, and refuses to be stretched too far") {
  RandomStream stream = make_stream(1, 0, "window");
  Window window(4);
  window.begin(span_of(drawn(stream, 4, 0, 1)), 0.3);
  for (int k = 0; k < 30; ++k) {
    Matrix a(4, 4);
    for (double& x : a.reshaped()) x = stream.normal();
    const Eigen::SelfAdjointEigenSolver<Matrix> axes(a + a.transpose());
    window.stretch(axes.eigenvectors(), drawn(stream, 4, 0.5, 2), 1e6, 3);
    window.scale(stream.uniform(0.5, 1.5));
    window.move_to(span_of(drawn(stream, 4, 0, 1)));
  }
  CHECK((window.transform() * window.inverse() - Matrix::Identity(4, 4)).norm() < 1e-10);
  CHECK(window.half_width() ==
        doctest::Approx(std::pow(std::abs(window.transform().determinant()), 0.25)).epsilon(1e-10));
  const Matrix before = window.transform();
  Vector thin = Vector::Ones(4);
  thin[0] = 1e-9;
  CHECK_FALSE(window.stretch(Matrix::Identity(4, 4), thin, 1e6, 3));
  CHECK(window.transform() == before);
}

TEST_CASE("the nearest samples are those of the whole archive, wherever the window goes") {
  RandomStream stream = make_stream(2, 0, "neighbours");
  constexpr std::size_t d = 3, most = 20;
  Neighbours near(d, 100000);
  Window window(d);
  Vector centre = drawn(stream, d, 0.3, 0.7);
  window.begin(span_of(centre), 0.5);
  for (int k = 0; k < 300; ++k) near.add(span_of(drawn(stream, d, 0, 1)), 0);
  double worst = 0;
  for (int round = 0; round < 200; ++round) {
    const Vector x = centre + window.half_width() * drawn(stream, d, -1, 1);
    near.add(span_of(x), 0);
    if (round % 3 == 0) centre = x, window.move_to(span_of(centre));
    window.scale(stream.uniform(0.8, 1.15));
    near.find(window, most, 1e9);
    REQUIRE(near.count() == most);
    double found = 0;
    std::vector<double> all;
    for (std::size_t k = 0; k < most; ++k) {
      const auto z = near.coordinates().col(static_cast<Eigen::Index>(k));
      CHECK(z.squaredNorm() == doctest::Approx(near.squared_distance(k)));
      found = std::max(found, near.squared_distance(k));
    }
    for (std::size_t k = 0; k < near.size(); ++k)
      all.push_back(
          (window.inverse() * (Eigen::Map<const Vector>(near.point(k).data(), d) - window.centre())).squaredNorm());
    std::ranges::nth_element(all, all.begin() + most - 1);
    worst = std::max(worst, found / all[most - 1]);
  }
  CHECK(worst < 1.5);  // a candidate that the list lacks is hardly nearer than the farthest that it has
  near.find(window, most, 0.5);
  for (std::size_t k = 0; k < near.count(); ++k) CHECK(near.squared_distance(k) <= 0.25);
}

TEST_CASE("the fit finds a quadratic, from as many samples as it has coefficients") {
  RandomStream stream = make_stream(3, 0, "fit");
  for (const Eigen::Index d : {1, 2, 5}) {
    CAPTURE(d);
    const Quadratic f(stream, d);
    Window window(static_cast<std::size_t>(d));
    const Vector centre = drawn(stream, d, 0.3, 0.7);
    window.begin(span_of(centre), 0.1);
    RidgeFit fit(static_cast<std::size_t>(d), {.prior = 1e4, .precision = 1e-6});
    Model model;
    Neighbours near(static_cast<std::size_t>(d), 10000);
    near.add(span_of(centre), f(centre));
    for (std::size_t n = 1; n < 3 * fit.most(); ++n) {
      const Vector x = centre + window.transform() * drawn(stream, d, -1, 1);
      near.add(span_of(x), f(x));
      near.find(window, fit.most(), 40);
      fit(near, f(centre), 0, model);
      const Vector z = drawn(stream, d, -1, 1);
      const double miss =
          model.valid
              ? std::abs(model.offset + model.range * model(z) - f(centre + window.transform() * z)) / model.range
              : 1;
      if (n > fit.coefficients() + 2) CHECK(miss < 1e-3);
    }
  }
}

TEST_CASE("with few samples the window's metric is the Hessian's shape") {
  RandomStream stream = make_stream(7, 0, "prior");
  constexpr Eigen::Index d = 5;
  Window window(d);
  const Vector centre = drawn(stream, d, 0.3, 0.7);
  window.begin(span_of(centre), 0.1);
  const auto ball = [&](const Vector& x) { return (window.inverse() * (x - centre)).squaredNorm(); };
  Neighbours near(d, 1000);
  near.add(span_of(centre), 0);
  for (int k = 0; k < 7; ++k) {  // of 21 coefficients
    const Vector x = centre + window.transform() * drawn(stream, d, -1, 1);
    near.add(span_of(x), ball(x));
  }
  RidgeFit fit(d, {});
  Model model;
  near.find(window, fit.most(), 40);
  fit(near, 0, 0, model);
  REQUIRE(model.valid);
  CHECK((model.hessian * model.range - 2 * Matrix::Identity(d, d)).norm() < 0.2);
  CHECK(model.gradient.norm() * model.range < 0.3);  // at |z| = 1 it is 2
}

TEST_CASE("a step is Newton's inside, Levenberg's at the limit, downhill at a saddle, and keeps to the cube") {
  RandomStream stream = make_stream(4, 0, "step");
  for (const Eigen::Index d : {2, 5}) {
    TrustStep step(static_cast<std::size_t>(d));
    Window window(static_cast<std::size_t>(d));
    window.begin(span_of(Vector::Constant(d, 0.5)), 1e-3);
    for (int k = 0; k < 20; ++k) {
      const Quadratic f(stream, d);
      const Vector newton = -f.h.ldlt().solve(f.g);
      step(model_of(f), window, 100);
      CHECK((step.z() - newton).norm() < 1e-9 * (1 + newton.norm()));
      CHECK_FALSE(step.clipped());
      const double limit = 0.5 * newton.norm();
      step(model_of(f), window, limit);
      CHECK(step.clipped());
      CHECK(step.length() == doctest::Approx(limit).epsilon(1e-6));
      for (int other = 0; other < 50; ++other) {  // nowhere on the sphere is the model lower
        Vector z = drawn(stream, d, -1, 1);
        z *= limit / z.norm();
        CHECK(f(z) >= f(step.z()) - 1e-6 * std::abs(f(step.z())));
      }
    }
  }
  Quadratic saddle(stream, 2);
  saddle.h << 1, 0, 0, -1;
  saddle.g << 0.1, 0.1;
  TrustStep step(2);
  Window window(2);
  window.begin(span_of(Vector::Constant(2, 0.5)), 0.1);
  step(model_of(saddle), window, 3);
  CHECK(step.z()[0] == doctest::Approx(-0.1));
  CHECK(step.z()[1] == doctest::Approx(-0.1));

  // At a face: the rest of the step is the best within it.
  Quadratic bowl(stream, 2);
  bowl.h << 2, 1, 1, 2;
  bowl.g << 3, -1;  // unbounded minimum at (−7/3, 5/3)
  window.begin(span_of((Vector(2) << 0.1, 0.5).finished()), 0.1);
  step(model_of(bowl), window, 10);
  CHECK(step.z()[0] == doctest::Approx(-1));  // x₀ = 0
  CHECK(step.z()[1] == doctest::Approx(1));   // 2 z₁ − 1 − 1 = 0
  CHECK(step.point()[0] == doctest::Approx(0));
}

TEST_CASE("a distribution whitens what it colours, and shrinks onto a minimum") {
  RandomStream stream = make_stream(5, 0, "distribution");
  constexpr Eigen::Index d = 4;
  Distribution distribution(d, 10);
  const Vector target = Vector::Constant(d, 0.6);
  distribution.begin(Vector::Constant(d, 0.3), 0.2);
  Matrix points(d, 10);
  Vector point(d), white(d), back(d);
  for (int generation = 0; generation < 150; ++generation) {
    std::vector<Vector> drawn_points;
    for (int k = 0; k < 10; ++k) distribution.sample(stream, point), drawn_points.push_back(point);
    std::ranges::sort(drawn_points, {}, [&](const Vector& x) { return (x - target).squaredNorm(); });
    for (int k = 0; k < 10; ++k) points.col(k) = drawn_points[static_cast<std::size_t>(k)];
    distribution.tell(points);
  }
  CHECK((distribution.mean() - target).norm() < 1e-6);
  CHECK(distribution.deviation() < 1e-5);
  distribution.whiten(points.col(3), white);
  distribution.colour(white, back);
  CHECK((back - points.col(3)).norm() < 1e-12);
}

TEST_CASE("a surrogate is exact on quadratics, and its ranks agree") {
  RandomStream stream = make_stream(6, 0, "surrogate");
  constexpr Eigen::Index d = 3;
  const Quadratic f(stream, d);
  Distribution distribution(d, 8);
  distribution.begin(Vector::Constant(d, 0.5), 0.2);
  Surrogate surrogate(d);
  surrogate.fit(distribution);
  CHECK_FALSE(surrogate.valid());
  for (int k = 0; k < 20; ++k) {
    const Vector x = drawn(stream, d, 0, 1);
    surrogate.add(x, f(x), 8);
  }
  surrogate.fit(distribution);
  REQUIRE(surrogate.valid());
  const Vector x = drawn(stream, d, 0, 1);
  CHECK(surrogate(x, distribution) == doctest::Approx(f(x)).epsilon(1e-5));
  CHECK(surrogate.agreement(15, distribution) == 1);
  REQUIRE(surrogate.minimum());
  Vector lowest(d);
  distribution.colour(*surrogate.minimum(), lowest);
  CHECK((lowest + f.h.ldlt().solve(f.g)).norm() < 1e-4 * (1 + lowest.norm()));
}

}  // namespace rover::space
