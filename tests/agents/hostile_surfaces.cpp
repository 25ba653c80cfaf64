// Hostile surfaces: every agent plays on each, in few and many dimensions, with and without bounds kept, noise, and NaN
// counted as worst. It may fail with a sentence; it must not crash, hang, exceed the budget or report a best value that
// is not finite.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "agents/runner.h"
#include "core/random.h"
#include "env/landscapes/function.h"
#include "env/surface_env.h"

namespace rover {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

double norm2(Reals x) {
  double sum = 0;
  for (const double xi : x) sum += xi * xi;
  return sum;
}

struct Hostile {
  const char* name;
  double (*f)(Reals);
  double low = -5, high = 5;
};

const Hostile hostile[] = {
    {"constant", [](Reals) { return 3.0; }},
    {"zero", [](Reals) { return 0.0; }},
    {"minus zero", [](Reals) { return -0.0; }},
    {"nan everywhere", [](Reals) { return nan; }},
    {"infinite everywhere", [](Reals) { return infinity; }},
    {"minus infinity everywhere", [](Reals) { return -infinity; }},
    {"nan in a half", [](Reals x) { return x[0] > 0 ? nan : norm2(x); }},
    {"infinite in a half", [](Reals x) { return x[0] > 0 ? infinity : norm2(x); }},
    {"minus infinity at a corner", [](Reals x) { return x[0] > 4.5 ? -infinity : norm2(x); }},
    {"nan but at a point", [](Reals x) { return x[0] == 0 ? 0.0 : nan; }},
    {"nan on a comb", [](Reals x) { return std::fmod(std::floor(x[0] * 10), 3) == 0 ? nan : norm2(x); }},
    {"huge", [](Reals x) { return 1e300 * (1 + norm2(x)); }},
    {"to the last number", [](Reals x) { return norm2(x) > 1 ? std::numeric_limits<double>::max() : norm2(x); }},
    {"minus the last number", [](Reals x) { return norm2(x) > 1 ? 0 : -std::numeric_limits<double>::max(); }},
    {"denormal", [](Reals x) { return 1e-310 * norm2(x); }},
    {"below rounding", [](Reals x) { return 1e16 + norm2(x); }},
    {"steps", [](Reals x) { return std::floor(norm2(x)); }},
    {"needle", [](Reals x) { return norm2(x) < 1e-12 ? -1.0 : 0.0; }},
    {"noise of the last bit", [](Reals x) { return std::sin(1e15 * norm2(x)); }},
    {"cliff", [](Reals x) { return x[0] < 0 ? 1e9 - x[0] : x[0]; }},
    {"downhill for ever", [](Reals x) { return -x[0]; }},
    {"exponential", [](Reals x) { return std::exp(200 * x[0]); }},
    {"pole", [](Reals x) { return 1 / x[0]; }},
    {"logarithm of a negative", [](Reals x) { return std::log(x[0]); }},
    {"kink", [](Reals x) { return std::sqrt(std::sqrt(norm2(x))); }},
    {"one coordinate", [](Reals x) { return x[0] * x[0]; }},
    {"ill-conditioned", [](Reals x) { return norm2(x) + 1e12 * x[0] * x[0]; }},
    {"tiny box", norm2, 1, 1 + 1e-12},
    {"smallest box", norm2, 1, std::nextafter(1.0, 2.0)},
    {"huge box", norm2, -1e150, 1e150},
    {"far box", norm2, 1e15, 1e15 + 4},
    {"denormal box", norm2, 0, 1e-310},
    {"throws",
     [](Reals x) -> double { return x[0] > 1 ? throw std::runtime_error("the simulator gave up") : norm2(x); }},
};

}  // namespace

TEST_CASE("hostile surfaces end with a value or with a sentence, for every agent") {
  std::size_t pairs = 0;
  for (const auto& id : agents().ids())
    for (const Hostile& surface : hostile)
      for (const std::size_t d : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}})
        for (const bool worst : {false, true}) {
          CAPTURE(id);
          CAPTURE(surface.name);
          CAPTURE(d);
          CAPTURE(worst);
          ++pairs;
          std::uint64_t calls = 0;
          FunctionOptions options;
          options.noise_deviation = d == 7 ? 0.1 : 0;
          options.gradient = [f = surface.f](Reals x, MutReals g) {  // forward differences: as hostile as the values
            std::vector<double> moved(x.begin(), x.end());
            for (std::size_t k = 0; k < g.size(); ++k) {
              moved[k] = x[k] + 1e-6;
              g[k] = (f(moved) - f(x)) / 1e-6;
              moved[k] = x[k];
            }
          };
          options.hessian = [](Reals x, MutReals h) {
            for (std::size_t k = 0; k < h.size(); ++k) h[k] = k % (x.size() + 1) == 0 ? x[0] : 0;
          };
          std::unique_ptr<Agent> agent;
          EpisodeInfo info;
          const std::uint64_t budget = 150;
          try {
            const std::shared_ptr<const Landscape> landscape = make_function(
                [&calls, f = surface.f](Reals x) {
                  ++calls;
                  return f(x);
                },
                {std::vector<double>(d, surface.low), std::vector<double>(d, surface.high)}, options);
            agent = agents().make(id, id == "rover"  ? Settings{{"heading", "newton-fit"}, {"policy", "random"}}
                                      : id == "lipo" ? Settings{{"run_length", "30"}}  // the n-th costs as much as n
                                                     : Settings{});
            const auto env = make_surface_env(landscape, {.budget = budget,
                                                          .clamp = d != 3,
                                                          .noisy = true,
                                                          .on_bad_value = worst ? BadValue::penalise : BadValue::fail});
            info = play(*agent, *env, 5, 200);
          } catch (const std::exception& error) {
            CHECK(std::string(error.what()).size() > 10);  // a sentence
            continue;
          }
          CHECK(info.evaluations <= budget);
          CHECK(calls <= budget);
          CHECK(!std::isnan(info.best_value));
          CHECK((info.best_value == infinity || std::isfinite(info.best_value)));
        }
  CHECK(pairs >= 4000);
}

}  // namespace rover
