#pragma once
#include <memory>

#include "agents/attention/attention.h"

namespace rover {

// Gradient descent and attention search in one walk (report "Experiments with Attention", section 3). The report gives
// the structure and no numbers; ours are its defaults, and are tuned. Gradients are looks, attention's samples as well.

/// What `rover tune` chose on the suite `extended` for hybrids 1 and 2, 1000 evaluations.
inline constexpr AttentionOptions hybrid_attention{.points = 30, .sigma = 0.2, .beta = 10};

/// Hybrid 1, reactive escape: gradient descent; where two windows in a row gain less than `tolerance` of the loss, so
/// many steps of attention, then gradient descent again. The report does not say what a plateau is.
struct Hybrid1Options {
  double learning_rate = 0.2;
  std::uint64_t window = 5;
  double tolerance = 1e-3;
  std::uint64_t attention_steps = 5;
  AttentionOptions attention = hybrid_attention;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("learning_rate", learning_rate, "step size η of gradient descent", above(0, 1e6));
    visit("window", window, "gradient steps between two looks at the loss", in(1, 1e6));
    visit("tolerance", tolerance, "a window that gains less than this share of the loss is a plateau", in(0, 1));
    visit("attention_steps", attention_steps, "steps of attention after two plateaus in a row", in(1, 1e6));
    visit("attention", attention, "of attention search");
  }
};

/// Hybrid 2, alternation: so many steps of each in turn. Hybrid 3, attention-restarted gradient descent, is the same
/// with longer phases: attention then leads to where the next descent begins.
struct AlternationOptions {
  double learning_rate = 0.2;
  std::uint64_t gradient_steps = 20, attention_steps = 2;
  AttentionOptions attention = hybrid_attention;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("learning_rate", learning_rate, "step size η of gradient descent", above(0, 1e6));
    visit("gradient_steps", gradient_steps, "steps of gradient descent a cycle", in(1, 1e6));
    visit("attention_steps", attention_steps, "steps of attention a cycle", in(1, 1e6));
    visit("attention", attention, "of attention search");
  }
};

/// Hybrid 4, attention over learning rates: η = Σ a_k η_k, a = softmax(−β f(x − η_k ∇f)), the η_k in a geometric
/// series.
struct Hybrid4Options {
  double lowest_rate = 1e-4, highest_rate = 1;
  std::uint64_t rates = 8;
  double beta = 10;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("lowest_rate", lowest_rate, "the least learning rate η_1", above(0, 1e6));
    visit("highest_rate", highest_rate, "the greatest, η_K", above(0, 1e6));
    visit("rates", rates, "K: how many are tried a step", in(1, 10000));
    visit("beta", beta, "sharpness β of the softmax over −β·loss", in(0, 1e12));
  }
};

std::unique_ptr<Agent> make_hybrid_1(const Hybrid1Options& options);
std::unique_ptr<Agent> make_alternation(const AlternationOptions& options);
std::unique_ptr<Agent> make_hybrid_4(const Hybrid4Options& options);

/// Gradient descent that begins anew at a uniform point of the box every so many steps.
struct GradientRestartOptions {
  double learning_rate = 1e-2;
  std::uint64_t steps = 100;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("learning_rate", learning_rate, "step size η", above(0, 1e6));
    visit("steps", steps, "steps of a descent", in(1, 1e9));
  }
};
std::unique_ptr<Agent> make_gradient_restart(const GradientRestartOptions& options);

}  // namespace rover
