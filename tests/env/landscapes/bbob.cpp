#include "env/landscapes/bbob.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

#include "core/settings.h"
#include "env/landscapes/registry.h"

using namespace rover;

namespace {

struct Value {
  std::size_t function, dimension, instance;
  double value;
};

constexpr Value values[] = {
#include "bbob_values.h"
};

}  // namespace

TEST_CASE("bbob: COCO's values to ten digits, 24 functions in 2, 5 and 20 dimensions, five instances") {
  CHECK(std::size(values) == 24 * 3 * 5);
  for (const auto& [function, dimension, instance, value] : values) {
    CAPTURE(function);
    CAPTURE(dimension);
    CAPTURE(instance);
    std::vector<double> x(dimension);
    for (std::size_t i = 0; i < dimension; ++i)
      x[i] = static_cast<double>((37 * i + 13 * function + 7 * instance) % 101) / 10 - 5;
    CHECK(std::abs(make_bbob(function, dimension, instance)->value(x) - value) <= 1e-10 * std::abs(value));
  }
}

TEST_CASE("bbob: the optimum is where it is said to be, and near it nothing is lower") {
  for (std::size_t function = 1; function <= bbob_functions; ++function)
    for (const std::size_t d : {2u, 3u, 10u, 40u}) {
      CAPTURE(function);
      CAPTURE(d);
      const auto landscape = make_bbob(function, d, 3);
      const Optimum best = *landscape->optimum();
      CHECK(std::abs(landscape->value(best.point) - best.value) < 1e-8);
      RandomStream stream = make_stream(function, d, "near");
      std::vector<double> x(d);
      for (int k = 0; k < 200; ++k) {
        const double radius = stream.log_uniform(1e-6, 10);
        for (std::size_t i = 0; i < d; ++i) x[i] = best.point[i] + radius * stream.normal();
        REQUIRE(landscape->value(x) >= best.value - 1e-9);
      }
    }
}

TEST_CASE("bbob: names, and what is refused") {
  std::set<std::string_view> names;
  for (std::size_t function = 1; function <= bbob_functions; ++function) names.insert(bbob_info(function).name);
  CHECK(names.size() == bbob_functions);
  CHECK(bbob_groups[bbob_info(5).group] == "separable");
  CHECK(bbob_groups[bbob_info(10).group] == "ill-conditioned");
  CHECK_THROWS_AS(make_bbob(25, 2, 1), UsageError);
  CHECK_THROWS_AS(make_bbob(1, 1, 1), UsageError);
  CHECK_THROWS_AS(make_bbob(1, 2, 0), UsageError);
  CHECK_THROWS_WITH(require_trainable("bbob"),
                    "the landscape 'bbob' is for reporting: nothing is tuned or trained on it");
  CHECK_THROWS_AS(make_pool({"quadratic", "bbob"}, 2, 1, {}), UsageError);
  CHECK_NOTHROW(require_trainable("quadratic"));
}
