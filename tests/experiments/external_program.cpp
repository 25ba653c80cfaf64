#include "experiments/external_program.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "core/executor.h"
#include "core/settings.h"

using namespace rover;

namespace {

double call(const std::string& command, const std::vector<double>& point, double seconds = 10) {
  return ExternalProgram(command, point.size(), seconds)(point);
}

}  // namespace

TEST_CASE("a program's value: the point on its command line or its standard input, the last word of its output") {
  CHECK(call("echo {0}", {-1.5}) == -1.5);
  CHECK(call("echo {1}", {1, 0.1}) == 0.1);
  CHECK(call("echo log; echo 'value: {0}'; echo", {1e-7}) == 1e-7);
  CHECK(call("read a b; echo noise >&2; echo $b", {3, -2.25}) == -2.25);
  CHECK(call("echo 4; exec >&- 2>&-; sleep .01", {1}) == 4);         // it closes its streams first
  CHECK(call("head -c 300000 /dev/zero; echo; echo +7", {1}) == 7);  // more than a pipe holds
  CHECK(call("echo 5; sleep 30 &", {1}) == 5);                       // what it leaves behind is not waited for
}

TEST_CASE("a program that fails is one sentence") {
  CHECK_THROWS_WITH(call("exit 3", {1}), "the command ended with exit code 3");
  CHECK_THROWS_WITH(call("echo bad mesh >&2; exit 4", {1}), "the command ended with exit code 4 (bad mesh)");
  CHECK_THROWS_WITH(call("echo nine", {1}), "the command printed 'nine' where a number should stand");
  CHECK_THROWS_WITH(call("true", {1}), "the command printed nothing");
  CHECK_THROWS_WITH(call("kill -9 $$", {1}), "the command was ended by signal 9");
  CHECK_THROWS_WITH(call("  ", {1}), "the command is empty");
  CHECK_THROWS_WITH(call("echo {2}", {1, 2}),
                    "the command has a place {2}, but the point has 2 coordinates, {0} to {1}");
  const auto begin = std::chrono::steady_clock::now();
  CHECK_THROWS_WITH(call("sleep 20 & sleep 30", {1}, 0.1), "it took longer than 0.1 s");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  CHECK_THROWS_AS(ExternalProgram("sleep 30", 1, 100, [] { return true; })(std::vector<double>{1}), Stopped);
}
