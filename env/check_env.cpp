#include "env/check_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/random.h"

namespace rover {
namespace {

constexpr std::size_t short_play = 20, longest_episode = 1000;

class Check {
 public:
  Check(VectorEnv& env, std::uint64_t seed)
      : env_(env),
        seed_(seed),
        size_(env.size()),
        width_(env.observation_space().size()),
        actions_width_(env.action_space().size()),
        batch_(size_, width_),
        actions_(size_ * actions_width_) {}

  std::vector<std::string> run() {
    spaces();
    if (!found_.empty()) return found_;  // nothing else can be asked
    try {
      same_seed_same_bits();
      rows_are_independent();
      refusals();
      masked_reset();
      autoreset();
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

  /// The random action of row b in step t: bounded entries uniform, unbounded ones from [−1, 1].
  void draw_actions(std::uint64_t purpose, std::size_t t, std::size_t from_row = 0) {
    const Space& space = env_.action_space();
    for (std::size_t b = from_row; b < size_; ++b) {
      RandomStream stream = make_stream(seed_ + purpose, b * longest_episode + t, "check_env actions");
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

  void reset(std::uint64_t seed) {
    std::ranges::fill(batch_.observations,
                      std::numeric_limits<float>::quiet_NaN());  // what the environment forgets to write shows
    env_.reset(seed, batch_.view());
    check_rows(batch_.observations, "after reset");
    expect(std::ranges::all_of(batch_.rewards, [](float r) { return r == 0; }), "reset leaves rewards other than 0");
    expect(none(batch_.terminated) && none(batch_.truncated), "reset leaves episodes marked as ended");
  }

  void step() {
    std::ranges::fill(batch_.observations, std::numeric_limits<float>::quiet_NaN());
    std::ranges::fill(batch_.rewards, std::numeric_limits<float>::quiet_NaN());
    std::ranges::fill(batch_.terminated, std::uint8_t{7});
    std::ranges::fill(batch_.truncated, std::uint8_t{7});
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
  bool ended(std::size_t b) const { return batch_.terminated[b] == 1 || batch_.truncated[b] == 1; }

  /// With autoreset disabled, ended episodes are reset by the mask, as a caller must.
  void restart_ended() {
    if (env_.autoreset() != Autoreset::disabled) return;
    std::vector<std::uint8_t> mask(size_);
    for (std::size_t b = 0; b < size_; ++b) mask[b] = ended(b);
    if (!none(mask)) env_.reset_where(mask, batch_.view());
  }

  /// All that row `b` shows in a short play from reset; rows from `changed_from` on take other actions.
  std::vector<float> play(std::size_t first_row, std::size_t last_row, std::size_t changed_from) {
    std::vector<float> seen;
    const auto record = [&] {
      seen.insert(seen.end(), &batch_.observations[first_row * width_], batch_.observations.data() + last_row * width_);
      for (std::size_t b = first_row; b < last_row; ++b)
        seen.insert(seen.end(), {batch_.rewards[b], 1.0f * batch_.terminated[b], 1.0f * batch_.truncated[b]});
    };
    reset(seed_);
    record();
    for (std::size_t t = 0; t < short_play; ++t) {
      draw_actions(0, t);
      if (changed_from < size_) draw_actions(1, t, changed_from);
      step();
      record();
      restart_ended();
    }
    return seen;
  }

  void same_seed_same_bits() {
    expect(same_bits(play(0, size_, size_), play(0, size_, size_)),
           "the same seed and actions do not give the same bits twice");
    reset(seed_);
    const auto first = batch_.observations;
    bool varies = false;
    for (std::uint64_t other = 1; other <= 5 && !varies; ++other) {
      reset(seed_ + other);
      varies = !same_bits(batch_.observations, first);
    }
    expect(varies, "reset ignores its seed: six seeds give the same observations");
  }

  void rows_are_independent() {
    if (size_ == 1) return;
    expect(same_bits(play(0, 1, size_), play(0, 1, 1)), "environment 0 depends on the actions of the others");
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
    reset(seed_);
    draw_actions(0, 0);
    const auto good = actions_;
    actions_.back() = std::numeric_limits<float>::quiet_NaN();
    expect(refuses([&] { env_.step(actions_, batch_.view()); }),
           "a nan action is not refused with std::invalid_argument");
    reset(seed_);
    actions_.pop_back();
    expect(refuses([&] { env_.step(actions_, batch_.view()); }),
           "actions of the wrong length are not refused with std::invalid_argument");
    actions_ = good;

    // what lies outside the space is clipped to it
    const Space& space = env_.action_space();
    const auto after = [&](bool outside) {
      reset(seed_);
      for (std::size_t k = 0; k < actions_.size(); ++k)
        if (const float high = space.high[k % actions_width_]; std::isfinite(high))
          actions_[k] = outside ? high + 1 + std::abs(high) : high;
      step();
      return batch_.observations;
    };
    expect(same_bits(after(false), after(true)), "an action outside the action space is not clipped to it");
    actions_ = good;
  }

  void masked_reset() {
    reset(seed_);
    draw_actions(0, 0);
    step();
    const auto before = batch_.observations;
    std::vector<std::uint8_t> mask(size_);
    mask.back() = 1;
    env_.reset_where(mask, batch_.view());
    check_rows(batch_.observations, "after reset_where");
    expect(std::equal(before.begin(), before.end() - static_cast<std::ptrdiff_t>(width_), batch_.observations.begin()),
           "reset_where touches rows outside its mask");
  }

  void autoreset() {
    const Autoreset mode = env_.autoreset();
    reset(seed_);
    std::vector<std::uint8_t> was_ended(size_);
    std::size_t rounds = 0;  // steps in which an episode ended; what follows the first two is seen
    for (std::size_t t = 0; t < longest_episode && rounds < 3; ++t) {
      draw_actions(0, t);
      step();
      for (std::size_t b = 0; b < size_; ++b) {
        if (was_ended[b] && mode == Autoreset::next_step)
          expect(batch_.rewards[b] == 0 && !ended(b),
                 "autoreset next_step: the step after the last one must reset, with reward 0 and no flag");
        was_ended[b] = ended(b);
        if (!ended(b) || mode != Autoreset::same_step) continue;
        if (env_.final_observations().size() != size_ * width_) {
          report("autoreset same_step: final_observations() does not hold one row for each environment");
          return;
        }
        check_rows(env_.final_observations().subspan(b * width_, width_), "that ended an episode");
      }
      rounds += !none(was_ended);
      restart_ended();
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
  std::size_t size_, width_, actions_width_;
  BatchBuffer batch_;
  std::vector<float> actions_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> check_env(VectorEnv& env, std::uint64_t seed) { return Check(env, seed).run(); }

}  // namespace rover
