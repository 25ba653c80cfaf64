#pragma once
#include <memory>
#include <span>
#include <vector>

#include "agents/nn/layers.h"
#include "agents/rollout.h"
#include "core/settings.h"

namespace rover {

struct PolicyOptions {
  std::uint64_t hidden = 32;
  std::string encoder = "dense";  ///< "conv": two convolutions on the grid (section 3.2.3), which must come first;
                                  ///< "linear": u = tanh(W o + b)
  std::uint64_t channels1 = 8, channels2 = 16;
  std::string memory = "lstm";  ///< "none": the LSTM is left out, the hidden layer reads z alone
  double output_scale = 0.1;    ///< initial size of the last layer; 0: u = 0 everywhere, whatever is seen
  template <class Visit>
  void fields(Visit&& visit) {
    visit("hidden", hidden, "width H of the encoding, the LSTM and the hidden layer", in(1, 1024));
    visit("encoder", encoder,
          "what reads the observation: a dense layer, two convolutions on the grid, or nothing hidden (linear)",
          one_of("dense", "conv", "linear"));
    visit("channels1", channels1, "channels of the first convolution", in(1, 256));
    visit("channels2", channels2, "channels of the second convolution", in(1, 256));
    visit("memory", memory, "recurrent state: an LSTM, or none", one_of("lstm", "none"));
    visit("output_scale", output_scale, "initial size of the last layer, against the others' (0: starts with u = 0)",
          in(0, 100));
  }
};

/// What u ∈ [−1, 1] means to an environment: the rate Δ = 2^u − 1 ∈ [−0.5, 1] of section 3.2.3 (the paper's range,
/// symmetric in the logarithm), or the action itself.
float rate_of(float u);         ///< Δ = 2^u − 1, u clamped to [−1, 1]
float exponent_of(float rate);  ///< the inverse
enum class ActionMap { rates, direct };
float action_of(ActionMap map, float u);  ///< u is clamped to [−1, 1]
float exponent_of(ActionMap map, float action);

/// The sizes that a policy has to fit: O observed numbers, of which the first n² may be a grid (for the conv encoder
/// alone), and A actions.
struct PolicyShape {
  std::size_t observation_size = 0, grid_size = 0, actions = 2;
  ActionMap map = ActionMap::rates;
};

/// The policy of section 3.2.3 in inference form: observation → encoding z (tanh, H) → LSTM (H) → two hidden layers on
/// [z, h] → u = tanh(…) ∈ [−1, 1]^A; A = 2 in the paper. Its LibTorch twin is in training/torch; evolution strategies
/// work on the flat parameters.
class RecurrentPolicy {
 public:
  /// LSTM state of a batch, zero at the start of an episode.
  struct State {
    std::vector<float> hidden, cell;  ///< [b, H]
    void reset(std::size_t batch, std::size_t width) { hidden.assign(batch * width, 0), cell.assign(batch * width, 0); }
  };

  /// Weights from `seed`; the last layer starts `output_scale` times smaller, so that the first episodes keep α and δ
  /// nearly constant.
  RecurrentPolicy(const PolicyOptions& options, const PolicyShape& shape, std::uint64_t seed);
  /// A policy for StepControl: two rates.
  RecurrentPolicy(const PolicyOptions& options, std::size_t observation_size, std::size_t grid_size, std::uint64_t seed)
      : RecurrentPolicy(options, {observation_size, grid_size}, seed) {}
  /// Throws std::runtime_error for what is no policy: options out of range, weights of other sizes or not finite.
  static RecurrentPolicy load(const Checkpoint& in);
  void save(Checkpoint& out) const;

  /// observations [b, O] → u [b, A]; the LSTM's state, b rows, advances. Allocates only when b grows.
  void forward(std::span<const float> observations_bo, std::span<float> hidden_bh, std::span<float> cell_bh,
               std::span<float> u_ba) const;

  const PolicyShape& shape() const { return shape_; }
  std::size_t observation_size() const { return shape_.observation_size; }
  std::size_t grid_size() const { return shape_.grid_size; }
  std::size_t actions() const { return shape_.actions; }
  bool has_memory() const { return options_.memory == "lstm"; }
  std::size_t hidden() const { return options_.hidden; }
  bool convolutional() const { return options_.encoder == "conv"; }
  bool linear() const { return options_.encoder == "linear"; }
  /// What the encoding layer reads: O, or the flattened convolutions plus the rest of the observation.
  std::size_t encoded_size() const;
  const PolicyOptions& options() const { return options_; }
  /// Blocks [conv1.weight, conv1.bias, conv2.weight, conv2.bias,] encode.w, encode.b, [lstm.w [2H, 4H] (inputs z then
  /// h; gates i, f, g, o), lstm.b,] hidden.w, hidden.b, out.w, out.b; all dense weights input-major.
  nn::Parameters& parameters() { return parameters_; }
  const nn::Parameters& parameters() const { return parameters_; }

 private:
  std::span<const float> block(std::size_t index) const;
  PolicyOptions options_;
  PolicyShape shape_;
  nn::Parameters parameters_;
};

/// Plays one or more RecurrentPolicies over the rows of a VectorEnv: row b belongs to policy b / (B / policies).
/// Exploration noise is an Ornstein–Uhlenbeck process on u (Lillicrap et al. 2015): x ← 0.85 x + σ√(1 − 0.85²) ξ.
class RecurrentBatchPolicy final : public BatchPolicy {
 public:
  explicit RecurrentBatchPolicy(std::vector<const RecurrentPolicy*> policies, double noise = 0)
      : policies_(std::move(policies)), noise_(noise) {}
  void reset(std::span<const std::uint64_t> seeds_b) override;
  void act(std::span<const float> observations_bo,
           std::span<float> actions_ba) override;  ///< throws std::runtime_error on NaN

 private:
  std::vector<const RecurrentPolicy*> policies_;
  double noise_;
  RecurrentPolicy::State state_;
  std::vector<RandomStream> streams_;
  std::vector<double> process_;
  std::vector<float> u_;
};

}  // namespace rover
