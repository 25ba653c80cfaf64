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

/// θ ← θ − η ∇f(θ). All five throw UsageError for options outside their ranges.
std::unique_ptr<Agent> make_gradient_descent(const GradientDescentOptions& options);
/// Heavy ball (Polyak 1964): v ← μ v − η ∇f(θ), θ ← θ + v.
std::unique_ptr<Agent> make_momentum(const MomentumOptions& options);
/// Nesterov's method in the form of Sutskever et al. 2013, eqs. (3, 4): v ← μ v − η ∇f(θ + μ v), θ ← θ + v.
std::unique_ptr<Agent> make_nesterov(const MomentumOptions& options);
/// Adam (Kingma & Ba 2015, algorithm 1), with its bias corrections.
std::unique_ptr<Agent> make_adam(const AdamOptions& options);
/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): θ ← θ − η λ θ beside Adam's step.
std::unique_ptr<Agent> make_adamw(const AdamWOptions& options);

}  // namespace rover
