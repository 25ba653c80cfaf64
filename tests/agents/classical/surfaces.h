#pragma once
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/runner.h"
#include "env/landscapes/function.h"
#include "env/surface_env.h"

namespace rover::test {

inline Box cube(std::size_t d, double low, double high) {
  return {std::vector<double>(d, low), std::vector<double>(d, high)};
}

/// A surface from lambdas; derivatives only where they are given.
inline std::shared_ptr<const Landscape> surface_of(Box box, std::function<double(Reals)> value,
                                                   std::function<void(Reals, MutReals)> gradient = {},
                                                   std::function<void(Reals, MutReals)> hessian = {},
                                                   std::optional<Optimum> optimum = {}) {
  return make_function(std::move(value), std::move(box),
                       {"test surface", std::move(gradient), std::move(hessian), std::move(optimum)});
}

/// c Σ x², domain [−4, 4]^d.
inline std::shared_ptr<const Landscape> bowl(std::size_t d, double c = 1) {
  const auto value = [c](Reals x) {
    double sum = 0;
    for (const double xi : x) sum += xi * xi;
    return c * sum;
  };
  const auto gradient = [c](Reals x, MutReals g) {
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = 2 * c * x[i];
  };
  const auto hessian = [c](Reals x, MutReals h) {
    for (std::size_t i = 0; i < h.size(); ++i) h[i] = i % (x.size() + 1) == 0 ? 2 * c : 0;
  };
  return surface_of(cube(d, -4, 4), value, gradient, hessian, Optimum{std::vector<double>(d, 0), 0});
}

/// Rosenbrock's function in the plane, domain [−2, 2]².
inline std::shared_ptr<const Landscape> rosenbrock() {
  const auto value = [](Reals x) {
    return 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]) + (1 - x[0]) * (1 - x[0]);
  };
  const auto gradient = [](Reals x, MutReals g) {
    g[0] = -400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]);
    g[1] = 200 * (x[1] - x[0] * x[0]);
  };
  const auto hessian = [](Reals x, MutReals h) {
    h[0] = 1200 * x[0] * x[0] - 400 * x[1] + 2, h[1] = h[2] = -400 * x[0], h[3] = 200;
  };
  return surface_of(cube(2, -2, 2), value, gradient, hessian, Optimum{{1, 1}, 0});
}

/// x⁴ − x² + 0.1 x + y²: the deeper well lies at x ≈ −0.73, f ≈ −0.32192, the other at x ≈ 0.68, f ≈ −0.18059. No
/// derivatives.
inline std::shared_ptr<const Landscape> two_wells() {
  return surface_of(cube(2, -2, 2), [](Reals x) { return std::pow(x[0], 4) - x[0] * x[0] + 0.1 * x[0] + x[1] * x[1]; });
}

struct Look {
  Action action;
  std::vector<double> pose, values;
};

struct Game {
  EpisodeInfo info;
  std::vector<Look> looks;  ///< the first one after reset
};

/// Plays an agent of the registry and remembers everything.
inline Game play_on(const std::shared_ptr<const Landscape>& surface, Agent& agent, std::vector<double> start,
                    std::uint64_t budget, std::uint64_t seed = 1,
                    std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max()) {
  const auto env = make_surface_env(surface, {.budget = budget, .start = std::move(start)});
  Game game;
  game.info =
      play(agent, *env, seed, max_iterations, [&](const Action& action, const StepResult& result, const EpisodeInfo&) {
        const Observation& seen = result.observation;
        game.looks.push_back({action, {seen.pose.begin(), seen.pose.end()}, {seen.values.begin(), seen.values.end()}});
      });
  return game;
}

inline Game play_on(const std::shared_ptr<const Landscape>& surface, const std::string& id, const Settings& settings,
                    std::vector<double> start, std::uint64_t budget, std::uint64_t seed = 1,
                    std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max()) {
  const auto agent = agents().make(id, settings);
  return play_on(surface, *agent, std::move(start), budget, seed, max_iterations);
}

}  // namespace rover::test
