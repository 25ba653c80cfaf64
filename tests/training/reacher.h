#pragma once
// A registered environment that is learned in a second: a point on a line has to come to 0.
#include <cmath>

#include "env/vector_env_base.h"

namespace rover::testing {

struct ReacherOptions {
  std::uint64_t size = 1;
  std::string autoreset = "next-step";
  std::uint64_t horizon = 12;
  double reach = 1000;  ///< starts lie within ± this
  template <class Visit>
  void fields(Visit&& visit) {
    visit("size", size, "rows");
    visit("autoreset", autoreset, "mode");
    visit("horizon", horizon, "steps");
    visit("reach", reach, "starts");
  }
};

/// x ← x + a, a ∈ [−100, 300]; the reward is −|x|/reach.
class Reacher final : public VectorEnvBase {
 public:
  explicit Reacher(const ReacherOptions& options)
      : VectorEnvBase(options.size, {{-INFINITY}, {INFINITY}}, {{-100}, {300}}, options.horizon,
                      parse_autoreset(options.autoreset)),
        reach_(options.reach),
        x_(options.size) {}

 protected:
  void begin(std::size_t b, std::uint64_t seed) override {
    x_[b] = make_stream(seed, 0, "start").uniform(-reach_, reach_);
  }
  Outcome advance(std::size_t b, std::span<const float> action) override {
    x_[b] += action[0];
    return {.reward = -std::fabs(x_[b]) / reach_, .terminated = std::fabs(x_[b]) < reach_ / 100};
  }
  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const auto b : rows) observations[b] = static_cast<float>(x_[b]);
  }

 private:
  double reach_;
  std::vector<double> x_;
};

/// `Test/Reacher-v0`, and `Test/Unbounded-v0` whose actions have no bounds. A second call does nothing.
inline void register_reacher() {
  if (environments().contains("Test/Reacher-v0")) return;
  environments().add<ReacherOptions>("Test/Reacher-v0", "a point on a line",
                                     [](const ReacherOptions& options) { return std::make_unique<Reacher>(options); });
  environments().add<ReacherOptions>(
      "Test/Unbounded-v0", "no bounds", [](const ReacherOptions&) -> std::unique_ptr<VectorEnv> {
        struct Unbounded final : VectorEnvBase {
          Unbounded() : VectorEnvBase(1, {{0}, {1}}, {{-1, -INFINITY}, {1, 1}}, 1, Autoreset::disabled) {}
          void begin(std::size_t, std::uint64_t) override {}
          Outcome advance(std::size_t, std::span<const float>) override { return {}; }
          void observe(std::span<const std::uint32_t>, std::span<float>) override {}
        };
        return std::make_unique<Unbounded>();
      });
}

}  // namespace rover::testing
