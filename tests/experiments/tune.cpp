// The command `rover tune`. The search is tested in tests/agents/classical/tuning.cpp.
#include <doctest/doctest.h>

#include "experiments/agent_spec.h"
#include "storage/atomic_file.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("rover tune: a table, and a file that agents take their settings from") {
  const Scratch scratch;
  const std::string file = (scratch / "tuned.cfg").string();
  const Outcome run = run_program({"tune", "nelder-mead:tolerance=1e-4", "--suite", "sphere,rosenbrock", "--starts",
                                   "2", "--budget", "100", "--candidates", "4", "--search", "random", "--out", file});
  CAPTURE(run.error);
  REQUIRE(run.code == 0);
  CHECK(run.out.find("nelder-mead on suite sphere,rosenbrock: 4 settings, 4 runs of 100 evaluations each") == 0);
  CHECK(read_file(file).find("tolerance = 1e-4") != std::string::npos);
  const auto specs = parse_agent_specs("nelder-mead:@" + file);
  CHECK(specs[0].settings.at("tolerance") == "1e-4");
  CHECK_THROWS_AS(parse_agent_specs("nelder-mead:@" + file + ";tolerance=1"), UsageError);
  CHECK_THROWS(parse_agent_specs("nelder-mead:@nowhere.cfg"));
}

TEST_CASE("rover tune refuses the benchmark, agents without a grid and words that it does not know") {
  const auto error = [](const std::vector<std::string>& arguments) {
    const Outcome run = run_program(arguments);
    CHECK(run.code == 2);
    return run.error;
  };
  CHECK(error({"tune", "cma-es", "--suite", "bbob"}) ==
        "rover: the suite 'bbob' is for reporting: nothing is tuned on it\n");
  CHECK(error({"tune", "random"}) == "rover: the agent 'random' has nothing to tune (rover list agents random)\n");
  CHECK(error({"tune"}) == "rover: which agent? rover tune AGENT (rover list agents)\n");
  CHECK(error({"tune", "cma-es", "--search", "gird"}) ==
        "rover: unknown value of --search 'gird'; did you mean 'grid'? (attention, random or grid)\n");
}
