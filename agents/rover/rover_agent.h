#pragma once
#include <memory>
#include <optional>

#include "agents/agent.h"
#include "agents/rover/recurrent_policy.h"
#include "env/heading.h"
#include "env/step_control_env.h"

namespace rover {

struct RoverOptions {
  std::string from;                ///< run folder or model file; empty: needs `heading`
  std::string heading;             ///< an analytic heading in place of the model's
  std::string policy = "learned";  ///< learned, or random: the null, u uniform in [−1, 1]²
  bool safeguard = true;
  std::uint64_t patience = 3;   ///< looks without a new best before the safeguard acts
  std::uint64_t grid_size = 6;  ///< n, for a rover without a model
  double window = 1.2;          ///< width of the first look, as a fraction of the domain's
  double step_size = 0;         ///< α₀; 0: a quarter of the first window
  double resolution = 0;        ///< δ₀; 0: window / n
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder or model file");
    visit("heading", heading, "analytic heading in place of the model's");
    visit("policy", policy, "learned, or random: the null");
    visit("safeguard", safeguard, "after some looks without a new best: back to it, α and δ halved");
    visit("patience", patience, "looks without a new best before the safeguard acts");
    visit("grid_size", grid_size, "n, for a rover without a model");
    visit("window", window, "width of the first look, as a fraction of the domain's");
    visit("step_size", step_size, "first step size, 0: a quarter of the first window");
    visit("resolution", resolution, "first resolution, 0: window / n");
  }
};

/// What a trained Rover consists of: a heading and, but for the random null, a policy with its observation.
struct RoverModel {
  std::shared_ptr<const Heading> heading;
  std::shared_ptr<const RecurrentPolicy> policy;
  std::string observation = "grid";
  std::uint64_t grid_size = 8;

  void save(Checkpoint& out) const;
  /// Throws std::runtime_error when `in` is no Rover model.
  static RoverModel load(const Checkpoint& in);
};

/// The Rover on any two-dimensional surface: a heading, and the recurrent policy of section 3.2.3, walking by eq. (4). On a
/// surface without bounds and without the safeguard it makes the trajectory that the policy makes in the paper's POMDP.
/// Strictly zeroth-order: it sees grids alone, and reads the pose for the safeguard only.
///
/// Safeguard: after `patience` looks without a new best sample, back to the best sample, α and δ halved.
std::unique_ptr<Agent> make_rover(const RoverOptions& options, RoverModel model);

}  // namespace rover
