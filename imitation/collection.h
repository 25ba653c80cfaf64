#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.h"
#include "env/heading.h"
#include "imitation/teacher.h"

namespace rover {

/// How the data of section 3.2.2 is collected. The paper: 50 000 functions, 10 steps each.
struct CollectionOptions {
  std::string families = "quadratic,valley,saddle,plateau";
  std::uint64_t functions = 16000;
  std::uint64_t shard = 2000;
  std::uint64_t steps = 8;
  double resolution_low = 0.03, resolution_high = 3;
  std::string teacher = "best";
  std::string target = "teacher";
  double noise_probability = 0.5, shear_probability = 0, warp_probability = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("families", families, "landscape ids, comma-separated; one named twice gets twice the runs");
    visit("functions", functions, "landscape instances, one optimization run each", in(1, 1e6));
    visit("shard", shard, "runs collected and stored at once", in(1, 100000));
    visit("steps", steps, "steps of a run", in(1, 1000));
    visit("resolution_low", resolution_low, "lowest resolution for n = 8 (log-uniform); scaled by 8/n", above(0, 1e6));
    visit("resolution_high", resolution_high, "highest resolution for n = 8; scaled by 8/n", above(0, 1e6));
    visit("teacher", teacher, "whom runs follow: best (of gradient descent and Newton), gd, newton",
          one_of("best", "gd", "newton"));
    visit("target", target, "direction to learn: teacher (the paper's) or optimum (towards x*)",
          one_of("teacher", "optimum"));
    visit("noise_probability", noise_probability, "chance that a field instance is noisy", in(0, 1));
    visit("shear_probability", shear_probability, "chance of a shear", in(0, 1));
    visit("warp_probability", warp_probability,
          "chance of a monotone output warp, which the grid sees and the teacher does not", in(0, 1));
  }
};

/// N samples: what was seen and where to go. A row and its negative are the paper's two tuples (state, action, label).
struct Samples {
  std::size_t grid_size = 0;
  std::vector<float> grids;             ///< [N, n, n], rescaled to [0, 1]
  std::vector<float> directions;        ///< [N, 2], unit; label 1
  std::vector<float> negatives;         ///< [N, 2], unit, in the half-plane against the direction; label 0
  std::vector<std::uint32_t> families;  ///< [N], index into family_names
  std::vector<std::uint64_t> episodes;  ///< [N], the run's number
  std::size_t size() const { return episodes.size(); }
  void append(const Samples& more);
  template <class Self, class Visit>
  static void parts(Self& self, Visit&& visit) {
    visit(self.grid_size), visit(self.grids), visit(self.directions), visit(self.negatives), visit(self.families),
        visit(self.episodes);
  }
};

/// The distinct ids of a comma-separated list, in order of appearance. Throws UsageError when it is empty.
std::vector<std::string> family_names(const std::string& families);

/// Throws UsageError when an option is out of range, names an unknown landscape, or one that is not two-dimensional
/// with gradient and Hessian (and, for target = optimum, an optimum).
void check_collection(const CollectionOptions& options, std::size_t grid_size);

/// The number of shards.
std::uint64_t shard_count(const CollectionOptions& options);

/// Runs [shard·S, (shard + 1)·S) of all. At each step of a run: the best teacher's direction, a noisy grid at a fresh
/// resolution, then on by U(0, 1)·step along the teacher. A run ends when the decrease is not positive or falls to 1e-7
/// of its first; flat grids are left out. The samples depend on (options, n, seed, shard) alone, whatever `threads` (0:
/// one a core).
Samples collect_shard(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed, std::uint64_t shard,
                      unsigned threads = 0);

/// A unit vector with direction·negative < 0, uniform in the open half-plane: direction turned by π + φ, φ = ±π/2.
/// `uniform` in [0, 1).
void draw_negative(const float direction_2[2], double uniform, float negative_2[2]);

/// Angles in degrees between a heading and its targets, per family.
struct AngleErrors {
  std::vector<std::string> families;
  std::vector<double> mean, median;
};
AngleErrors angle_errors(const Heading& heading, const Samples& samples, const std::vector<std::string>& families);

/// Fresh runs for measuring: `functions` instances of each family, noise-free and without shears and warps, under a
/// seed that no collection uses.
Samples held_out_samples(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed,
                         std::uint64_t functions = 300);

/// The errors on held-out samples.
AngleErrors held_out_angles(const Heading& heading, const CollectionOptions& options, std::size_t grid_size,
                            std::uint64_t seed, std::uint64_t functions = 300);

}  // namespace rover
