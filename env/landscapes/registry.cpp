#include "env/landscapes/registry.h"

#include <utility>

#include "env/landscapes/gaussian_field.h"
#include "env/landscapes/quadratic.h"

namespace rover {
namespace {

using Draw = std::unique_ptr<Landscape> (*)(const LandscapeOptions&);

void check_probability(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) throw UsageError(std::string(name) + " is a probability in [0, 1], not " + detail::to_text(value));
}

void check_options(const LandscapeOptions& options) {
  check_probability("noise_probability", options.noise_probability);
  check_probability("shear_probability", options.shear_probability);
  check_probability("warp_probability", options.warp_probability);
}

void require_plane(const std::string& id, std::size_t dimension) {
  if (dimension != 2) throw UsageError("the landscape '" + id + "' has 2 dimensions, not " + std::to_string(dimension));
}

template <auto draw>
void add_field(Registry<Landscape>& registry, const std::string& id, std::string summary) {
  registry.add(id, std::move(summary), [id](const Settings& settings) -> std::unique_ptr<Landscape> {
    const auto options = from_settings<LandscapeOptions>(settings);
    check_options(options);
    require_plane(id, options.dimension);
    return draw(options.seed, make_stream(options.seed, 0, "noisy").uniform() < options.noise_probability);
  });
}

Registry<Landscape> make_registry() {
  Registry<Landscape> registry("landscape");
  registry.add("quadratic", "random bowl |Ax - b|^2, cond <= 400 (appendix 6.1)",
               [](const Settings& settings) -> std::unique_ptr<Landscape> {
                 const auto options = from_settings<LandscapeOptions>(settings);
                 check_options(options);
                 if (options.dimension == 0) throw UsageError("the landscape 'quadratic' needs at least 1 dimension");
                 return draw_quadratic(options.dimension, options.seed);
               });
  add_field<draw_valley>(registry, "valley", "long narrow Gaussian valley (appendix 6.1)");
  add_field<draw_saddle>(registry, "saddle", "Gaussian field through four values of alternating sign (appendix 6.1)");
  add_field<draw_plateau>(registry, "plateau", "Gaussian hole with cliffs in a plateau (appendix 6.1)");
  return registry;
}

}  // namespace

Registry<Landscape>& landscapes() {
  static Registry<Landscape> registry = make_registry();
  return registry;
}

InstancePool make_pool(const std::vector<std::string>& families, std::size_t size, std::uint64_t seed, const LandscapeOptions& options) {
  if (families.empty()) throw UsageError("a pool of landscapes needs at least one family");
  InstancePool pool{families, {}};
  pool.instances.reserve(size);
  for (std::size_t k = 0; k < size; ++k) {
    const std::size_t family = k % families.size();
    LandscapeOptions own = options;
    own.seed = derive_seed(seed, k, "landscape");
    std::shared_ptr<const Landscape> landscape = landscapes().make(families[family], to_settings(own));
    std::optional<Optimum> optimum = landscape->optimum();
    if (!optimum) throw UsageError("the landscape '" + families[family] + "' has no known optimum, so no regret can be measured on it");
    std::vector<double> start(landscape->dimension());
    RandomStream stream = make_stream(seed, k, "start");
    landscape->sample_start(stream, start);
    const double start_value = landscape->value(start);
    pool.instances.push_back({std::move(landscape), static_cast<std::uint32_t>(family), std::move(start), start_value, optimum->value,
                              std::move(optimum->point)});
  }
  return pool;
}

}  // namespace rover
