#include "training/meta/outer_adamw.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace rover {

void OuterAdamW::update(std::span<double> weights, std::span<const double> gradient, std::uint64_t step) {
  double square = 0;
  for (const double g : gradient) square += g * g;
  const double shorten = std::min(1.0, options_.clip / std::max(std::sqrt(square), 1e-300));
  std::vector<double> descent(gradient.begin(), gradient.end());
  for (double& g : descent) g *= shorten;
  const double progress = static_cast<double>(step) / static_cast<double>(options_.meta_steps);
  const double rate =
      options_.learning_rate * (0.015 + 0.985 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress))) / 2);
  for (double& w : weights) w -= rate * options_.weight_decay * w;
  adam_.update(weights, descent, rate);
}

}  // namespace rover
