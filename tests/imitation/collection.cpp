#include "imitation/collection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "env/analytic_heading.h"
#include "env/landscapes/registry.h"

namespace rover {
namespace {

CollectionOptions small() {
  CollectionOptions options;
  options.functions = 50;
  options.shard = 20;
  return options;
}

bool same(const Samples& a, const Samples& b) {
  return a.grids == b.grids && a.directions == b.directions && a.negatives == b.negatives && a.families == b.families &&
         a.episodes == b.episodes;
}

}  // namespace

TEST_CASE("a shard depends on seed and number alone") {
  const CollectionOptions options = small();
  CHECK(shard_count(options) == 3);
  const Samples one = collect_shard(options, 6, 5, 1, 1);
  CHECK(same(one, collect_shard(options, 6, 5, 1, 3)));
  CHECK_FALSE(same(one, collect_shard(options, 6, 6, 1, 1)));
  CHECK_FALSE(same(one, collect_shard(options, 6, 5, 0, 1)));
  CollectionOptions larger = options;  // the same runs, cut otherwise
  larger.shard = 40;
  const Samples wide = collect_shard(larger, 6, 5, 0, 2), first = collect_shard(options, 6, 5, 0, 2);
  Samples joined = first;
  joined.append(one);
  CHECK(same(wide, joined));
  const Samples last = collect_shard(options, 6, 5, 2);
  CHECK(*std::max_element(last.episodes.begin(), last.episodes.end()) <= 49);
}

TEST_CASE("samples are what section 3.2.2 says") {
  CollectionOptions options = small();
  options.functions = options.shard = 200;
  const Samples samples = collect_shard(options, 8, 1, 0);
  REQUIRE(samples.size() > 1200);  // 8 steps each, runs that arrive end early
  REQUIRE(samples.grids.size() == samples.size() * 64);
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const float *a = &samples.directions[2 * k], *against = &samples.negatives[2 * k];
    REQUIRE(std::hypot(a[0], a[1]) == doctest::Approx(1).epsilon(1e-6));
    REQUIRE(std::hypot(against[0], against[1]) == doctest::Approx(1).epsilon(1e-6));
    REQUIRE(a[0] * against[0] + a[1] * against[1] < 1e-6);
    const auto [low, high] = std::minmax_element(&samples.grids[64 * k], &samples.grids[64 * k] + 64);
    REQUIRE(*low == 0);
    REQUIRE(*high == 1);
    REQUIRE(samples.families[k] == samples.episodes[k] % 4);
  }
}

TEST_CASE("the first sample of a run is the teacher's direction at the start") {
  CollectionOptions options = small();
  options.noise_probability = 0;
  const Samples samples = collect_shard(options, 6, 3, 0);
  for (std::size_t k = 0; k < samples.size(); ++k) {
    if (k > 0 && samples.episodes[k] == samples.episodes[k - 1]) continue;
    const std::uint64_t episode = samples.episodes[k];
    const char* const families[] = {"quadratic", "valley", "saddle", "plateau"};
    const auto surface =
        landscapes().make(families[episode % 4], {{"seed", std::to_string(derive_seed(3, episode, "landscape"))}});
    RandomStream start = make_stream(3, episode, "start");
    double x[2];
    surface->sample_start(start, x);
    const TeacherMove move = teacher_move(*surface, x);
    CHECK(samples.directions[2 * k] == static_cast<float>(move.direction[0]));
    CHECK(samples.directions[2 * k + 1] == static_cast<float>(move.direction[1]));
  }
}

TEST_CASE("warped instances are seen warped and taught unwarped") {
  CollectionOptions options = small();
  options.noise_probability = 0;
  const Samples plain = collect_shard(options, 6, 3, 0);
  options.warp_probability = 1;
  const Samples warped = collect_shard(options, 6, 3, 0);
  REQUIRE(warped.size() == plain.size());
  CHECK(warped.directions == plain.directions);
  std::size_t order_kept = 0, changed = 0;
  for (std::size_t k = 0; k < plain.size(); ++k) {
    const float *a = &plain.grids[36 * k], *b = &warped.grids[36 * k];
    order_kept += std::min_element(a, a + 36) - a == std::min_element(b, b + 36) - b;
    changed += !std::equal(a, a + 36, b);
  }
  CHECK(changed == plain.size());
  CHECK(order_kept > plain.size() * 95 / 100);  // a warp is monotone; in single precision its lowest values may tie
}

TEST_CASE("the target can be the optimum") {
  CollectionOptions options = small();
  options.families = "plateau";
  options.target = "optimum";
  options.noise_probability = 0;
  const Samples samples = collect_shard(options, 6, 3, 0);
  const auto surface = landscapes().make("plateau", {{"seed", std::to_string(derive_seed(3, 0, "landscape"))}});
  RandomStream start = make_stream(3, 0, "start");
  double x[2];
  surface->sample_start(start, x);
  const double length = std::hypot(x[0], x[1]);  // a plateau's optimum is the origin
  CHECK(samples.directions[0] == doctest::Approx(-x[0] / length).epsilon(1e-6));
  CHECK(samples.directions[1] == doctest::Approx(-x[1] / length).epsilon(1e-6));
}

TEST_CASE("negatives fill the half-plane") {
  const float a[2] = {0.6f, 0.8f};
  float back[2], edge[2];
  draw_negative(a, 0.5, back);
  CHECK(back[0] == doctest::Approx(-0.6f));
  CHECK(back[1] == doctest::Approx(-0.8f));
  draw_negative(a, 0, edge);  // turned by π − π/2
  CHECK(edge[0] == doctest::Approx(-0.8f));
  CHECK(edge[1] == doctest::Approx(0.6f));
}

TEST_CASE("held-out samples are clean, of every family once, and no training runs") {
  CollectionOptions options = small();
  options.families = "saddle,valley,saddle";
  const Samples held_out = held_out_samples(options, 6, 1, 30);
  CHECK(family_names(options.families) == std::vector<std::string>{"saddle", "valley"});
  CHECK(std::set<std::uint64_t>(held_out.episodes.begin(), held_out.episodes.end()).size() == 60);
  const Samples again = held_out_samples(options, 6, 1, 30);
  CHECK(same(held_out, again));
  // An exact answer has no error, and its opposite 180 degrees.
  class Oracle final : public Heading {
   public:
    Oracle(const Samples& samples, float sign) : samples_(samples), sign_(sign) {}
    std::string_view name() const override { return "oracle"; }
    void headings(std::span<const float>, std::size_t, std::span<float> directions, std::span<float> norms,
                  std::span<float>) const override {
      for (std::size_t k = 0; k < directions.size(); ++k) directions[k] = sign_ * samples_.directions[k];
      std::fill(norms.begin(), norms.end(), 1.f);
    }

   private:
    const Samples& samples_;
    float sign_;
  };
  const auto right = angle_errors(Oracle(held_out, 1), held_out, {"saddle", "valley"}),
             wrong = angle_errors(Oracle(held_out, -1), held_out, {"saddle", "valley"});
  for (int k = 0; k < 2; ++k) {
    CHECK(right.mean[k] < 1e-5);
    CHECK(wrong.median[k] == doctest::Approx(180).epsilon(1e-6));
  }
  // Least-squares saddle-free Newton is right on valleys within some 15 degrees.
  const auto newton = held_out_angles(*make_analytic_heading("newton-fit"), options, 8, 1, 100);
  CHECK(newton.mean[1] < 25);
  CHECK(newton.median[1] < newton.mean[1]);
}

TEST_CASE("options that do not fit are refused in a sentence") {
  const auto refused = [](auto change) {
    CollectionOptions options;
    change(options);
    std::string message;
    try {
      check_collection(options, 6);
    } catch (const UsageError& error) { message = error.what(); }
    return message;
  };
  CHECK(refused([](auto&) {}) == "");
  CHECK(refused([](auto& o) { o.families = ","; }) ==
        "families names no landscape; for example families=quadratic,valley");
  CHECK(refused([](auto& o) { o.families = "valey"; }) ==
        "unknown landscape 'valey'; did you mean 'valley'? (rover list landscapes)");
  CHECK(refused([](auto& o) { o.target = "best"; }) == "unknown target 'best' (teacher or optimum)");
  CHECK(refused([](auto& o) { o.teacher = "adam"; }) == "unknown teacher 'adam' (best, gd or newton)");
  CHECK(refused([](auto& o) { o.steps = 0; }) == "steps=0 is out of range: at least 1, at most 1000");
  CHECK(refused([](auto& o) { o.resolution_low = 4; }) == "the collection needs resolution_low ≤ resolution_high");
  CHECK(refused([](auto& o) { o.noise_probability = 2; }) ==
        "noise_probability=2 is out of range: at least 0, at most 1");
}

}  // namespace rover
