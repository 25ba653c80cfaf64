#include <string>

#include "env/analytic_heading.h"
#include "env/registered_env.h"
#include "env/step_control_env.h"
#include "env/walk_env.h"

namespace rover {
namespace {

template <class Own>
struct WithHeading {
  std::string heading = "newton-fit";
  Own env;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("heading", heading, "who says the direction", one_of(analytic_headings()));
    env.fields(visit);
  }
};
template <class Own>
using Registered = RegisteredEnvOptions<WithHeading<Own>>;

/// The paper's POMDP on one family.
struct OneFamilyOptions {
  StepControlOptions step_control;
  template <class Visit>
  void fields(Visit&& visit) {
    step_control.fields([&](const char* name, auto& field, const char* help, const Allowed& allowed = {}) {
      if (std::string_view(name) != "families") visit(name, field, help, allowed);
    });
  }
};

template <class Own>
std::unique_ptr<VectorEnv> make_pomdp(const Registered<Own>& options, const StepControlOptions& step_control) {
  return make_step_control(options.size, step_control, make_analytic_heading(options.own.heading),
                           parse_autoreset(options.autoreset), nullptr, options.seed);
}

void add_family(Registry<VectorEnv>& registry, const std::string& id, const std::string& family,
                const std::string& summary) {
  using Options = Registered<OneFamilyOptions>;
  registry.add<Options>(
      id, summary,
      [family](const Options& options) {
        StepControlOptions step_control = options.own.env.step_control;
        step_control.families = family;
        return make_pomdp(options, step_control);
      },
      {.former_settings = {
           {"families", "the environment '" + id + "' has its own family; set families on Rover/StepControl-v0"}}});
}

Registry<VectorEnv> make_registry() {
  Registry<VectorEnv> registry("environment", "envs");
  registry.add<Registered<StepControlOptions>>(
      "Rover/StepControl-v0", "the paper's POMDP (section 3.2.3) on all four training families",
      [](const Registered<StepControlOptions>& options) { return make_pomdp(options, options.own.env); });
  add_family(registry, "Rover/Quadratic2D-v0", "quadratic", "the paper's POMDP on random bowls");
  add_family(registry, "Rover/Valley2D-v0", "valley", "the paper's POMDP in long narrow valleys");
  add_family(registry, "Rover/Saddle2D-v0", "saddle", "the paper's POMDP about saddles");
  add_family(registry, "Rover/Plateau2D-v0", "plateau", "the paper's POMDP on plateaus with cliffs");
  registry.add<Registered<WalkEnvOptions>>(
      "Rover/Walk-v0", "the deployed Rover's walk: boxes, safeguard and new beginnings, looks as the clock",
      [](const Registered<WalkEnvOptions>& options) {
        return make_walk_env(options.size, options.own.env, make_analytic_heading(options.own.heading),
                             parse_autoreset(options.autoreset), nullptr, options.seed);
      });
  return registry;
}

}  // namespace

std::vector<std::string> autoreset_names() { return {"next-step", "same-step", "disabled"}; }

Autoreset parse_autoreset(std::string_view text) {
  if (text == "next-step") return Autoreset::next_step;
  if (text == "same-step") return Autoreset::same_step;
  if (text == "disabled") return Autoreset::disabled;
  throw UsageError(unknown_name("autoreset", text, autoreset_names()) + " (" + one_of(autoreset_names()).text() + ")");
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
