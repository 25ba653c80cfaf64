#pragma once
#include <memory>
#include <string>
#include <vector>

#include "agents/learned/rule_walk.h"
#include "training/meta/meta_learner.h"
#include "training/meta/meta_options.h"
#include "training/meta/outer_adamw.h"

namespace rover {

/// How a rule is meta-trained by evolution.
struct EvolutionMetaOptions : MetaOptions {
  EvolutionMetaOptions() { shortest = 100, longest = 2000; }
  std::uint64_t pairs = 16;
  bool persistent = true;
  std::uint64_t truncation = 50;
  std::uint64_t loss_every = 5;
  std::string change = "all";
  double sigma = 0.01;
  double loss_floor = 0.02;
  template <class Visit>
  void fields(Visit&& visit) {
    MetaOptions::fields(visit);
    visit("pairs", pairs, "antithetic pairs of walks a meta-step", in(1, 10000));
    visit("persistent", persistent, "walks go on over meta-steps, and with them the sum of their perturbations");
    visit("truncation", truncation, "steps of every walk in a meta-step, if persistent; else a walk is whole",
          in(1, 100000));
    visit("loss_every", loss_every, "steps between two measurements of the loss; 0: at the end alone", in(0, 100000));
    visit(
        "change", change,
        "what is perturbed: all weights; those by which celo2, begun from momentum, combines its features; or those of "
        "celo2-rates that set the step size of a tensor",
        one_of("all", "direction", "rates"));
    visit("sigma", sigma, "standard deviation of the perturbations", above(0, 100));
    visit("loss_floor", loss_floor, "share of a task's first loss below which less counts little; see lopt/loss",
          above(0, 1));
  }
};

/// Persistent evolution strategies (Vicol, Metz & Sohl-Dickstein 2021) for update rules, and plain ones.
///
/// A particle is a task with two walks, by the rules w + ε and w − ε, ε ~ N(0, σ²I) anew each meta-step; both see the
/// same minibatches. ξ sums a particle's perturbations since its task began. After `truncation` steps of each,
///
///   g = 1/(2σ²) · mean over particles of ξ (L⁺ − L⁻),
///
/// which has no bias from the truncation, as an ε that hurts only later is still in ξ then. Not persistent: each
/// meta-step begins new tasks and walks them to their ends, and ξ = ε.
///
/// L is the mean over the steps measured of ln((min(ℓ, 1.5 ℓ₀) + c)/(ℓ₀ + c)), ℓ₀ the loss at the start, c = ℓ₀
/// loss_floor: no task counts more for its units, and a walk that diverges counts a bounded loss (NaN as 1.5 ℓ₀).
class EvolutionMetaLearner final : public MetaLearner {
 public:
  /// Throws UsageError for options that cannot be.
  EvolutionMetaLearner(const EvolutionMetaOptions& options, std::uint64_t seed);
  ~EvolutionMetaLearner() override;
  std::uint64_t steps_done() const override { return steps_; }
  double step() override;
  std::span<const float> weights() const override { return current_; }
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  /// The estimate of the last step, before it was shortened.
  std::span<const double> gradient() const { return gradient_; }

 private:
  struct Particle;
  bool is_over(const Particle& particle) const;
  std::uint64_t window(const Particle& particle) const;
  void begin(Particle& particle) const;
  double play(Particle& particle, std::size_t side, const std::shared_ptr<const UpdateRule>& rule) const;
  EvolutionMetaOptions options_;
  std::uint64_t seed_, steps_ = 0;
  TaskDistribution tasks_;
  std::vector<double> weights_, gradient_;
  std::vector<float> current_;
  OuterAdamW outer_;
  std::vector<std::unique_ptr<Particle>> particles_;
};

/// ln((min(ℓ, 1.5 ℓ₀) + c)/(ℓ₀ + c)), c = ℓ₀ · floor.
double bounded_log_loss(double loss, double first_loss, double floor = 0.02);

}  // namespace rover
