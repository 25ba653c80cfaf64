#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "env/layout.h"
#include "storage/checkpoint.h"

namespace rover {

/// What a rule keeps about one walk: numbers for each coordinate, and how many steps it took.
struct RuleState {
  std::vector<float> slots;
  std::uint64_t steps = 0;
};

/// A learned update rule: from gradients to steps. Its parameters do not change while it walks, so that any number of
/// walks may share it.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  virtual std::string_view name() const = 0;
  /// Before the first step of a walk over points of this layout.
  virtual void reset(const Layout& layout, RuleState& state) const = 0;
  /// θ_{t+1} − θ_t from ∇ℓ(θ_t), [d] each.
  virtual void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                    std::span<float> step_d) const = 0;
  /// What load_update_rule reads.
  virtual void save(Checkpoint& out) const = 0;
};

/// Whether the file holds a rule.
bool holds_update_rule(const Checkpoint& in);
/// Throws std::runtime_error for a file without a rule, an unknown one, and weights that are missing or not finite.
std::shared_ptr<const UpdateRule> load_update_rule(const Checkpoint& in);

}  // namespace rover
