#include "agents/rover/conv_heading.h"

#include <doctest/doctest.h>

#include "agents/rover/fit_net.h"
#include "env/analytic_heading.h"
#include "tests/agents/rover/grids.h"
#include "tests/storage/scratch.h"

namespace rover {

using testing::look;

TEST_CASE("the convolutional heading: eight views make it turn with the surface, one does not") {
  for (const std::uint64_t n : {8u, 12u}) {
    const auto grids = testing::smooth_grids(20, n, 1);
    ConvHeadingOptions options{.grid_size = n, .channels1 = 4, .channels2 = 6, .hidden = 10};
    CHECK(testing::worst_turn(ConvHeading(options, 1), grids, n) > 0.1);
    options.views = true;
    CHECK(testing::worst_turn(ConvHeading(options, 1), grids, n) < 1e-4);
  }
}

TEST_CASE("the convolutional heading: a batch is its rows, and the file is the net") {
  const ConvHeading net({.grid_size = 7, .channels1 = 3, .channels2 = 5, .hidden = 9, .views = true}, 2);
  const auto grids = testing::smooth_grids(66, 7, 2);
  const auto together = look(net, grids, 7);
  for (std::size_t b = 0; b < 66; ++b) {
    const auto alone = look(net, std::span(grids).subspan(b * 49, 49), 7);
    REQUIRE(alone.directions[0] == together.directions[2 * b]);
    REQUIRE(alone.norms[0] == together.norms[b]);
    REQUIRE(std::hypot(alone.directions[0], alone.directions[1]) == doctest::Approx(1));
  }
  Checkpoint out;
  save_heading(net, out);
  const auto loaded = load_heading(out);
  CHECK(loaded->name() == "conv");
  CHECK(loaded->feature_count() == 9);
  CHECK(look(*loaded, grids, 7) == together);
}

TEST_CASE("a heading comes back from its file as what it was") {
  Checkpoint fit, analytic, unknown;
  save_heading(FitNet({.grid_size = 5, .hidden = 4}, 1), fit);
  CHECK(load_heading(fit)->name() == "fit-net");
  CHECK(load_heading(fit)->grid_size() == 5);
  save_heading(*make_analytic_heading("newton-fit"), analytic);
  CHECK(load_heading(analytic)->name() == "newton-fit");
  unknown.put_text("kind", "newton-fitt");
  CHECK(error_of([&] {
          load_heading(unknown);
        }).starts_with("the model is damaged: unknown heading 'newton-fitt'; did you mean 'newton-fit'?"));
}

TEST_CASE("the convolutional heading refuses what does not fit") {
  CHECK_THROWS_WITH_AS(ConvHeading({.grid_size = 5}, 0),
                       "the convolutional heading needs grids of 6 to 256 cells a side, not 5", UsageError);
  CHECK_THROWS_WITH_AS(ConvHeading({.channels2 = 0}, 0),
                       "the convolutional heading needs channels1, channels2 and hidden ≥ 1, at most 16384",
                       UsageError);
  const ConvHeading net({.grid_size = 6}, 0);
  CHECK_THROWS_WITH_AS(look(net, std::vector<float>(64), 8), "this heading reads grids of 6×6", std::invalid_argument);
}

}  // namespace rover
