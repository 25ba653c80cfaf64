#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace rover {

/// The rewards of section 3.2.3, all from the noise-free f at the pose after the move.
enum class Reward {
  final_value,  ///< −f(θ_t) at t = T, else 0
  value,        ///< eq. (5): −f(θ_t)
  normalized,   ///< eq. (6): −regret, regret = (f(θ_t) − f*) / (f(θ₀) − f*)
  windowed,  ///< eq. (7): −(f(θ_t) − f*) / (f̄_k − f*); f̄_k is the mean over the last k iterates, the current one
             ///< included
  log_regret,  ///< ours: −⅓ log10 of the regret, the precision that eq. (7) asks for without its noisy denominator
};
Reward parse_reward(std::string_view text);  ///< "final", "5", "6", "7", "log-regret"; throws UsageError
std::string_view to_text(Reward reward);
/// Whether the reward depends on f*.
bool needs_optimum(Reward reward);

/// Regrets below this count as this: the last digits of f are rounding noise, and eq. (7) divides by them.
inline constexpr double regret_floor = 1e-10;

/// −⅓ log10 regret; regrets count within [1e-8, 1e10], so that no single step decides an episode.
double log_regret_reward(double regret);

/// The running window of eq. (7), k ≤ 16. Because the current iterate belongs to the mean, r ≥ −k.
class RegretWindow {
 public:
  explicit RegretWindow(std::size_t k = 5) : k_(k) {}
  void reset(double regret);
  /// Adds a regret, at least regret_floor, and returns the reward of eq. (7).
  double push(double regret);

 private:
  std::array<double, 16> values_{};
  std::size_t k_, count_ = 0;
};

}  // namespace rover
