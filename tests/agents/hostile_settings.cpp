// Every setting of everything registered, with hostile values: refused in one sentence, or harmless.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "agents/agent.h"
#include "agents/runner.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"
#include "env/vector_env.h"

namespace rover {
namespace {

const std::vector<std::string> hostile{"",
                                       "x",
                                       "nan",
                                       "inf",
                                       "-inf",
                                       "1e308",
                                       "-1e308",
                                       "1e-308",
                                       "-1",
                                       "0",
                                       "1",
                                       "2.5",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "0x10",
                                       "1 2",
                                       ",",
                                       "true",
                                       std::string(100000, '9')};

/// Calls `use` with each hostile value of each option, and with the ends of its range.
void attack(const EntryInfo& entry, const std::function<void(const Settings&)>& use) {
  for (const Option& option : entry.options) {
    std::vector<std::string> values = hostile;
    if (std::isfinite(option.allowed.low)) values.push_back(detail::to_text(option.allowed.low));
    values.insert(values.end(), option.allowed.choices.begin(), option.allowed.choices.end());
    for (const std::string& value : values) {
      const std::string given = entry.id + ":" + option.key + "=" + value.substr(0, 40);
      CAPTURE(given);
      try {
        use({{option.key, value}});
      } catch (const UsageError& error) {
        const std::string text = error.what();
        CHECK(!text.empty());
        CHECK(text.find('\n') == std::string::npos);
      } catch (const std::runtime_error&) {  // a file that is not there
        CHECK(option.key == "from");
      }
    }
  }
}

}  // namespace

TEST_CASE("agents with hostile settings refuse them or walk") {
  const std::shared_ptr<const Landscape> planes[] = {landscapes().make("beale"),
                                                     landscapes().make("rosenbrock", {{"dimension", "5"}})};
  for (const auto& id : agents().ids())
    attack(agents().info(id), [&](Settings settings) {
      if (id == "rover") settings.merge(Settings{{"heading", "newton-fit"}, {"policy", "random"}});
      const auto agent = agents().make(id, settings);
      for (const auto& landscape : planes) {
        const auto env = make_surface_env(landscape, {.budget = 200, .clamp = true, .start = {}});
        play(*agent, *env, 1, 200);
      }
    });
}

TEST_CASE("landscapes with hostile settings refuse them or have values") {
  for (const auto& id : landscapes().ids()) {
    if (id == "mlp") continue;  // its options are those of the others, and making one takes long
    attack(landscapes().info(id), [&](const Settings& settings) {
      const auto landscape = landscapes().make(id, settings);
      const auto& domain = landscape->domain();
      (void)landscape->value(domain.low);
    });
  }
}

TEST_CASE("environments with hostile settings refuse them or can be reset") {
  for (const auto& id : environments().ids())
    attack(environments().info(id), [&](Settings settings) {
      settings.merge(Settings{{"pool", "7"}});
      const auto env = environments().make(id, settings);
      BatchBuffer batch(env->size(), env->observation_space().size());
      env->reset(1, batch.view());
    });
}

}  // namespace rover
