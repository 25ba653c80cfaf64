#include "env/landscapes/classification.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "env/landscapes/registry.h"

namespace rover {

TEST_CASE("drawn tasks: sizes in their ranges, the same for a seed, what is set is set") {
  for (const char* id : {"teacher-student", "mixture"}) {
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const auto f = landscapes().make(id, {{"seed", std::to_string(seed)}});
      const Layout layout = f->layout();
      const std::size_t depth = layout.size() / 2;
      CHECK((depth == 2 || depth == 3));
      CHECK(layout[0].columns >= 8);
      CHECK(layout[0].columns <= 64);
      CHECK(layout.back().rows >= 3);
      CHECK(layout.back().rows <= 10);
      sizes.insert(f->dimension());
      std::vector<double> x(f->dimension());
      RandomStream stream = make_stream(seed, 0, "start");
      f->sample_start(stream, x);
      const double classes = static_cast<double>(layout.back().rows);
      CHECK(std::abs(f->value(x) - std::log(classes)) < 0.6);  // it begins near the uniform guess
      CHECK(std::abs(f->validation(x) - f->value(x)) < 0.5);
      CHECK(landscapes().make(id, {{"seed", std::to_string(seed)}})->value(x) == f->value(x));
    }
    CHECK(sizes.size() > 9);
    const auto set = landscapes().make(
        id, {{"inputs", "5"}, {"classes", "4"}, {"hidden", "7x6"}, {"samples", "90"}, {"minibatch", "0"}});
    CHECK(set->dimension() == 5 * 7 + 7 + 7 * 6 + 6 + 6 * 4 + 4);
    CHECK(!set->is_noisy());
    CHECK(landscapes().make(id, {{"samples", "960"}, {"minibatch", "64"}})->noise_free_cost() == 5);
    CHECK(set->noise_free_cost() == 1);
  }
}

TEST_CASE("lists of widths") {
  CHECK(parse_widths("").empty());
  CHECK(parse_widths("64x32x8") == std::vector<std::size_t>{64, 32, 8});
  for (const char* text : {"x", "64x", "x64", "64,32", "0", "-3", "9000", "64xx32", "many"})
    CHECK_THROWS_AS(parse_widths(text), UsageError);
}

}  // namespace rover
