#include "experiments/suites.h"

#include <algorithm>
#include <limits>

#include "env/landscapes/bbob.h"
#include "env/landscapes/extended.h"
#include "env/landscapes/images.h"
#include "env/landscapes/registry.h"
#include "env/landscapes/varied.h"
#include "experiments/config.h"

namespace rover {
namespace {

/// Starts of its start region on a fixed surface, or, where it is moved or turned, each on a surface of its own: boxes
/// symmetric about an optimum favour agents that look at their middle.
std::vector<Trial> draw_starts(const std::string& function, const SuiteOptions& options, std::size_t count,
                               std::uint64_t seed) {
  const bool moved = options.shifted || options.rotated;
  const auto make = [&](std::uint64_t k) -> std::shared_ptr<const Landscape> {
    return make_landscape(function, {.dimension = options.dimension,
                                     .seed = moved ? derive_seed(seed, k, "shifted " + function) : 0,
                                     .shifted = options.shifted,
                                     .rotated = options.rotated});
  };
  const auto fixed = make(0);
  std::vector<Trial> trials;
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "evaluation start " + function);
    Trial& trial = trials.emplace_back(draw_trial(moved ? make(k) : fixed, stream));
    if (!options.known_optimum) trial.optimum_value = std::numeric_limits<double>::quiet_NaN(), trial.optimum.clear();
  }
  return trials;
}

/// An instance a start. The seed is derived, so that no training pool of the same seed holds these instances.
std::vector<Trial> draw_instances(const std::string& family, std::size_t count, std::uint64_t seed) {
  const LandscapeOptions options{.noise_probability = 0.5};
  return make_pool({family}, count, derive_seed(seed, 0, "held-out " + family), options).instances;
}

/// The same for extended surfaces of the plane, which the Rover is trained on, or in d dimensions those of
/// rover-search, under another seed than training, validation and test.
Suite extended_suite(std::size_t dimension) {
  const bool plane = dimension == 2;
  Suite out{"extended",
            "fresh noise-free training surfaces in random boxes: of the seven families of the paper's Rover in the "
            "plane, with dimension=D of the nine of rover-search",
            plane ? extended_families() : varied_families(), true,
            [=](const std::string& family, std::size_t count, std::uint64_t seed) {
              const std::uint64_t own = derive_seed(seed, 0, "held-out extended " + family);
              return plane ? make_extended_pool(family, count, own).instances
                           : make_varied_pool({family}, dimension, count, own).instances;
            }};
  if (!plane) out.details = "dimension=" + std::to_string(dimension);
  return out;
}

/// A network to be trained.
struct Task {
  std::string name, landscape;
  Settings settings;
};

/// What is drawn for meta-training has at most 64 inputs and two hidden layers of at most 64 tanh or relu units, 16 to
/// 128 samples a minibatch. Here it is wider, deeper, of other units or other data.
std::vector<Task> held_out_tasks() {
  std::vector<Task> out{
      {"sinusoid", "sinusoid", {}},
      {"polynomial", "polynomial", {}},
      {"exponential", "exponential", {}},
      {"sinusoid-64x64", "sinusoid", {{"hidden", "64x64"}}},
      {"sinusoid-relu", "sinusoid", {{"hidden", "64"}, {"activation", "relu"}}},
      {"teacher-128", "teacher-student", {{"inputs", "96"}, {"hidden", "128"}, {"activation", "relu"}}},
      {"teacher-deep", "teacher-student", {{"inputs", "32"}, {"hidden", "48x48x48x48"}, {"activation", "tanh"}}},
      {"teacher-elu", "teacher-student", {{"inputs", "48"}, {"hidden", "80"}, {"activation", "elu"}}},
      {"mixture-256", "mixture", {{"inputs", "128"}, {"classes", "16"}, {"hidden", "256"}, {"activation", "tanh"}}},
      {"mixture-deep", "mixture", {{"inputs", "64"}, {"hidden", "64x64x64"}, {"activation", "relu"}}},
  };
  if (has_images(ImagesOptions{}.path)) {
    out.push_back({"images-8", "images", {{"side", "8"}, {"hidden", "32"}}});
    out.push_back({"images-14-deep", "images", {{"side", "14"}, {"hidden", "64x64"}, {"activation", "tanh"}}});
    out.push_back({"images-28", "images", {{"side", "28"}, {"hidden", "128"}}});
  }
  return out;
}

/// Each start on an instance of its own, but for images, which are given.
std::vector<Trial> draw_tasks(const std::string& name, std::size_t count, std::uint64_t seed) {
  const auto tasks = held_out_tasks();
  const auto task = std::ranges::find(tasks, name, &Task::name);
  std::vector<Trial> trials;
  for (std::size_t k = 0; k < count; ++k) {
    Settings settings = task->settings;
    settings["seed"] = std::to_string(derive_seed(seed, k, "held-out task " + name));
    RandomStream stream = make_stream(seed, k, "evaluation start " + name);
    trials.push_back(draw_trial(landscapes().make(task->landscape, settings), stream));
  }
  return trials;
}

Suite tasks_suite() {
  std::vector<std::string> names;
  for (const Task& task : held_out_tasks()) names.push_back(task.name);
  Suite out{"tasks", "networks to be trained on minibatches: widths, depths and data that no rule that ships has seen",
            names, false, draw_tasks};
  out.iterations = 200;
  if (!has_images(ImagesOptions{}.path))
    out.missing = "the suite 'tasks' runs without its images, which Debian's package dataset-fashion-mnist holds";
  return out;
}

/// Start k is uniform in the box of instance k + 1.
Suite bbob_suite(std::size_t dimension) {
  std::vector<std::string> names;
  for (std::size_t f = 1; f <= bbob_functions; ++f) names.push_back("f" + std::to_string(f));
  Suite out{"bbob", "the 24 noiseless functions of the field's benchmark (COCO): for reporting, nothing is tuned on it",
            names, true, [dimension](const std::string& name, std::size_t count, std::uint64_t seed) {
              std::vector<Trial> trials;
              for (std::size_t k = 0; k < count; ++k) {
                RandomStream stream = make_stream(seed, k, "evaluation start bbob " + name);
                trials.push_back(draw_trial(make_bbob(std::stoul(name.substr(1)), dimension, k + 1), stream));
              }
              return trials;
            }};
  out.starts = 15, out.reports_only = true;
  out.details = "dimension=" + std::to_string(dimension);
  return out;
}

/// A suite of fixed functions, whose options can be changed.
struct FixedSuite {
  std::string name, summary;
  SuiteOptions options;
};
const std::vector<FixedSuite>& fixed_suites() {
  static const std::vector<FixedSuite> all{
      {"paper",
       "the paper's six test functions (appendix 6.3), uniform starts in their boxes",
       {.functions = "rosenbrock,ackley,rastrigin,mccormick,beale,styblinski"}},
      {"shifted",
       "the same six, each start on a surface moved by up to a fifth of its box",
       {.functions = "rosenbrock,ackley,rastrigin,mccormick,beale,styblinski", .shifted = true}},
      {"general",
       "six test functions in ten dimensions, uniform starts in their boxes",
       {.functions = "sphere,rosenbrock,rastrigin,ackley,griewank,styblinski", .dimension = 10}},
  };
  return all;
}

Suite summarised(Suite suite, std::string summary) {
  suite.summary = std::move(summary);
  return suite;
}

Suite with_details(Suite suite, const Settings& settings) {
  for (const auto& [key, value] : settings) suite.details += (suite.details.empty() ? "" : ";") + key + "=" + value;
  return suite;
}

}  // namespace

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all = [] {
    std::vector<Suite> out;
    for (const FixedSuite& fixed : fixed_suites())
      out.push_back(summarised(make_suite(fixed.name, fixed.options), fixed.summary));
    out.push_back({"training",
                   "fresh instances of the four training families, half of the fields noisy",
                   {"quadratic", "valley", "saddle", "plateau"},
                   false,
                   draw_instances});
    out.push_back(extended_suite(2));
    out.push_back(tasks_suite());
    out.push_back(bbob_suite(2));
    return out;
  }();
  return all;
}

Suite make_suite(std::string name, const SuiteOptions& options) {
  if (options.functions.empty())
    throw UsageError("the suite '" + name + "' names no functions; for example functions = rosenbrock,ackley");
  std::vector<std::string> functions = split_list(options.functions);
  for (auto function = functions.begin(); function != functions.end(); ++function) {
    if (!landscapes().contains(*function))
      throw UsageError(unknown_name("landscape", *function, landscapes().ids()) + " (rover list suites landscapes)");
    if (std::find(functions.begin(), function, *function) != function)
      throw UsageError("the landscape '" + *function + "' is named twice");
  }
  Suite out{std::move(name), "landscapes by name", std::move(functions), options.clamp,
            [options](const std::string& function, std::size_t count, std::uint64_t seed) {
              return draw_starts(function, options, count, seed);
            }};
  for (const auto& function : out.functions)
    out.reports_only = out.reports_only || landscapes().info(function).reports_only;
  return out;
}

Suite find_suite(const std::string& name, const Settings& changes) {
  const auto changed = [&](Settings base) {
    for (const auto& [key, value] : changes) base[key] = value;
    return from_settings<SuiteOptions>(base);
  };
  for (const FixedSuite& fixed : fixed_suites())
    if (fixed.name == name)
      return with_details(summarised(make_suite(name, changed(to_settings(fixed.options))), fixed.summary), changes);
  std::vector<std::string> known;
  for (const Suite& suite : suites()) {
    known.push_back(suite.name);
    if (suite.name != name) continue;
    Settings other = changes;
    const bool open = name == "bbob" || name == "extended";
    if (open) other.erase("dimension");
    if (!other.empty())
      throw UsageError("the suite '" + name + "' draws its surfaces and takes no '" + other.begin()->first + "'");
    if (!open || changes.empty()) return suite;
    const std::size_t dimension = from_settings<SuiteOptions>(changes).dimension;
    return name == "bbob" ? bbob_suite(dimension) : extended_suite(dimension);
  }
  Suite suite;
  if (name.ends_with(".cfg")) {
    Settings file = read_config(name);
    for (const auto& [key, value] : changes) file[key] = value;
    suite = with_details(make_suite(name, from_settings<SuiteOptions>(file)), file);
  } else {
    if (name.find(',') == std::string::npos && !landscapes().contains(name)) {
      for (const auto& id : landscapes().ids()) known.push_back(id);
      throw UsageError(unknown_name("suite", name, known) + " (rover list suites landscapes)");
    }
    suite = with_details(make_suite(name, changed({{"functions", name}})), changes);
  }
  for (const auto& function : suite.functions) (void)suite.draw(function, 0, 0);  // throws for impossible dimensions
  return suite;
}

}  // namespace rover
