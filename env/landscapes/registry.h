#pragma once
#include "core/registry.h"
#include "env/trial.h"

namespace rover {

/// Largest dimension of surfaces that hold a d×d matrix (quadratic, and whatever is rotated).
inline constexpr std::uint64_t most_dense_dimension = 1000;

/// What every landscape maker reads. A fixed function ignores `seed`; a family (quadratic, valley, saddle, plateau, …)
/// draws its instance from it, so that (id, options) names one surface for ever.
struct LandscapeOptions {
  std::uint64_t dimension = 2;
  std::uint64_t seed = 0;
  double noise_probability = 0;  ///< chance that a field instance is noisy (conditional GP noise, appendix 6.1)
  double shear_probability = 0;  ///< chance of v + κu² about the optimum: curved valleys
  double warp_probability = 0;   ///< chance of a random monotone output warp
  bool shifted = false;          ///< random translation of the optimum by up to a fifth of the domain's width
  bool rotated = false;          ///< random rotation about the domain's centre
  template <class Visit>
  void fields(Visit&& visit) {
    visit("dimension", dimension, "number of coordinates d", in(1, 1e6));
    visit("seed", seed, "draws the instance of a family, the shift and the rotation");
    visit("noise_probability", noise_probability, "chance that a field instance is noisy", in(0, 1));
    visit("shear_probability", shear_probability, "chance of a shear v + κu² about the optimum", in(0, 1));
    visit("warp_probability", warp_probability, "chance of a random monotone output warp", in(0, 1));
    visit("shifted", shifted, "move the optimum at random, by up to a fifth of the domain's width");
    visit("rotated", rotated, "turn the surface at random about the domain's centre");
  }
};

/// The registry that holds every landscape: training families, test functions, and what users add.
Registry<Landscape>& landscapes();

/// By id, with those of the options that it knows or that are not the defaults: surfaces with settings of their own do
/// not know all. Throws UsageError as the registry does.
std::unique_ptr<Landscape> make_landscape(const std::string& id, const LandscapeOptions& options);

/// Throws UsageError for a surface that is there for reporting alone, as the field's benchmark is: tuning and training
/// ask before they make one.
void require_trainable(const std::string& id);

/// Shared read-only instances of one or more families, made once from a seed: instance k is of family k mod
/// families.size() and does not depend on the pool's size. Throws UsageError on an unknown id.
struct InstancePool {
  std::vector<std::string> families;
  std::vector<Trial> instances;
};
InstancePool make_pool(const std::vector<std::string>& families, std::size_t size, std::uint64_t seed,
                       const LandscapeOptions& options);

}  // namespace rover
