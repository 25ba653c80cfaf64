#pragma once
#include "training/torch/networks_torch.h"

namespace rover {

/// TD targets y_t = r_t + γ Q'(s_{t+1}, μ'(s_{t+1})) for whole episodes: rewards and next values [B, T] → [B, T]. Steps
/// that did not happen have the reward nan, and so their target. An episode's last step does not bootstrap: the horizon
/// T is part of the problem (γ = 1), not a cut of a longer one.
torch::Tensor ddpg_targets(const torch::Tensor& rewards, const torch::Tensor& next_values, double gamma);

}  // namespace rover
