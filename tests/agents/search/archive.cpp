#include "agents/search/archive.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/random.h"

namespace rover {

TEST_CASE("the neighbour scan finds what its scalar reference finds, bit for bit and in its order") {
  RandomStream random = make_stream(1, 0, "test");
  Archive archive;
  Neighbours fast, slow;
  for (std::size_t size = 0; size <= 70; ++size) {
    for (const double radius : {0.0, 0.8, 2.5, 1e3}) {
      const Whitening whitening{random.uniform(), random.uniform(), random.uniform(1, 5), random.uniform(-1, 1),
                                random.uniform(1, 5)};
      const std::size_t first = size ? random.below(size) : 0;
      find_neighbours(archive, first, whitening, radius, fast);
      find_neighbours_reference(archive, first, whitening, radius, slow);
      REQUIRE(fast.count == slow.count);
      if (radius > 100) CHECK(fast.count == size - first);
      for (std::size_t k = 0; k < fast.count; ++k) {
        CHECK(fast.a[k] == slow.a[k]);
        CHECK(fast.b[k] == slow.b[k]);
        CHECK(fast.value[k] == slow.value[k]);
      }
      for (const double near : {0.0, 0.05, 0.5}) {
        const double a = random.uniform(-2, 2), b = random.uniform(-2, 2);
        CHECK(any_within(fast, a, b, near) == any_within_reference(slow, a, b, near));
      }
    }
    archive.add(random.uniform(), random.uniform(), random.normal());
  }
}

TEST_CASE("nearer than the radius is near, at the radius is not") {
  Neighbours near;
  near.make_room(1);
  near.add(1, 2);
  CHECK(any_within(near, 1, 2, 1e-9));
  CHECK_FALSE(any_within(near, 1, 2, 0));
  CHECK_FALSE(any_within(near, 4, 6, 5));  // 3, 4, 5
  CHECK(any_within(near, 4, 6, std::nextafter(5.0, 6.0)));
}

}  // namespace rover
