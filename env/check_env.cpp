#include "env/check_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/random.h"

namespace rover {
namespace {

constexpr std::size_t longest_play = 300;  ///< steps; the ends of longer episodes are not tested

class Check {
 public:
  Check(VectorEnv& env, std::uint64_t seed)
      : env_(env),
        seed_(seed),
        size_(env.size()),
        width_(env.observation_space().size()),
        actions_width_(env.action_space().size()),
        steps_(std::min(2 * env.horizon() + 2, longest_play)),
        batch_(size_, width_),
        actions_(size_ * actions_width_) {}

  std::vector<std::string> run() {
    spaces();
    if (!found_.empty()) return found_;  // the other checks need the spaces
    try {
      same_seed_same_bits();
      a_row_follows_its_seed();
      rows_are_independent();
      refusals();
      masked_reset();
      ends_of_episodes();
      info();
    } catch (const std::exception& error) { report(std::string("an ordinary call threw: ") + error.what()); }
    return found_;
  }

 private:
  void report(const std::string& sentence) {
    if (std::ranges::find(found_, sentence) == found_.end()) found_.push_back(sentence);
  }
  void expect(bool holds, const std::string& sentence) {
    if (!holds) report(sentence);
  }

  void spaces() {
    expect(size_ > 0, "size() is 0");
    expect(env_.horizon() > 0, "horizon() is 0");
    for (const Space* space : {&env_.observation_space(), &env_.action_space()}) {
      const std::string name = space == &env_.action_space() ? "the action space" : "the observation space";
      expect(space->size() > 0, name + " is empty");
      if (space->low.size() != space->high.size()) {
        report(name + " has " + std::to_string(space->low.size()) + " lower and " + std::to_string(space->high.size()) +
               " upper bounds");
        continue;
      }
      for (std::size_t k = 0; k < space->size(); ++k)
        expect(space->low[k] <= space->high[k], name + " has low > high (or nan) in entry " + std::to_string(k));
    }
  }

  /// The random actions of step t, the same for all rows: bounded entries uniform, unbounded ones from [−1, 1]. Rows
  /// from `from_row` on.
  void draw_actions(std::uint64_t purpose, std::size_t t, std::size_t from_row = 0) {
    const Space& space = env_.action_space();
    for (std::size_t b = from_row; b < size_; ++b) {
      RandomStream stream = make_stream(seed_ + purpose, t, "check_env actions");
      for (std::size_t k = 0; k < actions_width_; ++k) {
        const double low = std::isfinite(space.low[k]) ? space.low[k] : -1,
                     high = std::isfinite(space.high[k]) ? space.high[k] : 1;
        actions_[b * actions_width_ + k] = static_cast<float>(stream.uniform(low, high));
      }
    }
  }

  void check_rows(std::span<const float> observations, const std::string& when) {
    const Space& space = env_.observation_space();
    for (std::size_t k = 0; k < observations.size(); ++k) {
      const float x = observations[k];
      expect(x >= space.low[k % width_] && x <= space.high[k % width_],
             "entry " + std::to_string(k % width_) + " of an observation " + when +
                 " lies outside the observation space or is nan");
    }
  }

  void reset(std::span<const std::uint64_t> seeds) {
    std::ranges::fill(batch_.observations,
                      std::numeric_limits<float>::quiet_NaN());  // shows entries that the environment does not write
    env_.reset(seeds, {}, batch_.view());
    check_rows(batch_.observations, "after reset");
    expect(std::ranges::all_of(batch_.rewards, [](float r) { return r == 0; }), "reset leaves rewards other than 0");
    expect(none(batch_.terminated) && none(batch_.truncated), "reset leaves episodes marked as ended");
  }
  void reset() { reset(spread_seed(seed_, size_)); }

  void step() {
    const auto before = batch_;
    std::ranges::fill(batch_.observations, std::numeric_limits<float>::quiet_NaN());
    std::ranges::fill(batch_.rewards, std::numeric_limits<float>::quiet_NaN());
    std::ranges::fill(batch_.terminated, std::uint8_t{7});
    std::ranges::fill(batch_.truncated, std::uint8_t{7});
    for (std::size_t b = 0; b < size_; ++b)  // a row that rests is left as it is
      if (env_.autoreset() == Autoreset::disabled && ended(before, b)) {
        std::copy_n(&before.observations[b * width_], width_, &batch_.observations[b * width_]);
        batch_.terminated[b] = before.terminated[b], batch_.truncated[b] = before.truncated[b];
      }
    env_.step(actions_, batch_.view());
    check_rows(batch_.observations, "after a step");
    for (std::size_t b = 0; b < size_; ++b) {
      expect(std::isfinite(batch_.rewards[b]), "a reward is not finite");
      expect(batch_.terminated[b] <= 1 && batch_.truncated[b] <= 1, "terminated or truncated is neither 0 nor 1");
    }
  }

  static bool none(const std::vector<std::uint8_t>& flags) {
    return std::ranges::all_of(flags, [](auto flag) { return flag == 0; });
  }
  static bool ended(const BatchBuffer& batch, std::size_t b) {
    return batch.terminated[b] == 1 || batch.truncated[b] == 1;
  }
  bool ended(std::size_t b) const { return ended(batch_, b); }

  /// With autoreset disabled, ended rows go on by a masked reset, as a caller must ask for.
  void restart_ended() {
    if (env_.autoreset() != Autoreset::disabled) return;
    std::vector<std::uint8_t> mask(size_);
    for (std::size_t b = 0; b < size_; ++b) mask[b] = ended(b);
    if (!none(mask)) env_.reset({}, mask, batch_.view());
  }

  /// What each row returns from reset over two episodes or more; rows from `changed_from` on take other actions.
  std::vector<std::vector<float>> play(std::span<const std::uint64_t> seeds, std::size_t changed_from) {
    std::vector<std::vector<float>> seen(size_);
    const auto record = [&] {
      for (std::size_t b = 0; b < size_; ++b) {
        seen[b].insert(seen[b].end(), batch_.observations.data() + b * width_,
                       batch_.observations.data() + (b + 1) * width_);
        seen[b].insert(seen[b].end(), {batch_.rewards[b], 1.0f * batch_.terminated[b], 1.0f * batch_.truncated[b]});
      }
    };
    reset(seeds);
    record();
    for (std::size_t t = 0; t < steps_; ++t) {
      draw_actions(0, t);
      if (changed_from < size_) draw_actions(1, t, changed_from);
      step();
      record();
      restart_ended();
    }
    return seen;
  }

  void same_seed_same_bits() {
    const auto seeds = spread_seed(seed_, size_);
    const auto one = play(seeds, size_), two = play(seeds, size_);
    for (std::size_t b = 0; b < size_; ++b)
      expect(same_bits(one[b], two[b]), "the same seeds and actions do not give the same bits twice");
    reset(seeds);
    const auto first = batch_.observations;
    bool varies = false;
    for (std::uint64_t other = 1; other <= 5 && !varies; ++other) {
      reset(spread_seed(seed_ + other, size_));
      varies = !same_bits(batch_.observations, first);
    }
    expect(varies, "reset ignores its seeds: six give the same observations");
  }

  /// All rows get the same actions, so two rows with one seed must return the same, in their later episodes too.
  void a_row_follows_its_seed() {
    if (size_ == 1) return;
    const char* sentence = "an episode depends on its row: the same seed gives other bits in another row";
    auto seeds = spread_seed(seed_, size_);
    const auto forward = play(seeds, size_);
    std::ranges::reverse(seeds);
    const auto backward = play(seeds, size_);
    for (std::size_t b = 0; b < size_; ++b) expect(same_bits(forward[b], backward[size_ - 1 - b]), sentence);
    std::ranges::fill(seeds, seeds.front());
    const auto alike = play(seeds, size_);
    for (std::size_t b = 0; b < size_; ++b) expect(same_bits(alike[b], alike[0]), sentence);
  }

  void rows_are_independent() {
    if (size_ == 1) return;
    const auto seeds = spread_seed(seed_, size_);
    expect(same_bits(play(seeds, size_)[0], play(seeds, 1)[0]), "environment 0 depends on the actions of the others");
  }

  static bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    const auto bits = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    return std::ranges::equal(a, b, bits);
  }

  template <class Call>
  bool refuses(Call&& call) {
    try {
      call();
    } catch (const std::invalid_argument&) { return true; }
    return false;
  }

  void refusals() {
    reset();
    draw_actions(0, 0);
    const auto good = actions_;
    actions_.back() = std::numeric_limits<float>::quiet_NaN();
    expect(refuses([&] { env_.step(actions_, batch_.view()); }),
           "a nan action is not refused with std::invalid_argument");
    reset();
    actions_.pop_back();
    expect(refuses([&] { env_.step(actions_, batch_.view()); }),
           "actions of the wrong length are not refused with std::invalid_argument");
    actions_ = good;

    // what lies outside the space is clipped to it
    const Space& space = env_.action_space();
    const auto after = [&](bool outside) {
      reset();
      for (std::size_t k = 0; k < actions_.size(); ++k)
        if (const float high = space.high[k % actions_width_]; std::isfinite(high))
          actions_[k] = outside ? high + 1 + std::abs(high) : high;
      step();
      return batch_.observations;
    };
    expect(same_bits(after(false), after(true)), "an action outside the action space is not clipped to it");
    actions_ = good;
    const std::vector<std::uint64_t> seeds(size_ + 1);
    const std::vector<std::uint8_t> mask(size_ + 1);
    expect(
        refuses([&] { env_.reset(seeds, {}, batch_.view()); }) && refuses([&] { env_.reset({}, mask, batch_.view()); }),
        "seeds or a mask of the wrong length are not refused with std::invalid_argument");
  }

  void masked_reset() {
    auto seeds = spread_seed(seed_, size_);
    reset(seeds);
    draw_actions(0, 0);
    step();
    const auto before = batch_;
    std::vector<std::uint8_t> mask(size_);
    mask.back() = 1;
    seeds.back() = seed_ + 7;
    env_.reset(seeds, mask, batch_.view());
    check_rows(batch_.observations, "after a masked reset");
    const std::size_t others = size_ - 1;
    const auto same_head = [](const auto& a, const auto& b, std::size_t count) {
      return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(count), b.begin());
    };
    expect(same_head(before.observations, batch_.observations, others * width_) &&
               same_head(before.rewards, batch_.rewards, others) &&
               same_head(before.terminated, batch_.terminated, others) &&
               same_head(before.truncated, batch_.truncated, others),
           "a masked reset touches rows outside its mask");
    const std::vector<float> masked(batch_.observations.end() - static_cast<std::ptrdiff_t>(width_),
                                    batch_.observations.end());
    reset(seeds);
    expect(std::equal(masked.begin(), masked.end(), batch_.observations.end() - static_cast<std::ptrdiff_t>(width_)),
           "a masked reset does not start the episode of its seed");
  }

  void ends_of_episodes() {
    const Autoreset mode = env_.autoreset();
    reset();
    std::vector<std::uint8_t> was_ended(size_);
    std::vector<std::size_t> lengths(size_);
    for (std::size_t t = 0; t < steps_; ++t) {
      draw_actions(0, t);
      const auto before = batch_;
      step();
      for (std::size_t b = 0; b < size_; ++b) {
        if (was_ended[b] && mode == Autoreset::next_step)
          expect(batch_.rewards[b] == 0 && !ended(b),
                 "autoreset next_step: the step after the last one must reset, with reward 0 and no flag");
        if (was_ended[b] && mode == Autoreset::disabled)
          expect(batch_.rewards[b] == 0 && batch_.terminated[b] == before.terminated[b] &&
                     batch_.truncated[b] == before.truncated[b] &&
                     std::equal(&batch_.observations[b * width_], batch_.observations.data() + (b + 1) * width_,
                                &before.observations[b * width_]),
                 "autoreset disabled: a row that has ended must rest, with reward 0, its flags and its observation");
        const bool resets = was_ended[b] && mode != Autoreset::same_step;
        lengths[b] = resets ? 0 : lengths[b] + 1;
        expect(lengths[b] <= env_.horizon(), "an episode is longer than horizon()");
        was_ended[b] = ended(b);
        if (!ended(b) || mode != Autoreset::same_step) continue;
        lengths[b] = 0;
        if (env_.final_observations().size() != size_ * width_) {
          report("autoreset same_step: final_observations() does not hold one row for each environment");
          return;
        }
        check_rows(env_.final_observations().subspan(b * width_, width_), "that ended an episode");
      }
    }
  }

  void info() {
    for (const auto& key : env_.info_keys())
      expect(env_.info(key).size() == size_, "info '" + key + "' does not hold one entry for each environment");
    expect(refuses([&] { (void)env_.info("no such key"); }),
           "an unknown info key is not refused with std::invalid_argument");
    expect(env_.privileged().size() == size_ * env_.privileged_size(),
           "privileged() does not hold privileged_size() entries for each environment");
  }

  VectorEnv& env_;
  std::uint64_t seed_;
  std::size_t size_, width_, actions_width_, steps_;
  BatchBuffer batch_;
  std::vector<float> actions_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> check_env(VectorEnv& env, std::uint64_t seed) { return Check(env, seed).run(); }

}  // namespace rover
