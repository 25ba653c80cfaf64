#include "core/random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rover;

TEST_CASE("a stream's state is its key and counter") {
  RandomStream a = make_stream(1, 2, "noise"), b = a;
  for (int k = 0; k < 5; ++k) a.bits();
  CHECK(a.counter == b.counter + 5);
  b.counter += 5;
  CHECK(a.bits() == b.bits());
}

TEST_CASE("streams of other seeds, indices and purposes differ") {
  CHECK(make_stream(1, 2, "noise").key != make_stream(1, 3, "noise").key);
  CHECK(make_stream(1, 2, "noise").key != make_stream(2, 2, "noise").key);
  CHECK(make_stream(1, 2, "noise").key != make_stream(1, 2, "start").key);
}

TEST_CASE("uniform and normal draws have the moments of their laws") {
  RandomStream stream = make_stream(7, 0, "test");
  const int n = 200000;
  double sum = 0, squares = 0, unit = 0;
  for (int k = 0; k < n; ++k) {
    const double z = stream.normal(), u = stream.uniform();
    REQUIRE((u >= 0 && u < 1));
    sum += z, squares += z * z, unit += u;
  }
  // five standard errors: 1/√n, √2/√n and 1/√(12 n)
  CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(unit / n - 0.5) < 5 / std::sqrt(12.0 * n));
}

TEST_CASE("below(n) reaches every value and none beyond") {
  RandomStream stream = make_stream(7, 0, "below");
  std::vector<int> seen(7);
  for (int k = 0; k < 1000; ++k) ++seen.at(stream.below(7));
  for (const int count : seen) CHECK(count > 80);
}

TEST_CASE("normals() fills with two values a tick") {
  RandomStream a = make_stream(7, 0, "normals"), b = a;
  std::vector<double> out(5);
  a.normals(out);
  CHECK(a.counter == 3);
  CHECK(out[0] == b.normal());
}
