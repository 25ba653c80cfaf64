#include <doctest/doctest.h>

#include <algorithm>

#include "env/check_env.h"
#include "env/vector_env.h"

using namespace rover;

namespace {

std::string all(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& sentence : sentences) text += sentence + "\n";
  return text;
}

template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const UsageError& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("every registered environment keeps the contract, in every autoreset mode") {
  for (const auto& id : environments().ids())
    for (const char* mode : {"next-step", "same-step", "disabled"})
      for (const std::size_t size : {1, 5}) {
        CAPTURE(id);
        CAPTURE(mode);
        const auto env =
            make_vec(id, size, {{"autoreset", mode}, {"pool", "8"}, {"horizon", "7"}, {"observation", "grid+context"}});
        CHECK(env->size() == size);
        CHECK(env->autoreset() == parse_autoreset(mode));
        CHECK(all(check_env(*env, 3)) == "");
      }
}

TEST_CASE("make gives one environment with the paper's defaults") {
  const auto env = make("Rover/Valley2D-v0", {{"pool", "2"}});
  CHECK(env->size() == 1);
  CHECK(env->observation_space().size() == 64);
  CHECK(env->action_space().low == std::vector<float>{-0.5f, -0.5f});
  CHECK(env->action_space().high == std::vector<float>{1, 1});
  CHECK(env->privileged_size() == 1 + 5);
}

TEST_CASE("wrong ids and settings are refused with what would be right") {
  CHECK(refusal([] { make("Rover/Valey2D-v0"); }) ==
        "unknown environment 'Rover/Valey2D-v0'; did you mean 'Rover/Valley2D-v0'? (rover list envs)");
  CHECK(refusal([] {
          make("Rover/StepControl-v0", {{"horizn", "3"}});
        }) == "the environment 'Rover/StepControl-v0' has no setting 'horizn'; did you mean 'horizon'?");
  CHECK(refusal([] {
          make("Rover/StepControl-v0", {{"autoreset", "never"}});
        }) == "unknown autoreset 'never' (next-step, same-step or disabled)");
  CHECK(refusal([] {
          make("Rover/StepControl-v0", {{"families", "quadratic,valey"}});
        }).starts_with("unknown landscape 'valey'; did you mean 'valley'?"));
  CHECK(refusal([] {
          make("Rover/Saddle2D-v0", {{"families", "valley"}});
        }) == "the environment 'Rover/Saddle2D-v0' has its own family; set families on Rover/StepControl-v0");
  CHECK(refusal([] {
          make("Rover/StepControl-v0", {{"pool", "0"}});
        }) == "pool=0 is out of range: at least 1, at most 100000");
  CHECK(refusal([] {
          make_vec("Rover/StepControl-v0", 0, {{"pool", "1"}});
        }) == "size=0 is out of range: at least 1, at most 65536");
}
