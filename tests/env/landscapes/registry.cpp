#include "env/landscapes/registry.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace rover;

TEST_CASE("a pool's instances do not depend on its size, and go round the families") {
  LandscapeOptions options;
  options.noise_probability = 0.5, options.shear_probability = 0.5, options.warp_probability = 0.5;
  const std::vector<std::string> families{"quadratic", "valley", "saddle", "plateau"};
  const InstancePool small = make_pool(families, 10, 3, options), large = make_pool(families, 40, 3, options);
  CHECK(large.instances.size() == 40);
  std::set<double> starts;
  for (std::size_t k = 0; k < 40; ++k) {
    const auto& instance = large.instances[k];
    CHECK(instance.family == k % 4);
    CHECK(instance.landscape->name() == families[instance.family]);
    CHECK(instance.landscape->value(instance.start) == instance.start_value);
    CHECK(instance.start_value > instance.optimum_value);
    CHECK(instance.optimum == instance.landscape->optimum()->point);
    starts.insert(instance.start[0]);
    if (k < 10) {
      CHECK(small.instances[k].start == instance.start);
      CHECK(small.instances[k].start_value == instance.start_value);
      CHECK(small.instances[k].optimum == instance.optimum);
    }
  }
  CHECK(starts.size() == 40);
}

TEST_CASE("a probability is the share of instances") {
  LandscapeOptions options;
  options.noise_probability = 0.3;
  int noisy = 0;
  for (const auto& instance : make_pool({"valley"}, 1000, 1, options).instances)
    noisy += instance.landscape->is_noisy();
  CHECK(std::abs(noisy - 300) < 5 * 14.5);  // five standard deviations, √(1000·0.3·0.7)
}

TEST_CASE("wrong calls are one sentence") {
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const UsageError& error) { return error.what(); }
    return "";
  };
  const auto make = [&](const char* id, Settings settings) {
    return message([&] { landscapes().make(id, settings); });
  };
  CHECK(make("beale", {{"dimension", "5"}}) == "the landscape 'beale' has 2 dimensions, not 5");
  CHECK(make("valley", {{"dimension", "3"}}) == "the landscape 'valley' has 2 dimensions, not 3");
  CHECK(make("rosenbrock", {{"dimension", "1"}}) == "the landscape 'rosenbrock' needs at least 2 dimensions, not 1");
  CHECK(make("sphere", {{"dimension", "0"}}) == "dimension=0 is out of range: at least 1, at most 1e6");
  CHECK(make("quadratic", {{"dimension", "0"}}) == "dimension=0 is out of range: at least 1, at most 1e6");
  CHECK(make("sphere", {{"dimension", "1"}, {"shear_probability", "1"}}) == "a shear needs at least 2 dimensions");
  CHECK(make("saddle", {{"noise_probability", "1.5"}}) ==
        "noise_probability=1.5 is out of range: at least 0, at most 1");
  CHECK(make("rosenbrok", {}) == "unknown landscape 'rosenbrok'; did you mean 'rosenbrock'? (rover list landscapes)");
  CHECK(message([] { make_pool({}, 1, 0, {}); }) == "a pool of landscapes needs at least one family");
}
