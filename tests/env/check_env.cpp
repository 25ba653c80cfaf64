#include "env/check_env.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/random.h"
#include "env/vector_env_base.h"

using namespace rover;

namespace {

/// A walk on the line: x ← x + a, episodes of five steps. Correct, unless told to break the contract in one way. Not
/// derived from VectorEnvBase, which prevents that.
struct Line : VectorEnv {
  enum Fault {
    sound,
    leaves_space,
    forgets_seed,
    ignores_seed,
    knows_its_row,
    infinite_reward,
    bad_flag,
    too_long,
    takes_nan,
    takes_seeds,
    no_clip,
    mixes_rows,
    resets_all,
    resets_anew,
    rewards_reset,
    never_rests,
    no_final,
    short_info
  };
  Fault fault;
  Autoreset mode;
  std::size_t count;
  Space observations{{-100}, {100}}, actions{{-1}, {1}};
  std::vector<double> x, steps;
  std::vector<RandomStream> streams;
  std::vector<std::uint8_t> over;
  std::vector<float> last;
  std::uint64_t calls = 0;

  Line(Fault fault_, Autoreset mode_, std::size_t count_)
      : fault(fault_), mode(mode_), count(count_), x(count), steps(count), streams(count), over(count), last(count) {}
  std::size_t size() const override { return count; }
  const Space& observation_space() const override { return observations; }
  const Space& action_space() const override { return actions; }
  std::size_t horizon() const override { return fault == too_long ? 4 : 5; }
  Autoreset autoreset() const override { return mode; }
  void begin(std::size_t b) {
    x[b] = fault == ignores_seed ? 1 : streams[b].uniform(-50, 50);
    if (fault == knows_its_row) x[b] += static_cast<double>(b);
    steps[b] = 0, over[b] = 0;
  }
  void show(std::size_t b, Batch out) const {
    out.observations[b] = static_cast<float>(x[b]) + (fault == leaves_space ? 500.0f : 0.0f);
  }
  void reset(std::span<const std::uint64_t> seeds, std::span<const std::uint8_t> mask, Batch out) override {
    if (fault != takes_seeds && ((!seeds.empty() && seeds.size() != count) || (!mask.empty() && mask.size() != count)))
      throw std::invalid_argument("wrong length");
    for (std::size_t b = 0; b < count; ++b) {
      if (!mask.empty() && !mask[b] && fault != resets_all) continue;
      if (!seeds.empty() && (mask.empty() || fault != resets_anew))
        streams[b] = make_stream(seeds[b] + (fault == forgets_seed ? calls++ : 0), 0, "line");
      begin(b), show(b, out);
      out.rewards[b] = 0, out.terminated[b] = out.truncated[b] = 0;
    }
  }
  void step(std::span<const float> a, Batch out) override {
    if (a.size() != count) throw std::invalid_argument("wrong length");
    for (std::size_t b = 0; b < count; ++b)
      if (std::isnan(a[b]) && fault != takes_nan) throw std::invalid_argument("nan");
    for (std::size_t b = 0; b < count; ++b) {
      if (over[b] && mode == Autoreset::disabled && fault != never_rests) {
        out.rewards[b] = 0;
        continue;
      }
      out.terminated[b] = out.truncated[b] = 0;
      if (over[b] && mode == Autoreset::next_step) {
        begin(b), show(b, out), out.rewards[b] = fault == rewards_reset ? 1 : 0;
        continue;
      }
      x[b] += fault == no_clip ? a[b] : std::clamp(a[b], -1.0f, 1.0f);
      if (fault == mixes_rows) x[b] += a[count - 1];
      over[b] = ++steps[b] >= 5;
      out.rewards[b] = fault == infinite_reward ? INFINITY : -1;
      out.truncated[b] = !over[b] ? 0 : fault == bad_flag ? 2 : 1;
      show(b, out);
      last[b] = out.observations[b];
      if (over[b] && mode == Autoreset::same_step) begin(b), show(b, out);
    }
  }
  std::span<const float> final_observations() const override { return {last.data(), fault == no_final ? 0 : count}; }
  std::vector<std::string> info_keys() const override { return {"x"}; }
  std::span<const double> info(std::string_view key) const override {
    if (key != "x") throw std::invalid_argument("unknown key");
    return {x.data(), fault == short_info ? 0 : count};
  }
};

/// The same by VectorEnvBase.
struct ShortLine final : VectorEnvBase {
  std::vector<double> x;
  ShortLine(std::size_t count, Autoreset mode)
      : VectorEnvBase(count, {{-100}, {100}}, {{-1}, {1}}, 5, mode), x(count) {}
  void begin(std::size_t b, std::uint64_t seed) override { x[b] = make_stream(seed, 0, "line").uniform(-50, 50); }
  Outcome advance(std::size_t b, std::span<const float> action) override {
    x[b] += action[0];
    return {.reward = -1, .terminated = x[b] > 40};
  }
  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const auto b : rows) observations[b] = static_cast<float>(x[b]);
  }
};

std::vector<std::string> check(Line::Fault fault, Autoreset mode = Autoreset::next_step) {
  Line line(fault, mode, 3);
  return check_env(line, 1);
}

}  // namespace

TEST_CASE("a sound environment has no violations") {
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    CHECK(check(Line::sound, mode).empty());
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    for (const std::size_t count : {1, 3, 300}) {
      ShortLine line(count, mode);
      CHECK(check_env(line, 1).empty());
    }
}

TEST_CASE("each fault is named") {
  const auto has = [](const std::vector<std::string>& found, const std::string& sentence) {
    return std::ranges::find(found, sentence) != found.end();
  };
  CHECK(has(check(Line::leaves_space),
            "entry 0 of an observation after reset lies outside the observation space or is nan"));
  CHECK(has(check(Line::forgets_seed), "the same seeds and actions do not give the same bits twice"));
  CHECK(has(check(Line::ignores_seed), "reset ignores its seeds: six give the same observations"));
  CHECK(
      has(check(Line::knows_its_row), "an episode depends on its row: the same seed gives other bits in another row"));
  CHECK(has(check(Line::infinite_reward), "a reward is not finite"));
  CHECK(has(check(Line::bad_flag), "terminated or truncated is neither 0 nor 1"));
  CHECK(has(check(Line::too_long), "an episode is longer than horizon()"));
  CHECK(
      has(check(Line::takes_seeds), "seeds or a mask of the wrong length are not refused with std::invalid_argument"));
  CHECK(has(check(Line::takes_nan), "a nan action is not refused with std::invalid_argument"));
  CHECK(has(check(Line::no_clip), "an action outside the action space is not clipped to it"));
  CHECK(has(check(Line::mixes_rows), "environment 0 depends on the actions of the others"));
  CHECK(has(check(Line::resets_all), "a masked reset touches rows outside its mask"));
  CHECK(has(check(Line::resets_anew), "a masked reset does not start the episode of its seed"));
  CHECK(has(check(Line::never_rests, Autoreset::disabled),
            "autoreset disabled: a row that has ended must rest, with reward 0, its flags and its observation"));
  CHECK(has(check(Line::rewards_reset),
            "autoreset next_step: the step after the last one must reset, with reward 0 and no flag"));
  CHECK(has(check(Line::no_final, Autoreset::same_step),
            "autoreset same_step: final_observations() does not hold one row for each environment"));
  CHECK(has(check(Line::short_info), "info 'x' does not hold one entry for each environment"));
}

TEST_CASE("broken spaces end the check at once") {
  Line line(Line::sound, Autoreset::disabled, 2);
  line.actions = {{1}, {-1}};
  line.observations.high = {};
  const auto found = check_env(line);
  CHECK(found == std::vector<std::string>{"the observation space has 1 lower and 0 upper bounds",
                                          "the action space has low > high (or nan) in entry 0"});
}
