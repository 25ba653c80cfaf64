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

struct Ranged {
  double rate = 0.1;
  std::uint64_t population = 0;
  std::string policy = "learned";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("rate", rate, "a rate", above(0, 1e6));
    visit("population", population, "points", in(5, 1000).or_zero());
    visit("policy", policy, "who decides", one_of("learned", "random").or_empty());
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

TEST_CASE("what a field may take is said once and checked") {
  const auto apply = [](const char* key, const char* text) { from_settings<Ranged>({{key, text}}); };
  CHECK_THROWS_WITH_AS(apply("rate", "-1"), "rate=-1 is out of range: above 0, at most 1e6", UsageError);
  CHECK_THROWS_WITH_AS(apply("rate", "0"), "rate=0 is out of range: above 0, at most 1e6", UsageError);
  CHECK_THROWS_WITH_AS(apply("rate", "inf"), "the setting rate=inf is not a number", UsageError);
  CHECK_THROWS_WITH_AS(apply("population", "4"), "population=4 is out of range: at least 5, at most 1000, or 0",
                       UsageError);
  CHECK_THROWS_WITH_AS(apply("policy", "lerned"),
                       "unknown policy 'lerned'; did you mean 'learned'? (learned, random or nothing)", UsageError);
  CHECK_NOTHROW(apply("rate", "1e6"));
  CHECK_NOTHROW(apply("population", "0"));
  CHECK_NOTHROW(apply("policy", ""));
  CHECK(in(0, 1).below(1).text() == "at least 0, below 1");
  Ranged by_hand;
  by_hand.rate = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(check_options(by_hand), "rate=nan is out of range: above 0, at most 1e6", UsageError);
  CHECK(describe_options<Ranged>()[1].type == "whole number");
}

TEST_CASE("the nearest name is a typo away") {
  const std::vector<std::string> names{"rover", "train", "evaluate", "gd"};
  CHECK(nearest_name("rovr", names) == "rover");
  CHECK(nearest_name("trian", names) == "train");  // a swap of neighbours is one slip
  CHECK(nearest_name("evalute", names) == "evaluate");
  CHECK(nearest_name("xyz", names).empty());
}
