// The parts of the coordinate-free search, each against what it should be.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <algorithm>

#include "agents/search/kernels.h"
#include "agents/search/ridge_fit.h"
#include "agents/search/surrogate.h"
#include "agents/search/trust_step.h"
#include "core/random.h"
#include "tests/agents/targets.h"

namespace rover::search {
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

/// A window of half-width 0.1 about a drawn centre, and drawn points in it.
struct Place {
  RandomStream stream;
  Eigen::Index d;
  Window window;
  Vector centre;
  Neighbours near;
  Place(const char* purpose, Eigen::Index dimension, const FitOptions& options = {})
      : stream(make_stream(7, 0, purpose)),
        d(dimension),
        window(static_cast<std::size_t>(d)),
        centre(drawn(stream, d, 0.3, 0.7)),
        near(static_cast<std::size_t>(d), 1000, fit_samples(static_cast<std::size_t>(d), options)) {
    window.begin(span_of(centre), 0.1);
  }
  Vector point() { return centre + window.transform() * drawn(stream, d, -1, 1); }
  template <class F>
  void sample(std::size_t count, const F& f) {
    near.add(span_of(centre), f(centre));
    for (std::size_t k = 0; k < count; ++k) {
      const Vector x = point();
      near.add(span_of(x), f(x));
    }
  }
};

Model model_of(const Quadratic& q) {
  Model out;
  out.valid = true, out.c = q.c, out.gradient = q.g, out.hessian = q.h;
  return out;
}

void check_kernels() {
  RandomStream stream = make_stream(8, 0, "kernels");
  for (std::size_t n = 1; n < 40; ++n) {
    CAPTURE(n);
    const std::size_t d = 1 + n % 7, stride = n + 1 + kernels::padding;
    const auto filled = [&](std::size_t size) {
      std::vector<double> out(size);
      for (double& x : out) x = stream.normal();
      return out;
    };
    const auto points = filled(d * stride), centre = filled(d), matrix = filled(d * d), weights = filled(stride),
               hessian = filled(d * d);
    const auto near = [](const std::vector<double>& a, const std::vector<double>& b, std::size_t count) {
      for (std::size_t k = 0; k < count; ++k) CHECK(a[k] == doctest::Approx(b[k]).epsilon(1e-9).scale(1));
    };
    std::vector<double> squared(stride), expected(stride), white(d * stride), values(stride);
    kernels::squared_distances(points.data(), stride, n, d, centre.data(), matrix.data(), squared.data());
    kernels::reference::squared_distances(points.data(), stride, n, d, centre.data(), matrix.data(), expected.data());
    near(squared, expected, n);
    const Eigen::Map<const Matrix, 0, Eigen::OuterStride<>> x(points.data(), static_cast<Eigen::Index>(n),
                                                              static_cast<Eigen::Index>(d),
                                                              Eigen::OuterStride<>(static_cast<Eigen::Index>(stride)));
    const Eigen::Map<const Matrix> m(matrix.data(), static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(d)),
        h(hessian.data(), static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(d));
    const Eigen::Map<const Vector> c(centre.data(), static_cast<Eigen::Index>(d));
    const Matrix z = (m * (x.transpose().colwise() - c)).transpose();  // [n, d]
    kernels::transform(points.data(), stride, n, d, centre.data(), matrix.data(), white.data(), stride);
    const Matrix both = h + h.transpose();
    kernels::quadratic_values(points.data(), stride, n, d, centre.data(), matrix.data(), 0.5, centre.data(),
                              both.data(), values.data());
    Vector first(static_cast<Eigen::Index>(d));
    Matrix second(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(d));
    auto only = weights;
    std::fill(only.begin() + static_cast<std::ptrdiff_t>(n), only.end(), 0);
    kernels::weighted_moments(points.data(), stride, n, d, only.data(), first.data(), second.data());
    const Eigen::Map<const Vector> w(weights.data(), static_cast<Eigen::Index>(n));
    CHECK((first - x.transpose() * w).norm() < 1e-9);
    CHECK((second - x.transpose() * w.asDiagonal() * x).norm() < 1e-9);
    for (std::size_t k = 0; k < n; ++k) {
      const auto row = z.row(static_cast<Eigen::Index>(k));
      for (std::size_t i = 0; i < d; ++i)
        CHECK(white[i * stride + k] == doctest::Approx(row[static_cast<Eigen::Index>(i)]).scale(1));
      CHECK(values[k] == doctest::Approx(0.5 + row.dot(c) + 0.5 * row.dot(both * row.transpose())).scale(1));
    }
    std::vector<std::uint64_t> keys(stride);
    const std::size_t count = kernels::keys_within(squared.data(), n, squared[n / 2], keys.data());
    std::size_t inside = 0;
    for (std::size_t k = 0; k < n; ++k)
      if (squared[k] <= squared[n / 2]) CHECK(kernels::index_of(keys[inside++]) == k);
    CHECK(count == inside);
    CHECK(kernels::squared_of(keys[0]) == doctest::Approx(squared[kernels::index_of(keys[0])]));

    std::vector<double> system((n + 1) * stride), other((n + 1) * stride);
    const kernels::QuadraticKernel kernel{1, 0.5, 0.25, 0.125};
    kernels::gram(points.data(), stride, n, d, squared.data(), weights.data(), kernel, system.data(), stride);
    kernels::reference::gram(points.data(), stride, n, d, squared.data(), weights.data(), kernel, other.data(), stride);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = j; i < n; ++i)
        CHECK(system[j * stride + i] == doctest::Approx(other[j * stride + i]).scale(1));
      system[j * stride + n] = other[j * stride + n] = centre[j % d];
    }
    CHECK(kernels::cholesky(system.data(), stride, n, n + 1));
    CHECK(kernels::reference::cholesky(other.data(), stride, n, n + 1));
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = j; i <= n; ++i)
        CHECK(system[j * stride + i] == doctest::Approx(other[j * stride + i]).epsilon(1e-6).scale(1));
    std::vector<double> solution(stride), right(stride);
    for (std::size_t j = 0; j < n; ++j) right[j] = centre[j % d];
    solution = right;
    kernels::solve_lower(system.data(), stride, n, solution.data());
    for (std::size_t j = 0; j < n; ++j)
      CHECK(solution[j] == doctest::Approx(system[j * stride + n]).epsilon(1e-6).scale(1));
    std::vector<double> squares(n * stride), by_hand(n * stride);
    kernels::add_squares(system.data(), stride, n, n, squares.data(), stride);
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t i = j; i < n; ++i) by_hand[j * stride + i] += system[k * stride + i] * system[k * stride + j];
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = j; i < n; ++i)
        CHECK(squares[j * stride + i] == doctest::Approx(by_hand[j * stride + i]).scale(1));
    kernels::solve_lower_transposed(system.data(), stride, n, solution.data());
    for (std::size_t j = 0; j < n; ++j) {  // Lᵀ x = L⁻¹ b
      double sum = 0;
      for (std::size_t i = j; i < n; ++i) sum += system[j * stride + i] * solution[i];
      CHECK(sum == doctest::Approx(system[j * stride + n]).epsilon(1e-6).scale(1));
    }
  }
  std::vector<double> indefinite(4 * 20);
  indefinite[0] = 1, indefinite[1] = 2, indefinite[21] = 1;
  CHECK_FALSE(kernels::cholesky(indefinite.data(), 20, 2, 2));
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

TEST_CASE("the nearest samples are those of all that are remembered, wherever the window goes") {
  RandomStream stream = make_stream(2, 0, "neighbours");
  constexpr std::size_t d = 3, most = 20, memory = 400;
  Neighbours near(d, memory, most);
  Window window(d);
  Vector centre = drawn(stream, d, 0.3, 0.7);
  window.begin(span_of(centre), 0.5);
  std::vector<Vector> all;
  const auto add = [&](const Vector& x) {
    all.push_back(x);
    near.add(span_of(x), static_cast<double>(all.size()));
  };
  for (int k = 0; k < 300; ++k) add(drawn(stream, d, 0, 1));
  double worst = 0;
  for (int round = 0; round < 300; ++round) {
    const Vector x = centre + window.half_width() * drawn(stream, d, -1, 1);
    add(x);
    if (round % 3 == 0) centre = x, window.move_to(span_of(centre));
    if (round % 50 == 49) {  // a new descent, and samples that nobody asked for
      for (int k = 0; k < 150; ++k) add(drawn(stream, d, 0, 1));
      centre = drawn(stream, d, 0.2, 0.8), window.begin(span_of(centre), 0.5);
    }
    window.scale(stream.uniform(0.8, 1.15));
    near.find(window, 1e9);
    REQUIRE(near.count() == most);
    double found = 0;
    for (std::size_t k = 0; k < most; ++k) {
      Vector z(d);
      for (std::size_t i = 0; i < d; ++i) z[static_cast<Eigen::Index>(i)] = near.coordinates()[i * near.stride() + k];
      CHECK(z.squaredNorm() == doctest::Approx(near.squared_distance(k)));
      const Vector& sample = all[static_cast<std::size_t>(near.value(k)) - 1];
      CHECK((window.inverse() * (sample - window.centre()) - z).norm() < 1e-9 * (1 + z.norm()));
      found = std::max(found, near.squared_distance(k));
    }
    std::vector<double> distances;
    for (std::size_t k = all.size() - std::min(memory, all.size()); k < all.size(); ++k)
      distances.push_back((window.inverse() * (all[k] - window.centre())).squaredNorm());
    std::ranges::nth_element(distances, distances.begin() + most - 1);
    worst = std::max(worst, found / distances[most - 1]);
  }
  CHECK(worst <= 1 / (0.75 * 0.75) + 1e-9);  // what the list lacks is hardly nearer than the farthest that it has
  near.find(window, 0.5);
  for (std::size_t k = 0; k < near.count(); ++k) CHECK(near.squared_distance(k) <= 0.25);
}

TEST_CASE("the vectorised kernels are what they are one by one, for every remainder, with and without AVX2") {
  check_kernels();
  if (!test::Targets::have_old()) return;
  const test::Targets only(test::Targets::old);
  check_kernels();
}

TEST_CASE("the fit finds a quadratic, from as many samples as it has coefficients") {
  RandomStream stream = make_stream(3, 0, "fit");
  for (const Eigen::Index d : {1, 2, 5}) {
    CAPTURE(d);
    const Quadratic f(stream, d);
    Window window(static_cast<std::size_t>(d));
    const Vector centre = drawn(stream, d, 0.3, 0.7);
    window.begin(span_of(centre), 0.1);
    RidgeFit fit(static_cast<std::size_t>(d), {.prior = 300, .precision = 1e-4});
    Model model;
    const std::size_t most = fit_samples(static_cast<std::size_t>(d), {});
    Neighbours near(static_cast<std::size_t>(d), 10000, most);
    near.add(span_of(centre), f(centre));
    for (std::size_t n = 1; n < 3 * most; ++n) {
      const Vector x = centre + window.transform() * drawn(stream, d, -1, 1);
      near.add(span_of(x), f(x));
      near.find(window, 40);
      fit(near, f(centre), 0, model);
      const Vector z = drawn(stream, d, -1, 1);
      const double miss =
          model.valid
              ? std::abs(model.offset + model.range * model(z) - f(centre + window.transform() * z)) / model.range
              : 1;
      if (n > fit.coefficients() + 2) CHECK(miss < 1e-3);
      if (!model.valid || n % 5 != 0) continue;
      // One sample more is as good as a fit that has it.
      Model more = model;
      RidgeFit another = fit;
      const Vector extra = drawn(stream, d, -1, 1);
      const Vector at = centre + window.transform() * extra;
      another.add(extra, f(at), more);
      CHECK(more.samples == model.samples + 1);
      if (n > fit.coefficients() + 2) {
        CHECK((more.gradient - model.gradient).norm() < 1e-3 * (1 + model.gradient.norm()));
        CHECK((more.hessian - model.hessian).norm() < 1e-3 * (1 + model.hessian.norm()));
      }
    }
  }
}

TEST_CASE("samples far away are trusted where a quadratic fits them, and nowhere else") {
  constexpr Eigen::Index d = 4;
  const auto error = [&](double bend, double finest) {
    FitOptions options;
    options.finest = finest;
    Place place("trust", d, options);
    const Quadratic q(place.stream, d);
    const auto f = [&](const Vector& x) { return q(x) + bend * std::exp(3 * x.sum()); };
    place.sample(24, f);
    place.window.scale(0.05);  // the samples lie up to 40 half-widths away
    RidgeFit ridge(d, options);
    Model model;
    for (int round = 0; round < 8; ++round) {
      place.near.find(place.window, options.reach);
      ridge(place.near, f(place.centre), 0, model);
      REQUIRE(model.valid);
    }
    double sum = 0;
    for (int k = 0; k < 20; ++k) {
      const Vector z = drawn(place.stream, d, -1, 1);
      sum += std::abs(model(z) - model.scaled(f(place.centre + place.window.transform() * z)));
    }
    return sum / 20;
  };
  CHECK(error(0, 1000) < 0.03 * error(0, 1));
  CHECK(error(0.3, 1000) < 1.5 * error(0.3, 1));
}

TEST_CASE("with few samples the window's metric is the Hessian's shape") {
  constexpr Eigen::Index d = 5;
  Place place("prior", d);
  place.sample(7, [&](const Vector& x) {  // of 21 coefficients
    return (place.window.inverse() * (x - place.centre)).squaredNorm();
  });
  RidgeFit fit(d, {});
  Model model;
  place.near.find(place.window, 40);
  fit(place.near, 0, 0, model);
  REQUIRE(model.valid);
  CHECK((model.hessian * model.range - 2 * Matrix::Identity(d, d)).norm() < 0.2);
  CHECK(model.gradient.norm() * model.range < 0.3);  // at |z| = 1 it is 2
}

TEST_CASE("a step is Newton's inside, Levenberg's at the limit, downhill at a saddle, and keeps to the cube") {
  RandomStream stream = make_stream(4, 0, "step");
  for (const Eigen::Index d : {2, 5}) {
    TrustStep step(Region::cube(static_cast<std::size_t>(d)));
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
  TrustStep step(Region::cube(2));
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

TEST_CASE("with many samples the fit over coefficients is the one over samples") {
  constexpr Eigen::Index d = 3;
  FitOptions options;
  options.samples = 12;
  Place place("many", d, options);
  const auto f = [](const Vector& x) { return std::sin(3 * x[0]) + x[1] * x[1] * x[2]; };
  RidgeFit over_samples(d, options), over_coefficients(d, options);
  const double noise = 0.01;
  const std::size_t most = 2 * (over_samples.coefficients() + 1);  // and one more is too many for the dual
  place.sample(most - 1, f);
  Model model, expected;
  place.near.find(place.window, 40);
  REQUIRE(place.near.count() == most);
  over_samples(place.near, f(place.centre), 0, model, noise);
  for (int k = 0; k < 3; ++k) {
    const Vector x = place.point();
    over_samples.add(place.window.inverse() * (x - place.centre), f(x), model);
    place.near.add(span_of(x), f(x));
    if (k > 0) {
      over_coefficients.add(place.window.inverse() * (x - place.centre), f(x), expected);
    } else {
      place.near.find(place.window, 40);
      over_coefficients(place.near, f(place.centre), 0, expected, noise);
    }
    // The range is a median, which new samples may have moved.
    CHECK((model.gradient * model.range - expected.gradient * expected.range).norm() < 0.02 * expected.range);
    CHECK((model.hessian * model.range - expected.hessian * expected.range).norm() < 0.05 * expected.range);
    CHECK(model.samples == expected.samples);
  }
}

TEST_CASE("a sample more changes the model as a fit with it does") {
  constexpr Eigen::Index d = 3;
  Place place("add", d);
  const auto f = [](const Vector& x) { return std::sin(3 * x[0]) + x[1] * x[1] * x[2]; };
  place.sample(9, f);
  RidgeFit fit(d, {}), whole(d, {});
  Model model, expected;
  place.near.find(place.window, 40);
  fit(place.near, f(place.centre), 0.1, model);
  const Vector x = place.point();
  fit.add(place.window.inverse() * (x - place.centre), f(x), model);
  place.near.add(span_of(x), f(x));
  place.near.find(place.window, 40);
  whole(place.near, f(place.centre), 0.1, expected);
  // The range is a median, which the new sample may have moved.
  CHECK((model.gradient * model.range - expected.gradient * expected.range).norm() < 0.05 * expected.range);
  CHECK((model.hessian * model.range - expected.hessian * expected.range).norm() < 0.05 * expected.range);
}

TEST_CASE("a distribution whitens what it colours, and shrinks onto a minimum") {
  RandomStream stream = make_stream(5, 0, "distribution");
  constexpr std::size_t d = 4, population = 10;
  Distribution distribution(Region::cube(d), population);
  const Vector target = Vector::Constant(d, 0.6);
  distribution.begin(Vector::Constant(d, 0.3), 0.2);
  std::vector<double> points(d * population), point(d), distance(population);
  std::vector<std::size_t> order(population);
  for (int generation = 0; generation < 150; ++generation) {
    for (std::size_t k = 0; k < population; ++k) {
      distribution.sample(stream, point);
      distance[k] = 0, order[k] = k;
      for (std::size_t i = 0; i < d; ++i) {
        points[i * population + k] = point[i];
        distance[k] += (point[i] - target[0]) * (point[i] - target[0]);
      }
    }
    std::ranges::sort(order, {}, [&](std::size_t k) { return distance[k]; });
    distribution.tell(points.data(), population, order);
  }
  CHECK((distribution.mean() - target).norm() < 1e-6);
  CHECK(distribution.deviation() < 1e-5);
  CHECK((distribution.whitening() * distribution.colouring() - Matrix::Identity(d, d)).norm() < 1e-9);
}

TEST_CASE("a surrogate is exact on quadratics, and its ranks agree") {
  RandomStream stream = make_stream(6, 0, "surrogate");
  constexpr Eigen::Index d = 3;
  constexpr std::size_t some = 5, stride = some + kernels::padding;
  const Quadratic f(stream, d);
  Distribution distribution(Region::cube(d), 8);
  distribution.begin(Vector::Constant(d, 0.5), 0.2);
  Surrogate surrogate(d, 40);
  surrogate.fit(distribution);
  CHECK_FALSE(surrogate.valid());
  for (int k = 0; k < 70; ++k) {  // the oldest are forgotten; between fits from scratch samples are added to the model
    const Vector x = drawn(stream, d, 0, 1);
    surrogate.add(span_of(x), f(x));
    if (k < 20) continue;
    surrogate.fit(distribution);
    REQUIRE(surrogate.valid());
    std::vector<double> points(d * stride), values(stride);
    std::vector<Vector> places;
    for (std::size_t p = 0; p < some; ++p) {
      places.push_back(drawn(stream, d, 0, 1));
      for (std::size_t i = 0; i < d; ++i) points[i * stride + p] = places[p][static_cast<Eigen::Index>(i)];
    }
    surrogate.predict(points.data(), stride, some, values.data());
    for (std::size_t p = 0; p < some; ++p) CHECK(values[p] == doctest::Approx(f(places[p])).epsilon(1e-5));
    CHECK(surrogate.agreement(15) == 1);
    CHECK(surrogate.agreement(100) == 1);
    Vector lowest;
    REQUIRE(surrogate.minimum(lowest));
    CHECK((lowest + f.h.ldlt().solve(f.g)).norm() < 1e-4 * (1 + lowest.norm()));
  }
  CHECK(surrogate.size() == 40);
}

}  // namespace rover::search
