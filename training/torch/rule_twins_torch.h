#pragma once
// Update rules as LibTorch differentiates them.
#include <torch/torch.h>

#include <functional>

#include "agents/learned/update_rule.h"

namespace rover {

/// What a twin sees of one step of B walks over points of one layout. All tensors are of one type, float or double.
struct TwinInput {
  torch::Tensor weights;          ///< [P]
  torch::Tensor gradient, point;  ///< [B, d]
  torch::Tensor slots;            ///< [B, S], RuleState::slots of each walk
  std::uint64_t t = 0;            ///< steps taken before
  std::uint64_t horizon = 0;      ///< as RuleState::horizon
};
struct TwinStep {
  torch::Tensor step;   ///< [B, d], as UpdateRule::step() writes it
  torch::Tensor slots;  ///< [B, S], after the step
};
using RuleTwin = std::function<TwinStep(const TwinInput&)>;

/// The rule that make_update_rule() makes, for points of this layout. Throws UsageError for a rule that has no twin.
RuleTwin make_rule_twin(const RuleOptions& options, const Layout& layout);

}  // namespace rover
