#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct NewtonOptions {
  double damping = 1e-3;
  double step_size = 1;
  bool saddle_free = true;
  bool adaptive = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("damping", damping, "Levenberg's λ as a fraction of the largest |eigenvalue| of the Hessian", in(0, 1e6));
    visit("step_size", step_size, "share of the step that is taken", above(0, 1));
    visit("saddle_free", saddle_free, "use |eigenvalues|: saddles repel instead of attract");
    visit("adaptive", adaptive,
          "undo a step that went up and raise λ fourfold; lower it again after one that went down");
  }
};

/// Damped Newton: θ ← θ − s (H + λ max|e| I)⁻¹ ∇f, H = Σ e qqᵀ. With `saddle_free` e is replaced by |e| (Dauphin et al.
/// 2014): every step is a descent direction. Without it a step solves ∇f = 0, whatever the kind of that point, as the
/// textbook method does. Eigenvalues that vanish count as 1e-12 max|e|. With `adaptive` (Marquardt 1963) a step that
/// went up is taken back: the next one starts from the same gradient and Hessian again, at λ × 4. Projects onto the
/// domain. Throws UsageError for options outside their ranges.
std::unique_ptr<Agent> make_newton(const NewtonOptions& options);

}  // namespace rover
