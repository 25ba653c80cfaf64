#include "experiments/entries.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/landscapes/registry.h"
#include "env/vector_env.h"
#include "tests/experiments/program.h"

using namespace rover;

namespace {

template <class T>
void check_ranges(const Registry<T>& registry) {
  for (const auto& id : registry.ids()) {
    if (id == "toy" || id.starts_with("stopping")) continue;  // the tests' own
    const EntryInfo& entry = registry.info(id);
    CAPTURE(id);
    CHECK(entry.summary.size() <= 100);
    for (const Option& option : entry.options) {
      CAPTURE(option.key);
      CHECK_FALSE(option.help.empty());
      const bool number = option.type == "number" || option.type == "whole number";
      if (!number || option.key.ends_with("seed")) continue;
      CHECK(std::isfinite(option.allowed.low));
      CHECK(std::isfinite(option.allowed.high));
      const double value = std::stod(option.value);
      CHECK_NOTHROW(detail::check_number(option.key, value, option.value, option.allowed));
    }
  }
}

}  // namespace

TEST_CASE("every number that can be set has a range that holds its default, and every setting explains itself") {
  run_program({"--version"});  // registers
  check_ranges(agents());
  check_ranges(landscapes());
  check_ranges(environments());
  check_ranges(trainers());
}

TEST_CASE("trainers refuse hostile settings before anything is made") {
  run_program({"--version"});
  for (const auto& id : trainers().ids()) {
    if (id == "toy" || id.starts_with("stopping")) continue;
    for (const Option& option : trainer_settings(id))
      for (const std::string value : {"", "nan", "-inf", "1e308", "-1e308", "18446744073709551616", "0x10"}) {
        if (option.type == "text" && option.allowed.choices.empty()) continue;  // a path, a list: read when it is made
        if (option.type == "settings") continue;
        if (option.type == "number" && value == "18446744073709551616") continue;  // some rates may be so large
        CAPTURE(id);
        CAPTURE(option.key);
        CAPTURE(value);
        std::string error;
        try {
          trainers().make(id, {{option.key, value}});
        } catch (const UsageError& said) { error = said.what(); }
        CHECK(error.find(option.key) != std::string::npos);
      }
  }
}
