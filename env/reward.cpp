#include "env/reward.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/settings.h"

namespace rover {

Reward parse_reward(std::string_view text) {
  for (const Reward reward :
       {Reward::final_value, Reward::value, Reward::normalized, Reward::windowed, Reward::log_regret})
    if (text == to_text(reward)) return reward;
  throw UsageError("unknown reward '" + std::string(text) + "': final, 5, 6, 7 (the paper's equations) or log-regret");
}

std::string_view to_text(Reward reward) {
  switch (reward) {
    case Reward::final_value:
      return "final";
    case Reward::value:
      return "5";
    case Reward::normalized:
      return "6";
    case Reward::log_regret:
      return "log-regret";
    case Reward::windowed:
      break;
  }
  return "7";
}

bool needs_optimum(Reward reward) { return reward != Reward::final_value && reward != Reward::value; }

double log_regret_reward(double regret) { return -std::log10(std::clamp(regret, 1e-8, 1e10)) / 3; }

void RegretWindow::reset(double regret) {
  count_ = 1;
  values_[0] = regret;
}

double RegretWindow::push(double regret) {
  const std::size_t k = std::clamp<std::size_t>(k_, 1, values_.size());
  values_[count_++ % k] = regret;
  const std::size_t kept = std::min(count_, k);
  double sum = 0;
  for (std::size_t t = 0; t < kept; ++t) sum += values_[t];
  return -regret * static_cast<double>(kept) / std::max(sum, regret_floor);
}

}  // namespace rover
