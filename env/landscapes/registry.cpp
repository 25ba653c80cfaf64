#include "env/landscapes/registry.h"

#include <algorithm>
#include <string>
#include <utility>

#include "env/landscapes/augmented.h"
#include "env/landscapes/bbob.h"
#include "env/landscapes/classification.h"
#include "env/landscapes/gaussian_field.h"
#include "env/landscapes/images.h"
#include "env/landscapes/logistic.h"
#include "env/landscapes/network.h"
#include "env/landscapes/quadratic.h"
#include "env/landscapes/regression.h"
#include "env/landscapes/regularized.h"
#include "env/landscapes/test_functions.h"
#include "env/landscapes/transformed.h"
#include "env/landscapes/trapped.h"
#include "env/landscapes/varied.h"

namespace rover {
namespace {

/// True with the probability, drawn from the instance's own stream of that purpose.
bool drawn(const LandscapeOptions& options, double probability, std::string_view purpose) {
  return make_stream(options.seed, 0, purpose).uniform() < probability;
}

struct Traits {
  bool family = false;     ///< drawn, with a start region of its own
  bool unbounded = false;  ///< below, outside the domain
};

/// Applies the transformations that the options ask for, in this order: shear, warp, shift and rotation.
std::unique_ptr<Landscape> dress(std::unique_ptr<Landscape> base, const LandscapeOptions& options, Traits traits) {
  std::unique_ptr<Landscape> out = std::move(base);
  const bool shear = drawn(options, options.shear_probability, "sheared"),
             warp = drawn(options, options.warp_probability, "warped");
  const bool move = options.shifted || options.rotated;
  if (options.rotated && options.dimension > most_dense_dimension)
    throw UsageError("a rotated landscape has at most " + std::to_string(most_dense_dimension) + " dimensions, not " +
                     std::to_string(options.dimension));
  if (traits.unbounded && (shear || warp || move)) out = std::make_unique<Clamped>(std::move(out));
  if (shear) out = std::make_unique<Sheared>(std::move(out), options.seed);
  if (warp) out = std::make_unique<Warped>(std::move(out), options.seed);
  if (move)
    out = std::make_unique<Transformed>(
        std::move(out), Transformed::Options{options.shifted, options.rotated, traits.family || shear}, options.seed);
  return out;
}

/// A training family in the plane.
template <auto draw>
void add_field(Registry<Landscape>& registry, const std::string& id, const std::string& summary) {
  registry.add<LandscapeOptions>(
      id, summary,
      [id](const LandscapeOptions& options) {
        if (options.dimension != 2)
          throw UsageError("the landscape '" + id + "' has 2 dimensions, not " + std::to_string(options.dimension));
        return dress(draw(options.seed, drawn(options, options.noise_probability, "noisy")), options, {.family = true});
      },
      {.capabilities = {.gradients = true, .hessians = true, .min_dimension = 2, .max_dimension = 2, .noise = true}});
}

/// Settings of a landscape whose noisy looks see minibatches.
struct MinibatchOptions {
  LandscapeOptions surface;
  std::uint64_t minibatch = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    surface.fields(visit);
    visit("minibatch", minibatch, "samples in a noisy look; 0: all, without noise", in(0, 1e6));
  }
};

/// Settings of the regression tasks.
struct RegressionSettings {
  LandscapeOptions surface;
  std::string hidden, activation = "tanh";
  double target_scale = 1;
  template <class Visit>
  void fields(Visit&& visit) {
    surface.fields(visit);
    visit("hidden", hidden, "widths of the hidden layers, as 64x64; empty: 32");
    visit("activation", activation, "of the hidden layers", one_of("tanh", "relu", "elu"));
    visit("target_scale", target_scale, "the standardised outputs times this", above(0, 1e6));
  }
};

/// Linear regression, and the trap on it.
struct LinearOptions {
  LandscapeOptions surface;
  std::uint64_t samples = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    surface.fields(visit);
    visit("samples", samples, "drawn samples; 0: 100, or four a weight", in(0, 1e6));
  }
  TrappedOptions size() const {
    const std::uint64_t n = samples > 0 ? samples : std::max<std::uint64_t>(100, 4 * surface.dimension);
    if (n <= surface.dimension || surface.dimension > most_dense_dimension)
      throw UsageError("linear regression needs more samples than weights, and at most " +
                       std::to_string(most_dense_dimension) + " weights; these are " + std::to_string(n) + " and " +
                       std::to_string(surface.dimension));
    return {.dimension = surface.dimension, .samples = n};
  }
};

struct TrapOptions {
  LinearOptions linear;
  double trap = 1, frequency = 5;
  template <class Visit>
  void fields(Visit&& visit) {
    linear.fields(visit);
    visit("trap", trap, "λ: half the height of the traps", above(0, 1e6));
    visit("frequency", frequency, "s, in λ sin(s ‖w‖²)", above(0, 1e4));
  }
};

struct RegularizedOptions {
  LandscapeOptions surface;
  std::string of = "rastrigin";
  double weight = 1;
  template <class Visit>
  void fields(Visit&& visit) {
    surface.fields(visit);
    visit("of", of, "the landscape that it smooths (rover list landscapes)");
    visit("weight", weight, "λ of λ/2 ‖x − c‖², c the centre of the box", in(0, 1e12));
  }
};

struct BbobOptions {
  std::uint64_t function = 1, dimension = 2, instance = 1;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("function", function, "1 to 24, in the benchmark's order", in(1, bbob_functions));
    visit("dimension", dimension, "number of coordinates d", in(2, 1000));
    visit("instance", instance, "draws optimum, rotations and the value of the optimum", in(1, 100000));
  }
};

/// A network's size is its own: `dimension` may say it, or be left at the options' default.
std::unique_ptr<Landscape> check_network(std::unique_ptr<Landscape> network, const LandscapeOptions& options) {
  const std::string what = "the landscape '" + std::string(network->name()) + "' ";
  if (options.dimension != network->dimension() && options.dimension != LandscapeOptions{}.dimension)
    throw UsageError(what + "has " + std::to_string(network->dimension()) + " dimensions, not " +
                     std::to_string(options.dimension));
  if (options.shear_probability > 0 || options.warp_probability > 0 || options.shifted || options.rotated)
    throw UsageError(what + "takes no shear, warp, shift or rotation");
  return network;
}

Registry<Landscape> make_registry() {
  Registry<Landscape> registry("landscape", "landscapes",
                               [](const Landscape& made, const std::string&) { check_landscape(made); });
  registry.add<LandscapeOptions>(
      "quadratic", "random bowl |Ax - b|^2 with cond(A'A) <= 400 (training family, appendix 6.1)",
      [](const LandscapeOptions& options) {
        if (options.dimension > most_dense_dimension)
          throw UsageError("the landscape 'quadratic' has at most " + std::to_string(most_dense_dimension) +
                           " dimensions, not " + std::to_string(options.dimension));
        return dress(draw_quadratic(options.dimension, options.seed), options, {.family = true});
      },
      {.capabilities = {.gradients = true, .hessians = true, .max_dimension = most_dense_dimension}});
  add_field<draw_valley>(registry, "valley", "long narrow Gaussian valley (training family, appendix 6.1)");
  add_field<draw_saddle>(registry, "saddle", "field through four values of alternating sign (training family)");
  add_field<draw_plateau>(registry, "plateau", "Gaussian hole with cliffs in a plateau (training family)");
  for (const auto& [family, summary] : std::initializer_list<std::pair<std::string, std::string>>{
           {"bowl", "steep, wavy or uneven bowls"},
           {"few-bumps", "2 to 7 Gaussian bumps"},
           {"many-bumps", "20 to 79 Gaussian bumps"},
           {"bent", "chains of curved valleys"},
           {"rippled", "bowls with cosines"},
           {"ridged", "sharp ridges, sums of roots"},
           {"stepped", "bowls of steps"},
           {"funnels", "the lower of two bowls"},
           {"rugged", "shallow bowls with cosines in random directions"}})
    registry.add<LandscapeOptions>(family, summary + " (training family in d dimensions)",
                                   [family](const LandscapeOptions& options) {
                                     return dress(draw_varied(family, options.dimension, options.seed), options,
                                                  {.family = true});
                                   },
                                   {.capabilities = {.max_dimension = most_varied_dimensions}});
  for (const TestFunctionInfo& info : test_functions())
    registry.add<LandscapeOptions>(std::string(info.id), std::string(info.summary),
                                   [info](const LandscapeOptions& options) {
                                     return dress(make_test_function(info.id, options.dimension), options,
                                                  {.unbounded = info.unbounded});
                                   },
                                   {.capabilities = {.gradients = true,
                                                     .hessians = true,
                                                     .min_dimension = info.least_dimension,
                                                     .max_dimension = info.most_dimension}});
  for (std::size_t f = 0; f < regression_families; ++f) {
    const auto family = static_cast<RegressionFamily>(f);
    registry.add<RegressionSettings>(
        std::string(regression_name(family)),
        "a 1-32-1 network learns a random " + std::string(regression_name(family)) + " from 20 noisy samples",
        [family](const RegressionSettings& options) {
          RegressionOptions how{.activation = options.activation, .target_scale = options.target_scale};
          if (!options.hidden.empty()) how.hidden = parse_widths(options.hidden);
          return check_network(make_regression(draw_regression(family, options.surface.seed), how), options.surface);
        },
        {.capabilities = {.gradients = true}});
  }
  registry.add<LandscapeOptions>("guyon", "cross-entropy of a linear classifier on random data (Guyon 2003)",
                                 [](const LandscapeOptions& options) {
                                   return dress(make_guyon(options.dimension, options.seed), options, {.family = true});
                                 },
                                 {.capabilities = {.gradients = true, .hessians = true, .max_dimension = 1000}});
  registry.add<LandscapeOptions>("iris", "loss of a 4-10-10-3 network on Fisher's irises, d = 193",
                                 [](const LandscapeOptions& options) { return check_network(make_iris(), options); },
                                 {.capabilities = {.gradients = true, .min_dimension = 193, .max_dimension = 193}});
  registry.add<MinibatchOptions>(
      "mlp", "loss of a 64-100-32-10 network with a teacher's labels, d = 10062",
      [](const MinibatchOptions& options) {
        return check_network(make_mlp(options.surface.seed, options.minibatch), options.surface);
      },
      {.capabilities = {.gradients = true, .min_dimension = 10062, .max_dimension = 10062, .noise = true}});
  constexpr Capabilities data{.gradients = true, .noise = true};
  registry.add<ClassificationOptions>("teacher-student",
                                      "loss of a random classifier's student; sizes are drawn, unless they are set",
                                      make_teacher_student, {.capabilities = data});
  registry.add<ClassificationOptions>("mixture", "loss of a classifier of Gaussian mixtures; sizes are drawn, too",
                                      make_mixture, {.capabilities = data});
  registry.add<ImagesOptions>("images", "loss of a classifier of images from IDX files, by default Fashion-MNIST",
                              make_images, {.capabilities = data});
  constexpr Capabilities dense{.gradients = true, .hessians = true, .max_dimension = most_dense_dimension};
  registry.add<LinearOptions>("linear-regression", "mean squared error of a linear model on random data",
                              [](const LinearOptions& options) {
                                return dress(make_trapped(options.size(), options.surface.seed), options.surface,
                                             {.family = true});
                              },
                              {.capabilities = dense});
  registry.add<TrapOptions>("trapped", "linear regression in the traps of a sine of the weights' norm",
                            [](const TrapOptions& options) {
                              TrappedOptions how = options.linear.size();
                              how.trap = options.trap, how.frequency = options.frequency;
                              return dress(make_trapped(how, options.linear.surface.seed), options.linear.surface,
                                           {.family = true});
                            },
                            {.capabilities = dense});
  registry.add<RegularizedOptions>("regularized", "another landscape and a bowl about the centre of its box",
                                   [](const RegularizedOptions& options) {
                                     if (options.of == "regularized")
                                       throw UsageError("of=regularized: a landscape is regularized once");
                                     return make_regularized(make_landscape(options.of, options.surface),
                                                             options.weight);
                                   },
                                   {.capabilities = {.gradients = true, .hessians = true}});
  registry.add<BbobOptions>(
      "bbob", "a function of COCO's benchmark, for reporting: nothing is tuned or trained on it",
      [](const BbobOptions& options) { return make_bbob(options.function, options.dimension, options.instance); },
      {.capabilities = {.min_dimension = 2, .max_dimension = 1000}, .reports_only = true});
  return registry;
}

}  // namespace

Registry<Landscape>& landscapes() {
  static Registry<Landscape> registry = make_registry();
  return registry;
}

std::unique_ptr<Landscape> make_landscape(const std::string& id, const LandscapeOptions& options) {
  Settings settings = to_settings(options);
  const Settings defaults = to_settings(LandscapeOptions{});
  const auto& known = landscapes().info(id).options;
  std::erase_if(settings, [&](const auto& setting) {
    return setting.second == defaults.at(setting.first) &&
           std::ranges::none_of(known, [&](const Option& option) { return option.key == setting.first; });
  });
  return landscapes().make(id, settings);
}

void require_trainable(const std::string& id) {
  if (landscapes().contains(id) && landscapes().info(id).reports_only)
    throw UsageError("the landscape '" + id + "' is for reporting: nothing is tuned or trained on it");
}

InstancePool make_pool(const std::vector<std::string>& families, std::size_t size, std::uint64_t seed,
                       const LandscapeOptions& options) {
  if (families.empty()) throw UsageError("a pool of landscapes needs at least one family");
  for (const auto& family : families) require_trainable(family);
  InstancePool pool{families, {}};
  pool.instances.reserve(size);
  for (std::size_t k = 0; k < size; ++k) {
    const std::size_t family = k % families.size();
    LandscapeOptions own = options;
    own.seed = derive_seed(seed, k, "landscape");
    std::shared_ptr<const Landscape> landscape = landscapes().make(families[family], to_settings(own));
    RandomStream stream = make_stream(seed, k, "start");
    Trial& trial = pool.instances.emplace_back(draw_trial(std::move(landscape), stream));
    trial.family = static_cast<std::uint32_t>(family);
    if (trial.optimum.empty())
      throw UsageError("the landscape '" + families[family] +
                       "' has no known optimum, so no regret can be measured on it");
  }
  return pool;
}

}  // namespace rover
