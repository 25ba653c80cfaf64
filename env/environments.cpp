#include <string>

#include "env/analytic_heading.h"
#include "env/step_control_env.h"
#include "env/vector_env.h"
#include "env/walk_env.h"

namespace rover {
namespace {

struct EnvironmentOptions {
  std::uint64_t size = 1;
  std::string autoreset = "next-step";
  std::uint64_t seed = 0;
  std::string heading = "newton-fit";
  StepControlOptions step_control;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("size", size, "environments stepped together, B");
    visit("autoreset", autoreset, "next-step, same-step or disabled");
    visit("seed", seed, "draws the pool of landscapes");
    visit("heading", heading, "newton-fit or least-squares-gradient");
    step_control.fields(visit);
  }
};

/// The paper's POMDP on one family, or with `family` empty on those that the settings name.
void add_step_control(Registry<VectorEnv>& registry, const std::string& id, const std::string& family,
                      std::string summary) {
  registry.add(id, std::move(summary), [id, family](const Settings& settings) -> std::unique_ptr<VectorEnv> {
    auto options = from_settings<EnvironmentOptions>(settings);
    if (!family.empty()) {
      if (settings.contains("families"))
        throw UsageError("the environment '" + id + "' has its own family; set families on Rover/StepControl-v0");
      options.step_control.families = family;
    }
    return make_step_control(options.size, options.step_control, make_analytic_heading(options.heading),
                             parse_autoreset(options.autoreset), nullptr, options.seed);
  });
}

struct RegisteredWalk {
  std::uint64_t size = 1;
  std::string autoreset = "next-step";
  std::uint64_t seed = 0;
  std::string heading = "newton-fit";
  WalkEnvOptions walk;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("size", size, "environments stepped together, B");
    visit("autoreset", autoreset, "next-step, same-step or disabled");
    visit("seed", seed, "draws the pool of surfaces");
    visit("heading", heading, "newton-fit or least-squares-gradient");
    walk.fields(visit);
  }
};

Registry<VectorEnv> make_registry() {
  Registry<VectorEnv> registry("environment");
  add_step_control(registry, "Rover/StepControl-v0", "",
                   "the paper's POMDP (section 3.2.3) on all four training families");
  add_step_control(registry, "Rover/Quadratic2D-v0", "quadratic", "the same on random bowls");
  add_step_control(registry, "Rover/Valley2D-v0", "valley", "the same in long narrow valleys");
  add_step_control(registry, "Rover/Saddle2D-v0", "saddle", "the same about saddles");
  add_step_control(registry, "Rover/Plateau2D-v0", "plateau", "the same on plateaus with cliffs");
  registry.add("Rover/Walk-v0", "the deployed Rover's walk: boxes, safeguard and new beginnings, looks as the clock",
               [](const Settings& settings) -> std::unique_ptr<VectorEnv> {
                 const auto options = from_settings<RegisteredWalk>(settings);
                 return make_walk_env(options.size, options.walk, make_analytic_heading(options.heading),
                                      parse_autoreset(options.autoreset), nullptr, options.seed);
               });
  return registry;
}

}  // namespace

Autoreset parse_autoreset(std::string_view text) {
  if (text == "next-step") return Autoreset::next_step;
  if (text == "same-step") return Autoreset::same_step;
  if (text == "disabled") return Autoreset::disabled;
  throw UsageError(unknown_name("autoreset", text, {"next-step", "same-step", "disabled"}) +
                   " (next-step, same-step or disabled)");
}

Registry<VectorEnv>& environments() {
  static Registry<VectorEnv> registry = make_registry();
  return registry;
}

std::unique_ptr<VectorEnv> make_vec(const std::string& id, std::size_t size, Settings settings) {
  settings["size"] = std::to_string(size);
  return environments().make(id, settings);
}

std::unique_ptr<VectorEnv> make(const std::string& id, Settings settings) {
  return make_vec(id, 1, std::move(settings));
}

}  // namespace rover
