#include "agents/coroutine.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using rover::Coroutine;

TEST_CASE("a coroutine pauses, goes on, throws what leaves it, and can run inside another") {
  Coroutine outer, inner;
  std::vector<int> order;
  CHECK(outer.finished());
  outer.start([&] {
    inner.start([&] {
      order.push_back(2);
      inner.pause();
      order.push_back(5);
      throw std::runtime_error("left");
    });
    order.push_back(1);
    inner.resume();
    order.push_back(3);
    outer.pause();
    CHECK_THROWS_WITH(inner.resume(), "left");
    order.push_back(6);
  });
  outer.resume();
  CHECK_FALSE(outer.finished());
  order.push_back(4);
  outer.resume();
  CHECK(outer.finished());
  CHECK(inner.finished());
  outer.resume();  // nothing to do
  CHECK(order == std::vector{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a cancelled coroutine unwinds, also through code that swallows the exception once") {
  int unwound = 0;
  struct Guard {
    int& count;
    ~Guard() { ++count; }
  };
  {
    Coroutine walk;
    walk.start([&] {
      const Guard guard{unwound};
      for (int k = 0; k < 3; ++k) {
        try {
          walk.pause();
        } catch (...) {}  // as a library may
        if (walk.cancelled()) return;
      }
    });
    walk.resume();
    CHECK(unwound == 0);
  }
  CHECK(unwound == 1);
}
