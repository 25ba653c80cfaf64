#include "core/settings.h"

#include <doctest/doctest.h>

using namespace rover;

namespace {

struct Inner {
  double rate = 1e-3;
  std::uint64_t steps = 10;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("rate", rate, "a rate");
    visit("steps", steps, "a count");
  }
};

struct Outer {
  Inner inner;
  bool flag = false;
  std::string name = "a";
  std::int64_t offset = -1;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("inner", inner, "nested");
    visit("flag", flag, "a switch");
    visit("name", name, "a text");
    visit("offset", offset, "a signed number");
  }
};

}  // namespace

TEST_CASE("settings go into a struct and come out as they were") {
  const Settings given{{"inner.rate", "0.1"}, {"inner.steps", "7"}, {"flag", "true"}, {"name", "θ"}, {"offset", "-3"}};
  const auto options = from_settings<Outer>(given);
  CHECK(options.inner.rate == 0.1);
  CHECK(options.inner.steps == 7);
  CHECK(options.flag);
  CHECK(options.name == "θ");
  CHECK(options.offset == -3);
  CHECK(to_settings(options) == given);
  CHECK(sub_settings(given, "inner") == Settings{{"rate", "0.1"}, {"steps", "7"}});
}

TEST_CASE("lists come apart without blanks") {
  CHECK(split_list("quadratic, valley,,saddle ") == std::vector<std::string>{"quadratic", "valley", "saddle"});
  CHECK(split_list("grid+context", '+') == std::vector<std::string>{"grid", "context"});
  CHECK(split_list("").empty());
}

TEST_CASE("numbers keep their bits as text") {
  for (const double value : {0.1, 1.0 / 3, 5e-324, -1e308, 1e-3}) {
    double back = 0;
    detail::parse_value("x", detail::to_text(value), back);
    CHECK(back == value);
  }
}

TEST_CASE("what does not fit is one sentence") {
  const auto apply = [](const char* key, const char* text) { from_settings<Outer>({{key, text}}); };
  CHECK_THROWS_WITH_AS(apply("inner.rate", "fast"), "the setting inner.rate=fast is not a number", UsageError);
  CHECK_THROWS_WITH_AS(apply("inner.rate", "1e-3x"), "the setting inner.rate=1e-3x is not a number", UsageError);
  CHECK_THROWS_WITH_AS(apply("inner.rate", "nan"), "the setting inner.rate=nan is not a number", UsageError);
  CHECK_THROWS_WITH_AS(apply("inner.steps", "-1"), "the setting inner.steps=-1 is not a whole number ≥ 0", UsageError);
  CHECK_THROWS_WITH_AS(apply("inner.steps", ""), "the setting inner.steps= is not a whole number ≥ 0", UsageError);
  CHECK_THROWS_WITH_AS(apply("flag", "maybe"), "the setting flag=maybe is neither true nor false", UsageError);
  CHECK_THROWS_WITH_AS(apply("inner.rat", "1"), "unknown setting 'inner.rat'; did you mean 'inner.rate'?", UsageError);
  CHECK_THROWS_WITH_AS(apply("steps", "1"), "unknown setting 'steps'; did you mean 'inner.steps'?", UsageError);
  CHECK_THROWS_WITH_AS(apply("quaternion", "1"), "unknown setting 'quaternion'", UsageError);
}

TEST_CASE("the nearest name is a typo away") {
  const std::vector<std::string> names{"rover", "train", "evaluate", "gd"};
  CHECK(nearest_name("rovr", names) == "rover");
  CHECK(nearest_name("trian", names) == "train");  // a swap of neighbours is one slip
  CHECK(nearest_name("evalute", names) == "evaluate");
  CHECK(nearest_name("xyz", names).empty());
}
