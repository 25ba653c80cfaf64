#pragma once
#include <memory>
#include <optional>

#include "agents/agent.h"
#include "agents/nn/recurrent_policy.h"
#include "agents/rover/pairs.h"
#include "env/analytic_heading.h"
#include "env/heading.h"
#include "env/look.h"

namespace rover {

struct RoverOptions {
  std::string from;                ///< run folder, model file or shipped model; empty: the one that ships
  std::string heading;             ///< an analytic heading in place of the model's
  std::string policy = "learned";  ///< learned, or random: u uniform in [−1, 1]²
  bool safeguard = true;
  std::uint64_t patience = 3;          ///< looks without a new best before the safeguard acts
  bool restart = true;                 ///< a converged walk begins anew elsewhere, when the safeguard acts
  std::uint64_t grid_size = 6;         ///< n, for a rover without a model
  double window = 1.2;                 ///< width of the first look, as a fraction of the domain's
  double step_size = 0;                ///< α₀; 0: a quarter of the first window
  double resolution = 0;               ///< δ₀; 0: window / n
  std::string pairs = "matching";      ///< d > 2: which slices a step looks at (agents/rover/pairs.h)
  std::uint64_t pair_count = 0;        ///< d > 2: its k or l; 0: the strategy's own
  std::string layers;                  ///< d > 2: sizes of the layers for pairs=layer
  std::string memory = "coordinates";  ///< d > 2: what α and δ belong to (agents/rover/pair_memory.h)
  std::int64_t line_search = -1;       ///< points along the combined step; −1: 10 in d > 2, none in d = 2
  bool recentre =
      true;  ///< with a line search: where it found nothing lower than the best sample, the walk goes on from that
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder, model file or shipped model; empty: the paper's that ships, rover-paper");
    visit("heading", heading, "an analytic heading in place of the model's", one_of(analytic_headings()).or_empty());
    visit("policy", policy, "who decides step size and resolution: the learned policy, or random numbers",
          one_of("learned", "random"));
    visit("safeguard", safeguard, "after some looks without a new best: back to it, α and δ halved");
    visit("patience", patience, "looks without a new best before the safeguard acts", in(1, 1e6));
    visit("restart", restart, "where the safeguard finds the walk converged, it begins anew elsewhere");
    visit("grid_size", grid_size, "n of the n×n look, for a rover without a model", in(2, 64));
    visit("window", window, "width of the first look, as a fraction of the domain's", above(0, 1e6));
    visit("step_size", step_size, "first step size α; 0: a quarter of the first window", in(0, 1e6));
    visit("resolution", resolution, "first resolution δ; 0: window / n", in(0, 1e6));
    visit("pairs", pairs, "d > 2: which planes a step looks at", one_of(pair_strategies()));
    visit("pair_count", pair_count,
          "d > 2: coordinates (subset), partners (per-dimension, layer) or pairs; 0: 10, 1, d/2", in(0, 1e6));
    visit("layers", layers, "d > 2: sizes of the layers for pairs=layer, comma-separated");
    visit("memory", memory, "d > 2: α and δ belong to the coordinates, or, as in the paper, to the pairs",
          one_of("coordinates", "pairs"));
    visit("line_search", line_search, "points along the combined step; 0: none; -1: 10 if d > 2", in(-1, 1000));
    visit("recentre", recentre, "a line search goes on from the best sample if it found nothing lower");
  }
};

/// What a trained Rover consists of: a heading and, but for the random baseline, a policy with its observation.
struct RoverModel {
  std::shared_ptr<const Heading> heading;
  std::shared_ptr<const RecurrentPolicy> policy;
  std::string observation = "grid";
  std::uint64_t grid_size = 8;
  bool remembers =
      false;  ///< its recurrent state is kept when the walk begins anew: it was trained with new beginnings

  void save(Checkpoint& out) const;
  /// Whether `in` holds a Rover model.
  static bool is_in(const Checkpoint& in);
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
/// halved. `restart`: where the windows of all planes just seen are less than 1e-5 of the first, the walk has converged
/// and begins anew at a uniform place in the domain.
std::unique_ptr<Agent> make_rover(const RoverOptions& options, RoverModel model);

}  // namespace rover
