#pragma once
#include <memory>

#include "agents/agent.h"
#include "agents/schedule.h"

namespace rover {

// First-order methods. All project onto the domain: a step that would leave it ends at its boundary.

using GradientDescentOptions = ScheduleOptions;

struct MomentumOptions {
  ScheduleOptions rate;
  double momentum = 0.9;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("momentum", momentum, "share μ of the last move that is kept", in(0, 1).below(1));
  }
};

struct AdamOptions {
  ScheduleOptions rate;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("beta1", beta1, "decay of the mean of gradients", in(0, 1).below(1));
    visit("beta2", beta2, "decay of the mean of squared gradients", in(0, 1).below(1));
    visit("epsilon", epsilon, "added to the root of the second moment", above(0, 1e6));
  }
};

struct AdamWOptions {
  AdamOptions adam;
  double weight_decay = 1e-2;
  template <class Visit>
  void fields(Visit&& visit) {
    adam.fields(visit);
    visit("weight_decay", weight_decay, "λ: θ also shrinks by η λ θ a step", in(0, 1e6));
  }
};

struct RmsPropOptions {
  ScheduleOptions rate;
  double decay = 0.99, epsilon = 1e-8;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("decay", decay, "decay of the mean of squared gradients", in(0, 1).below(1));
    visit("epsilon", epsilon, "added to the root of that mean", above(0, 1e6));
  }
};

struct AdaGradOptions {
  ScheduleOptions rate;
  double epsilon = 1e-10;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("epsilon", epsilon, "added to the root of the sum of squared gradients", above(0, 1e6));
  }
};

struct AdadeltaOptions {
  ScheduleOptions rate = {1, "constant"};
  double decay = 0.95, epsilon = 1e-6;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("decay", decay, "decay ρ of the means of squared gradients and squared moves", in(0, 1).below(1));
    visit("epsilon", epsilon, "added under both roots", above(0, 1e6));
  }
};

struct AdamsBashforthOptions {
  ScheduleOptions rate;
  std::uint64_t order = 2;
  template <class Visit>
  void fields(Visit&& visit) {
    rate.fields(visit);
    visit("order", order, "gradients that a step extrapolates from; 1 is gradient descent", in(1, 4));
  }
};

/// θ ← θ − η ∇f(θ). All of them throw UsageError for options outside their ranges.
std::unique_ptr<Agent> make_gradient_descent(const GradientDescentOptions& options);
/// Heavy ball (Polyak 1964): v ← μ v − η ∇f(θ), θ ← θ + v.
std::unique_ptr<Agent> make_momentum(const MomentumOptions& options);
/// Nesterov's method in the form of Sutskever et al. 2013, eqs. (3, 4): v ← μ v − η ∇f(θ + μ v), θ ← θ + v.
std::unique_ptr<Agent> make_nesterov(const MomentumOptions& options);
/// Adam (Kingma & Ba 2015, algorithm 1), with its bias corrections.
std::unique_ptr<Agent> make_adam(const AdamOptions& options);
/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): θ ← θ − η λ θ beside Adam's step.
std::unique_ptr<Agent> make_adamw(const AdamWOptions& options);
/// RMSProp (Tieleman & Hinton 2012): s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + ε).
std::unique_ptr<Agent> make_rmsprop(const RmsPropOptions& options);
/// AdaGrad (Duchi et al. 2011): s ← s + g², θ ← θ − η g / (√s + ε).
std::unique_ptr<Agent> make_adagrad(const AdaGradOptions& options);
/// Adadelta (Zeiler 2012, algorithm 1): s ← ρ s + (1 − ρ) g², Δ = −g √(u + ε)/√(s + ε), u ← ρ u + (1 − ρ) Δ²,
/// θ ← θ + η Δ.
std::unique_ptr<Agent> make_adadelta(const AdadeltaOptions& options);
/// The gradient flow dθ/dt = −∇f by Adams and Bashforth's explicit methods of order 1 to 4, step η: of order 2, θ ← θ −
/// η (3/2 g_t − 1/2 g_{t−1}). Gradient descent is Euler's method, and momentum another one with memory (Scieur et al.
/// 2017). The first steps are of the order that the gradients so far allow.
std::unique_ptr<Agent> make_adams_bashforth(const AdamsBashforthOptions& options);

}  // namespace rover
