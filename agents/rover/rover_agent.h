#pragma once
#include <memory>
#include <optional>

#include "agents/agent.h"
#include "agents/nn/recurrent_policy.h"
#include "agents/search/options.h"
#include "env/heading.h"
#include "env/look.h"

namespace rover {

struct RoverOptions {
  std::string mode = "auto";       ///< paper, per-evaluation, or auto: what the model is; without one per-evaluation
  std::string from;                ///< run folder, model file or shipped model; empty in mode paper: the shipped one
  std::string heading;             ///< an analytic heading in place of the model's
  std::string policy = "learned";  ///< learned, or random: the null, u uniform in [−1, 1]²
  bool safeguard = true;
  std::uint64_t patience = 3;          ///< looks without a new best before the safeguard acts
  bool restart = true;                 ///< d = 2: a converged walk begins anew elsewhere, when the safeguard acts
  std::uint64_t grid_size = 6;         ///< n, for a rover without a model
  double window = 1.2;                 ///< width of the first look, as a fraction of the domain's
  double step_size = 0;                ///< α₀; 0: a quarter of the first window
  double resolution = 0;               ///< δ₀; 0: window / n
  std::string pairs = "matching";      ///< d > 2: which slices a step looks at (agents/rover/pairs.h)
  std::uint64_t pair_count = 0;        ///< d > 2: its k or l; 0: the strategy's own
  std::string layers;                  ///< d > 2: sizes of the layers for pairs=layer
  std::string memory = "coordinates";  ///< d > 2: to whom α and δ belong (agents/rover/pair_memory.h)
  std::int64_t line_search = -1;       ///< points along the combined step; −1: 10 in d > 2, none in d = 2
  bool recentre =
      true;  ///< with a line search: where it found nothing lower than the best sample, the walk goes on from that
  PerEvaluationOptions search;  ///< mode per-evaluation
  template <class Visit>
  void fields(Visit&& visit) {
    visit("mode", mode, "paper, per-evaluation, or auto: what the model is, per-evaluation without one");
    visit("from", from, "run folder, model file, or the name of a model that ships");
    visit("heading", heading, "mode paper: analytic heading in place of the model's");
    visit("policy", policy, "mode paper: learned, or random: the null");
    visit("safeguard", safeguard, "mode paper: after some looks without a new best: back to it, α and δ halved");
    visit("patience", patience, "mode paper: looks without a new best before the safeguard acts");
    visit("restart", restart,
          "mode paper, d = 2: where the safeguard finds the walk converged, it begins anew at a random place");
    visit("grid_size", grid_size, "mode paper: n, for a rover without a model");
    visit("window", window, "mode paper: width of the first look, as a fraction of the domain's");
    visit("step_size", step_size, "mode paper: first step size, 0: a quarter of the first window");
    visit("resolution", resolution, "mode paper: first resolution, 0: window / n");
    visit("pairs", pairs, "mode paper, d > 2: all, subset, per-dimension, layer, matching or adaptive");
    visit("pair_count", pair_count,
          "mode paper, d > 2: coordinates (subset), partners (per-dimension, layer) or pairs; 0: 10, 1, d/2");
    visit("layers", layers, "mode paper, d > 2: sizes of the layers for pairs=layer");
    visit("memory", memory, "mode paper, d > 2: α and δ belong to the coordinates, or, as in the paper, to the pairs");
    visit("line_search", line_search, "mode paper: points along the combined step, 0: none; -1: 10 if d > 2");
    visit("recentre", recentre, "mode paper: a line search goes on from the best sample if it found nothing lower");
    visit("search", search, "mode per-evaluation");
  }
};

/// What a trained Rover consists of: a heading and, but for the random null, a policy with its observation.
struct RoverModel {
  std::shared_ptr<const Heading> heading;
  std::shared_ptr<const RecurrentPolicy> policy;
  std::string observation = "grid";
  std::uint64_t grid_size = 8;
  bool remembers =
      false;  ///< its recurrent state lives on when the walk begins anew: it was trained with new beginnings

  void save(Checkpoint& out) const;
  /// Throws std::runtime_error when `in` is no Rover model.
  static RoverModel load(const Checkpoint& in);
};

/// The Rover in the paper's form on any surface: a heading, and the recurrent policy of section 3.2.3, walking by eq.
/// (4). On a two-dimensional surface without bounds and without the safeguard it makes the trajectory that the policy
/// makes in the paper's POMDP. Strictly zeroth-order: it sees grids (and values along its step) alone, and reads the
/// pose for safeguard and line search only.
///
/// In d > 2 (section 3.3) a step looks at slices along pairs of coordinates, all in one query; α, δ and recurrent state
/// follow the pairs or their coordinates (agents/rover/pair_memory.h); the updates are combined by eq. (8). Line
/// search: N points along the combined step Δθ, 2^-6 Δθ … 2^3 Δθ in geometric steps, inside the domain, and the pose
/// itself: the walk goes on from the lowest, or from the best sample of all if that is lower still
/// (`recentre`).
///
/// Safeguard: after `patience` looks without a new best sample, back to the best sample, α and δ of the pairs just seen
/// halved. `restart`, d = 2: a window less than 1e-5 of the first has converged; then the walk begins anew at a uniform
/// place in the domain.
std::unique_ptr<Agent> make_rover(const RoverOptions& options, RoverModel model);

}  // namespace rover
