// The contract's "none allocates for d ≤ 16", counted by a replaced operator new.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "env/landscapes/registry.h"

namespace {
thread_local std::size_t allocations = 0;
}

// Not inlined: GCC would otherwise see free() meet operator new and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace rover;

TEST_CASE("batched calls do not allocate for d <= 16") {
  const std::size_t n = 700;
  for (const std::string& id : landscapes().ids())
    for (const char* dimension : {"2", "16"}) {
      Settings settings{{"dimension", dimension},  {"noise_probability", "1"}, {"shear_probability", "1"},
                        {"warp_probability", "1"}, {"shifted", "true"},        {"rotated", "true"}};
      std::unique_ptr<Landscape> landscape;
      try {
        landscape = landscapes().make(id, settings);
      } catch (const UsageError&) {
        continue;  // not in that many dimensions
      }
      CAPTURE(id);
      CAPTURE(dimension);
      const std::size_t d = landscape->dimension();
      std::vector<double> points(n * d, 0.5), f(n), g(n * d), h(n * d * d), start(d), grids(2 * 20 * 20);
      const Slice slices[] = {{0, 1, 0.1}, {1, 0, 0.2}};
      RandomStream stream = make_stream(1, 0, "noise");
      const auto everything = [&] {
        landscape->sample_start(stream, start);
        landscape->values(points, f, &stream);
        if (landscape->has_gradient()) landscape->gradients(points, g, &stream);
        if (landscape->has_hessian()) landscape->hessians(points, h);
        for (const std::size_t side : {8, 20})
          landscape->slices(start, slices, side, std::span(grids).first(2 * side * side), &stream);
      };
      everything();  // per-thread buffers grow once
      const std::size_t before = allocations;
      CHECK(before > 0);
      everything();
      CHECK(allocations == before);
    }
}
