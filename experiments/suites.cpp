#include "experiments/suites.h"

#include <algorithm>

#include "env/landscapes/extended.h"
#include "experiments/text.h"

namespace rover {
namespace {

/// A fixed surface from starts of its start region.
std::vector<Trial> draw_starts(const std::string& function, std::uint64_t dimension, std::size_t count,
                               std::uint64_t seed) {
  const std::shared_ptr<const Landscape> landscape =
      landscapes().make(function, to_settings(LandscapeOptions{.dimension = dimension}));
  const auto optimum = landscape->optimum();
  if (!optimum)
    throw UsageError("the landscape '" + function + "' has no known optimum, so no regret can be measured on it");
  std::vector<Trial> trials(count, {landscape, std::vector<double>(landscape->dimension()), 0, optimum->value});
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "evaluation start " + function);
    landscape->sample_start(stream, trials[k].start);
    trials[k].start_value = landscape->value(trials[k].start);
  }
  return trials;
}

/// An instance a start. The seed is derived, so that no training pool of the same seed holds these instances.
std::vector<Trial> draw_instances(const std::string& family, std::size_t count, std::uint64_t seed) {
  const LandscapeOptions options{.noise_probability = 0.5};
  std::vector<Trial> trials;
  for (auto& instance : make_pool({family}, count, derive_seed(seed, 0, "held-out " + family), options).instances)
    trials.push_back(
        {std::move(instance.landscape), std::move(instance.start), instance.start_value, instance.optimum_value});
  return trials;
}

/// The same for the training surfaces of the search that counts its evaluations, under another seed than its training's
/// and its exams'.
std::vector<Trial> draw_extended(const std::string& family, std::size_t count, std::uint64_t seed) {
  std::vector<Trial> trials;
  for (auto& instance :
       make_extended_pool(family, count, derive_seed(seed, 0, "held-out extended " + family)).instances)
    trials.push_back(
        {std::move(instance.landscape), std::move(instance.start), instance.start_value, instance.optimum_value});
  return trials;
}

/// A surface a start, its optimum moved at random: boxes that are symmetric about an optimum flatter whoever looks at
/// their middle.
std::vector<Trial> draw_shifted(const std::string& function, std::size_t count, std::uint64_t seed) {
  std::vector<Trial> trials;
  for (std::size_t k = 0; k < count; ++k) {
    const LandscapeOptions options{.seed = derive_seed(seed, k, "shifted " + function), .shifted = true};
    const std::shared_ptr<const Landscape> landscape = landscapes().make(function, to_settings(options));
    Trial trial{landscape, std::vector<double>(2), 0, landscape->optimum()->value};
    RandomStream stream = make_stream(seed, k, "evaluation start " + function);
    landscape->sample_start(stream, trial.start);
    trial.start_value = landscape->value(trial.start);
    trials.push_back(std::move(trial));
  }
  return trials;
}

Suite fixed_suite(std::string name, std::string summary, std::vector<std::string> functions, std::uint64_t dimension) {
  return {std::move(name), std::move(summary), std::move(functions), true,
          [dimension](const std::string& function, std::size_t count, std::uint64_t seed) {
            return draw_starts(function, dimension, count, seed);
          }};
}

}  // namespace

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all{
      fixed_suite("paper", "the paper's six test functions (appendix 6.3), uniform starts in their boxes",
                  {"rosenbrock", "ackley", "rastrigin", "mccormick", "beale", "styblinski"}, 2),
      {"shifted",
       "the same six, each start on a surface moved by up to a fifth of its box",
       {"rosenbrock", "ackley", "rastrigin", "mccormick", "beale", "styblinski"},
       true,
       draw_shifted},
      {"training",
       "fresh instances of the four training families, half of the fields noisy",
       {"quadratic", "valley", "saddle", "plateau"},
       false,
       draw_instances},
      fixed_suite("general", "six test functions in ten dimensions, uniform starts in their boxes",
                  {"sphere", "rosenbrock", "rastrigin", "ackley", "griewank", "styblinski"}, 10),
      {"extended", "fresh noise-free instances of the seven training families of rover-search, in random boxes",
       extended_families(), true, draw_extended},
  };
  return all;
}

Suite find_suite(const std::string& name) {
  std::vector<std::string> known;
  for (const Suite& suite : suites()) {
    if (suite.name == name) return suite;
    known.push_back(suite.name);
  }
  std::vector<std::string> functions = split(name, ',');
  if (functions.size() > 1) known.clear();
  for (const auto& id : landscapes().ids()) known.push_back(id);
  for (std::size_t k = 0; k < functions.size(); ++k) {
    if (!landscapes().contains(functions[k]))
      throw UsageError(unknown_name(functions.size() > 1 ? "landscape" : "suite", functions[k], known) +
                       " (rover list suites landscapes)");
    if (std::find(functions.begin(), functions.begin() + static_cast<std::ptrdiff_t>(k), functions[k]) !=
        functions.begin() + static_cast<std::ptrdiff_t>(k))
      throw UsageError("the landscape '" + functions[k] + "' is named twice");
  }
  Suite suite = fixed_suite(name, "landscapes by name", std::move(functions), 2);
  for (const auto& function : suite.functions) (void)suite.draw(function, 0, 0);
  return suite;
}

}  // namespace rover
