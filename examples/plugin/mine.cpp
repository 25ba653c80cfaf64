// A plug-in of the `rover` program: an agent and a surface of one's own (README.md tells the whole way).
#include <cmath>

#include "agents/agent.h"
#include "agents/classical/bounds.h"
#include "core/plugin.h"
#include "env/landscapes/function.h"
#include "env/landscapes/registry.h"

struct OnePlusOneOptions {  // what it lists is explained, checked, recorded and tuned
  double sigma = 0.2;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("sigma", sigma, "first step as a share of the box", rover::above(0, 1));
  }
};

// (1+1)-ES with the fifth rule (Rechenberg 1973): normal steps from the best point, wider after a gain, else narrower.
struct OnePlusOne : rover::Agent {
  explicit OnePlusOne(double first_sigma) : options{first_sigma} {}
  void reset(const rover::Problem& problem, std::uint64_t seed, rover::Action& first) override {
    box = problem.domain, stream = rover::make_stream(seed, 0, "steps"), sigma = options.sigma;
    best.clear(), first = {};  // look at the value where we stand
  }
  void act(const rover::Observation& seen, rover::Action& next) override {
    if (best.empty()) asked.assign(seen.pose.begin(), seen.pose.end()), value = INFINITY;
    const bool gained = seen.values[0] < value;
    if (gained) best = asked, value = seen.values[0];
    sigma *= gained ? std::exp(0.8) : std::exp(-0.2);
    for (std::size_t i = 0; i < best.size(); ++i)
      asked[i] = best[i] + sigma * (box->high[i] - box->low[i]) * stream.normal();
    rover::project(asked, *box);
    rover::move_to(best, seen.pose, *box, next.move);  // stand on the best point
    next.query.points = asked;                         // and look there
  }
  OnePlusOneOptions options;
  const rover::Box* box = nullptr;
  rover::RandomStream stream;
  std::vector<double> asked, best;
  double sigma = 0, value = 0;
};

double egg_crate(rover::Reals x) {
  return x[0] * x[0] + x[1] * x[1] + 25 * (std::pow(std::sin(x[0]), 2) + std::pow(std::sin(x[1]), 2));
}

ROVER_PLUGIN([] {
  rover::agents().add<OnePlusOneOptions>(
      "one-plus-one", "(1+1)-ES with the fifth rule",
      [](const auto& options) { return std::make_unique<OnePlusOne>(options.sigma); },
      {.tuning = {{"sigma", {"0.05", "0.1", "0.2", "0.5"}}}});
  rover::landscapes().add<rover::NoOptions>("egg-crate", "a bowl with dents",
                                            [](const auto&) {
                                              return rover::make_function(
                                                  egg_crate, {{-5, -5}, {5, 5}},
                                                  {.name = "egg-crate", .optimum = rover::Optimum{{0, 0}, 0}});
                                            },
                                            {.capabilities = {.min_dimension = 2, .max_dimension = 2}});
})
