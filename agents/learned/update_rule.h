#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "env/layout.h"
#include "storage/checkpoint.h"

namespace rover {

/// What a rule keeps about one walk.
struct RuleState {
  Layout layout;
  std::vector<float> slots;    ///< what it remembers, in an order of its own
  std::vector<float> scratch;  ///< what a step overwrites
  std::uint64_t steps = 0;     ///< taken so far
  std::uint64_t horizon = 0;   ///< steps that the walk will take; 0: not known
  std::size_t layers = 0;      ///< of the whole network, where the layout is but a part; set by reset
  std::size_t threads = 1;     ///< for one step; its bits do not depend on them
};

/// A learned update rule: from gradients to steps. Its weights do not change while it walks, so that any number of
/// walks may share it.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  virtual std::string_view name() const = 0;
  /// What meta-training changes.
  virtual std::span<const float> weights() const = 0;
  /// Before the first step of a walk over points of this layout. Sets layout, slots, scratch and steps of the state.
  virtual void reset(const Layout& layout, RuleState& state) const = 0;
  /// θ_{t+1} − θ_t from ∇ℓ(θ_t), [d] each. Allocates nothing.
  virtual void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                    std::span<float> step_d) const = 0;
  /// Whether its steps have a size of their own, so that a learning rate must be given: they are then those for 1.
  virtual bool wants_learning_rate() const { return false; }
  /// What load_update_rule reads.
  virtual void save(Checkpoint& out) const = 0;
};

/// What a rule is made of beside its weights.
struct RuleOptions {
  std::string rule = "mlp";
  std::string features = "rich";  ///< of lstm and transformer: what they see (coordinate_features.h)
  std::uint64_t hidden = 20;      ///< of lstm and transformer: units
  std::uint64_t window = 16;      ///< of transformer: steps that it remembers
  double output_scale = 1;        ///< of mlp, lstm and transformer: their outputs times this are the step
  std::string start = "random";   ///< of celo2: random or momentum; or the model file of such a rule
};

/// Throws UsageError for an unknown rule.
std::size_t rule_parameters(const RuleOptions& options);
/// Throws UsageError for an unknown rule, std::invalid_argument for another number of weights.
std::shared_ptr<const UpdateRule> make_update_rule(const RuleOptions& options, std::span<const float> weights);
/// The weights that meta-training starts from.
std::vector<float> initial_weights(const RuleOptions& options, RandomStream& stream);
std::vector<std::string> rule_names();
/// Restricts a change of the weights to a part: "direction", those by which celo2, as it begins from momentum, combines
/// its features; or "rates", those of celo2-rates that set a tensor's step size. Throws UsageError for a rule without
/// it.
void restrict_change(const RuleOptions& options, const std::string& part, std::span<double> change);

/// Whether the file holds a rule.
bool holds_update_rule(const Checkpoint& in);
/// Throws std::runtime_error for a file without a rule, an unknown one, and weights that are missing or not finite.
std::shared_ptr<const UpdateRule> load_update_rule(const Checkpoint& in);

}  // namespace rover
