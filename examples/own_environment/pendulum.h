#pragma once
// An environment of your own: derive from VectorEnvBase, add it to the registry, and the trainers train on it.
// This one is the pendulum that has to be swung up and held (Gymnasium's Pendulum-v1: the same dynamics and rewards).
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "env/vector_env_base.h"

struct PendulumOptions {
  std::uint64_t size = 1;               // every environment reads these two: B, and
  std::string autoreset = "next-step";  // what happens when an episode ends
  double gravity = 10;
  std::uint64_t horizon = 200;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("size", size, "environments stepped together, B", rover::in(1, 65536));
    visit("autoreset", autoreset, "what follows an episode's end", rover::one_of(rover::autoreset_names()));
    visit("gravity", gravity, "in m/s²", rover::in(0, 100));
    visit("horizon", horizon, "steps of an episode, 0.05 s each", rover::in(1, 10000));
  }
};

class Pendulum final : public rover::VectorEnvBase {
 public:
  explicit Pendulum(const PendulumOptions& options)
      : VectorEnvBase(options.size, {{-1, -1, -8}, {1, 1, 8}}, {{-2}, {2}}, options.horizon,
                      rover::parse_autoreset(options.autoreset)),
        gravity_(options.gravity),
        rows_(options.size) {}

 protected:
  // An episode is a function of its seed and its actions: all that is random comes from streams of the seed.
  void begin(std::size_t b, std::uint64_t seed) override {
    rover::RandomStream stream = rover::make_stream(seed, 0, "start");
    rows_[b].angle = stream.uniform(-std::numbers::pi, std::numbers::pi);
    rows_[b].speed = stream.uniform(-1, 1);
  }

  Outcome advance(std::size_t b, std::span<const float> action) override {
    auto& [angle, speed] = rows_[b];
    const double torque = action[0], from_upright = std::remainder(angle, 2 * std::numbers::pi);
    const double cost = from_upright * from_upright + 0.1 * speed * speed + 0.001 * torque * torque;
    constexpr double step_s = 0.05;
    speed = std::clamp(speed + (1.5 * gravity_ * std::sin(angle) + 3 * torque) * step_s, -8.0, 8.0);
    angle += speed * step_s;
    return {.reward = -cost};  // never terminated; the base class truncates at the horizon
  }

  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const std::uint32_t b : rows) {
      observations[3 * b] = static_cast<float>(std::cos(rows_[b].angle));
      observations[3 * b + 1] = static_cast<float>(std::sin(rows_[b].angle));
      observations[3 * b + 2] = static_cast<float>(rows_[b].speed);
    }
  }

 private:
  struct Row {
    double angle = 0, speed = 0;
  };
  double gravity_;
  std::vector<Row> rows_;
};

inline void register_pendulum() {
  rover::environments().add<PendulumOptions>(
      "Own/Pendulum-v0", "swing a pendulum up and hold it",
      [](const PendulumOptions& options) { return std::make_unique<Pendulum>(options); });
}
