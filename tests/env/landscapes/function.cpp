#include "env/landscapes/function.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"

using namespace rover;

TEST_CASE("a function and its box are a landscape; derivatives, optimum and noise where they are given") {
  const auto f = [](Reals x) { return x[0] * x[0] + 3 * x[1]; };
  const auto plain = make_function(f, {{-1, -2}, {1, 2}});
  CHECK(plain->name() == "function");
  CHECK(plain->dimension() == 2);
  CHECK(plain->domain().high == std::vector<double>{1, 2});
  CHECK_FALSE(plain->optimum());
  CHECK_FALSE(plain->has_gradient());
  CHECK_FALSE(plain->is_noisy());
  std::vector<double> points{1, 2, -1, 0}, values(2), out(4);
  plain->values(points, values, nullptr);
  CHECK(values == std::vector<double>{7, 1});
  CHECK_THROWS_AS(plain->gradients(points, out, nullptr), std::logic_error);
  CHECK_THROWS_AS(plain->hessians(points, out), std::logic_error);

  const auto all = make_function(f, {{-1, -2}, {1, 2}},
                                 {.name = "mine",
                                  .gradient = [](Reals x, MutReals g) { g[0] = 2 * x[0], g[1] = 3; },
                                  .hessian = [](Reals, MutReals h) { h[0] = 2, h[1] = h[2] = h[3] = 0; },
                                  .optimum = Optimum{{0, -2}, -6},
                                  .noise_deviation = 0.1});
  CHECK(all->name() == "mine");
  all->gradients(points, out, nullptr);
  CHECK(out == std::vector<double>{2, 3, -2, 3});
  all->hessians(Reals(points).first(2), out);
  CHECK(out == std::vector<double>{2, 0, 0, 0});
  CHECK(all->optimum()->value == -6);
  CHECK(all->is_noisy());
  RandomStream stream = make_stream(1, 0, "noise");
  all->values(points, values, &stream);
  CHECK(values[0] != 7);
  CHECK(std::abs(values[0] - 7) < 1);
  CHECK(all->value(Reals(points).first(2)) == 7);
}

TEST_CASE("a function that does not fit its box is refused in one sentence") {
  const auto message = [](Box box, FunctionOptions options = {}) -> std::string {
    try {
      (void)make_function([](Reals) { return 0.0; }, std::move(box), std::move(options));
    } catch (const UsageError& error) { return error.what(); }
    return "";
  };
  CHECK(message({{}, {}}) == "the landscape 'function' has a box without coordinates");
  CHECK(message({{0, 0}, {1}}) == "the landscape 'function' has a box of 2 lower and 1 upper bounds");
  const std::string bounds = "the landscape 'function' needs finite bounds, the lower below the upper, for coordinate ";
  CHECK(message({{0, 1}, {1, 1}}) == bounds + "1");
  CHECK(message({{0}, {INFINITY}}) == bounds + "0");
  CHECK(message({{0}, {1}}, {.name = "f", .optimum = Optimum{{0, 0}, 0}}) ==
        "the landscape 'f' has an optimum that is not 1 finite coordinates and a finite value");
  CHECK_THROWS_AS((void)make_function({}, {{0}, {1}}), UsageError);
}
