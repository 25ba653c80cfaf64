#include "env/landscapes/differenced.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "env/landscapes/function.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"

using namespace rover;

TEST_CASE("derivatives by differences: near the exact ones, at edges too, and as many calls as are charged") {
  for (const char* id : {"rosenbrock", "styblinski", "griewank"}) {
    for (const std::size_t d : {2u, 3u, 5u}) {
      CAPTURE(id);
      CAPTURE(d);
      const std::shared_ptr<const Landscape> exact = landscapes().make(id, {{"dimension", std::to_string(d)}});
      std::uint64_t calls = 0;
      bool inside = true;
      const Box& box = exact->domain();
      const std::shared_ptr<const Landscape> counted = make_function(
          [&](Reals x) {
            ++calls;
            for (std::size_t i = 0; i < d; ++i) inside = inside && x[i] >= box.low[i] && x[i] <= box.high[i];
            return exact->value(x);
          },
          box);
      const auto differenced = make_differenced(counted);
      RandomStream stream = make_stream(7, d, "points");
      for (const bool edge : {false, true}) {
        std::vector<double> x(d), g(d), h(d * d), g_exact(d), h_exact(d * d), value(1);
        for (std::size_t i = 0; i < d; ++i) x[i] = edge ? box.low[i] : stream.uniform(box.low[i], box.high[i]);
        exact->gradients(x, g_exact, nullptr);
        exact->hessians(x, h_exact);
        double slope = 0, bend = 0;
        for (const double one : g_exact) slope = std::max(slope, std::abs(one));
        for (const double one : h_exact) bend = std::max(bend, std::abs(one));
        const double size = std::abs(exact->value(x)) + slope, h1 = 6e-6 * box.high[0], h2 = 1.2e-4 * box.high[0];

        calls = 0;
        differenced->values_and_gradients(x, value, g, nullptr);
        CHECK(calls == 2 * d);
        CHECK(std::abs(value[0] - exact->value(x)) < 1e-9 * size + 2 * h1 * h1 * bend);
        for (std::size_t i = 0; i < d; ++i)
          CHECK(std::abs(g[i] - g_exact[i]) < 1e-7 * size + (edge ? 2 * h1 * bend : 0));

        calls = 0;
        differenced->values_and_derivatives(x, value, g, h, nullptr);
        CHECK(calls == 2 * d + 2 * d * d);
        for (std::size_t k = 0; k < d * d; ++k)
          CHECK(std::abs(h[k] - h_exact[k]) < (1e-4 + 3 * h2 * h2 + (edge ? 4 * h2 : 0)) * bend + 1e-6 * size);
        CHECK(inside);
      }
    }
  }
}

TEST_CASE("derivatives by differences: a quadratic's are exact but for rounding") {
  const std::shared_ptr<const Landscape> f =
      make_function([](Reals x) { return 3 * x[0] * x[0] + 2 * x[0] * x[1] + x[1] * x[1] - x[1]; }, {{-5, -5}, {5, 5}});
  const auto differenced = make_differenced(f);
  std::vector<double> value(1), g(2), h(4);
  differenced->values_and_derivatives(std::vector<double>{5, -2}, value, g, h, nullptr);  // x₀ at its edge
  CHECK(g[0] == doctest::Approx(26).epsilon(1e-6));
  CHECK(g[1] == doctest::Approx(5).epsilon(1e-6));
  CHECK(h[0] == doctest::Approx(6).epsilon(1e-5));
  CHECK(h[1] == doctest::Approx(2).epsilon(1e-5));
  CHECK(h[3] == doctest::Approx(2).epsilon(1e-5));
}
