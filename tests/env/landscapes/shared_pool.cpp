#include "env/landscapes/shared_pool.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace rover;

TEST_CASE("a pool is drawn once while somebody holds it, and anew after that") {
  int drawn = 0;
  const auto draw = [&] {
    ++drawn;
    return make_pool({"quadratic"}, 2, 1, {});
  };
  auto one = shared_pool("a", draw);
  const auto two = shared_pool("a", draw), other = shared_pool("b", draw);
  CHECK(one == two);
  CHECK(one != other);
  CHECK(drawn == 2);
  one.reset();
  CHECK(shared_pool("a", draw) == two);
  CHECK(drawn == 2);
  shared_pool("c", draw);
  shared_pool("c", draw);
  CHECK(drawn == 4);
}

TEST_CASE("instances are named for each row, and the pool must have them") {
  const InstancePool pool = make_pool({"quadratic"}, 2, 1, {});
  const std::size_t good[] = {1, 0}, bad[] = {0, 2};
  CHECK_NOTHROW(require_instances(good, 2, pool));
  CHECK_THROWS_WITH_AS(require_instances(good, 3, pool), "one instance is needed for each of 3 environments, not 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(require_instances(bad, 2, pool), "the pool has no instance 2: it holds 2",
                       std::invalid_argument);
}
