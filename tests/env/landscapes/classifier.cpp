#include "env/landscapes/classifier.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"

namespace rover {
namespace {

using Vector = std::vector<double>;

Classifier::Data three_samples() {
  return std::make_shared<LabelledData>(LabelledData{3, 2, 2, {1, 2, -1, 0.5f, 0, -1}, {0, 1, 1}});
}

Classifier::Data random_data(std::size_t samples, std::size_t features, std::size_t classes) {
  auto data = std::make_shared<LabelledData>(LabelledData{samples, features, classes, {}, {}});
  RandomStream stream = make_stream(8, 0, "data");
  for (std::size_t k = 0; k < samples * features; ++k) data->inputs.push_back(static_cast<float>(stream.normal()));
  for (std::size_t k = 0; k < samples; ++k) data->labels.push_back(static_cast<std::uint8_t>(stream.below(classes)));
  return data;
}

}  // namespace

TEST_CASE("a 2-1-2 classifier, by hand, in float and in double, of every activation") {
  const Vector w{0.5, -0.25, 0.1, 1.5, -0.7, 0.2, -0.3};  // W₁, b₁, W₂, b₂
  const double x[3][2] = {{1, 2}, {-1, 0.5}, {0, -1}};
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu}) {
    double expected = 0, wrong = 0;
    for (std::size_t s = 0; s < 3; ++s) {
      const double sum = 0.5 * x[s][0] - 0.25 * x[s][1] + 0.1;
      const double h = activation == Activation::tanh   ? std::tanh(sum)
                       : activation == Activation::relu ? std::max(sum, 0.0)
                       : sum > 0                        ? sum
                                                        : std::expm1(sum);
      const double z0 = 1.5 * h + 0.2, z1 = -0.7 * h - 0.3;
      expected += (std::log(std::exp(z0) + std::exp(z1)) - (s == 0 ? z0 : z1)) / 3;
      wrong += ((z0 >= z1) != (s == 0)) / 3.0;
    }
    for (const bool in_double : {false, true}) {
      const Classifier f("small", three_samples(),
                         {.hidden = {1}, .activation = activation, .minibatch = 0, .in_double = in_double},
                         three_samples());
      CHECK(f.dimension() == 7);
      CHECK(f.value(w) == doctest::Approx(expected).epsilon(in_double ? 1e-14 : 1e-6));
      CHECK(f.validation(w) == f.value(w));
      CHECK(f.validation_error(w) == doctest::Approx(wrong));
      CHECK(!f.is_noisy());
    }
  }
}

TEST_CASE("gradients of deep classifiers are differences of values; float follows double") {
  const auto data = random_data(37, 5, 3);
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu}) {
    const Classifier exact("deep", data,
                           {.hidden = {7, 4}, .activation = activation, .minibatch = 0, .in_double = true}),
        fast("deep", data, {.hidden = {7, 4}, .activation = activation, .minibatch = 0});
    Vector x(exact.dimension()), g(x.size()), rough(x.size()), value(1), rough_value(1);
    RandomStream stream = make_stream(1, 0, "start");
    exact.sample_start(stream, x);
    exact.values_and_gradients(x, value, g, nullptr);
    fast.values_and_gradients(x, rough_value, rough, nullptr);
    CHECK(value[0] == exact.value(x));
    CHECK(rough_value[0] == doctest::Approx(value[0]).epsilon(1e-6));
    for (std::size_t k = 0; k < x.size(); ++k) {
      Vector up = x, down = x;
      up[k] += 1e-6, down[k] -= 1e-6;
      CHECK(std::abs((exact.value(up) - exact.value(down)) / 2e-6 - g[k]) < 1e-8);
      CHECK(std::abs(rough[k] - g[k]) < 1e-6);
    }
  }
}

TEST_CASE("Hessian times vector is the difference of gradients, on all data and on minibatches; float follows double") {
  const auto data = random_data(300, 5, 3);
  for (const Activation activation : {Activation::tanh, Activation::relu})
    for (const std::size_t minibatch : {0u, 19u}) {
      const Classifier exact("deep", data,
                             {.hidden = {7, 4}, .activation = activation, .minibatch = minibatch, .in_double = true}),
          fast("deep", data, {.hidden = {7, 4}, .activation = activation, .minibatch = minibatch});
      const std::size_t d = exact.dimension();
      Vector x(d), v(d), product(d), rough(d), differences(d);
      RandomStream stream = make_stream(1, 0, "start");
      exact.sample_start(stream, x), stream.normals(v);
      for (double& entry : v) entry *= 1e3;
      RandomStream noise = make_stream(3, 0, "noise"), twin = noise, third = noise;
      const auto or_null = [&](RandomStream& of) { return minibatch > 0 ? &of : nullptr; };
      exact.hessian_product(x, v, product, or_null(noise));
      fast.hessian_product(x, v, rough, or_null(twin));
      exact.Landscape::hessian_product(x, v, differences, or_null(third));
      CHECK(noise == twin);
      CHECK(noise == third);
      double largest = 0;
      for (const double entry : product) largest = std::max(largest, std::abs(entry));
      CHECK(largest > 10);
      for (std::size_t k = 0; k < d; ++k) {
        CHECK(std::abs(product[k] - differences[k]) < 1e-6 * largest);
        CHECK(std::abs(product[k] - rough[k]) < 1e-5 * largest);
      }
    }
}

TEST_CASE("a noisy look sees one minibatch for value and gradient, whose mean is the surface's") {
  const Classifier f("batches", random_data(50, 4, 3), {.hidden = {6}, .minibatch = 8});
  CHECK(f.is_noisy());
  Vector x(f.dimension()), g(x.size()), again(x.size()), value(1), other(1), mean(x.size()), full(x.size());
  RandomStream stream = make_stream(2, 0, "start");
  f.sample_start(stream, x);
  RandomStream noise = make_stream(3, 0, "noise"), twin = noise, third = noise;
  f.values_and_gradients(x, value, g, &noise);
  f.gradients(x, again, &twin);
  f.values(x, other, &third);
  CHECK(noise == twin);
  CHECK(g == again);
  CHECK(value == other);
  f.gradients(x, full, nullptr);
  CHECK(g != full);
  constexpr int looks = 4000;
  for (int k = 0; k < looks; ++k) {
    f.gradients(x, g, &noise);
    for (std::size_t i = 0; i < x.size(); ++i) mean[i] += g[i] / looks;
  }
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::abs(mean[i] - full[i]) < 0.02);
}

TEST_CASE("starts lie within 1/√inputs of each layer, the layout says what is where, NaN does not vanish") {
  const Classifier f("layers", random_data(20, 9, 3), {.hidden = {16}, .minibatch = 4}),
      curved("layers", random_data(20, 9, 3), {.hidden = {16}, .activation = Activation::elu});
  Vector x(f.dimension());
  RandomStream stream = make_stream(2, 0, "start");
  f.sample_start(stream, x);
  const Layout layout = f.layout();
  REQUIRE(layout.size() == 4);
  CHECK(layout[0].rows == 16);
  CHECK(layout[0].columns == 9);
  CHECK(layout[2].begin == 9 * 16 + 16);
  CHECK(layout[3].kind == Tensor::Kind::bias);
  CHECK(size_of(layout) == f.dimension());
  double most = 0;
  for (std::size_t k = 0; k < 160; ++k) most = std::max(most, std::abs(x[k]));
  CHECK(most <= 1 / 3.0);
  CHECK(most > 0.9 / 3);
  for (const std::size_t k : {std::size_t{0}, std::size_t{150}, x.size() - 1}) {
    Vector bad = x, g(x.size());
    bad[k] = NAN;
    CHECK(std::isnan(f.value(bad)));
    CHECK(std::isnan(curved.value(bad)));
  }
  CHECK_THROWS_AS(Classifier("none", random_data(2, 2, 2), {.hidden = {0}}), UsageError);
  CHECK_THROWS_AS(Classifier("none", random_data(0, 2, 2), {}), UsageError);
}

}  // namespace rover
