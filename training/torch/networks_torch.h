#pragma once
// The policy and the critics as LibTorch differentiates them.
#include <torch/torch.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "agents/nn/recurrent_policy.h"
#include "training/adam.h"

namespace rover {

/// A flat parameter vector as one leaf tensor that shares its memory: gradients come back flat, Polyak averaging and
/// Adam are loops over floats, a checkpoint is three arrays. Must not outlive `parameters`, whose size must not change.
class FlatLeaf {
 public:
  explicit FlatLeaf(nn::Parameters& parameters);
  using Views = std::unordered_map<std::string, torch::Tensor>;
  Views views() const;      ///< the named blocks, differentiable
  Views constants() const;  ///< the same, detached
  /// One step of `adam` down ∂loss/∂parameters, clipped to `largest_norm`. Throws std::runtime_error when the loss is
  /// not finite.
  void descend(const torch::Tensor& loss, Adam<float>& adam, double learning_rate, double largest_norm,
               const char* what);

 private:
  nn::Parameters* parameters_;
  torch::Tensor leaf_;
  std::vector<std::int64_t> sizes_;
};

/// The first layers of section 3.2.3's networks: observations [B, T, O] → what the encoding layer reads, [B, T, E].
torch::Tensor encoder_input(const FlatLeaf::Views& weights, const torch::Tensor& observations, bool convolutional,
                            std::int64_t grid_size);

/// An LSTM (zero initial state) over inputs [B, T, I]: weight [I + H, 4H], gates i, f, g, o → hidden states [B, T, H].
torch::Tensor lstm_sequence(const torch::Tensor& weight, const torch::Tensor& bias, const torch::Tensor& inputs);

/// RecurrentPolicy's twin over whole episodes: observations [B, T, O] → logits [B, T, A], u = tanh(logits).
torch::Tensor policy_logits(const FlatLeaf::Views& weights, const RecurrentPolicy& shape,
                            const torch::Tensor& observations);

/// A critic Q(history or state, action).
struct CriticShape {
  std::size_t observation_size, privileged_size;  ///< what it sees; privileged_size 0: nothing hidden
  bool recurrent;                                 ///< an LSTM over observations and previous actions, as the paper's
  bool convolutional;
  std::size_t grid_size, channels1, channels2, hidden;
  std::size_t actions = 2;  ///< A
};
nn::Parameters make_critic(const CriticShape& shape, std::uint64_t seed);

/// The part of a critic that does not depend on the action: [B, T, ·]. `previous_actions` [B, T, A] are read by
/// recurrent critics.
torch::Tensor critic_state(const FlatLeaf::Views& weights, const CriticShape& shape, const torch::Tensor& observations,
                           const torch::Tensor& privileged, const torch::Tensor& previous_actions);
/// Q [B, T] of actions u [B, T, A] in these states.
torch::Tensor critic_value(const FlatLeaf::Views& weights, const CriticShape& shape, const torch::Tensor& states,
                           const torch::Tensor& actions);

}  // namespace rover
