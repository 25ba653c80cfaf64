#include "experiments/agent_spec.h"

#include <doctest/doctest.h>

#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("a list of agents: ids, paths, settings, labels") {
  const auto specs = parse_agent_specs(
      "rover:runs/r1;safeguard=true,gd,adam:learning_rate=0.01;beta1=0.8,gd:learning_rate=1,rover:from=a=b");
  REQUIRE(specs.size() == 5);
  CHECK(specs[0].id == "rover");
  CHECK(specs[0].settings == Settings{{"from", "runs/r1"}, {"safeguard", "true"}});
  CHECK(specs[1].settings.empty());
  CHECK(specs[2].settings == Settings{{"learning_rate", "0.01"}, {"beta1", "0.8"}});
  CHECK(specs[4].settings == Settings{{"from", "a=b"}});
  std::vector<std::string> labels;
  for (const auto& spec : specs) labels.push_back(spec.label);
  CHECK(labels == std::vector<std::string>{"rover:r1;safeguard=true", "gd", "adam", "gd:learning_rate=1", "rover:a=b"});

  const auto named = parse_agent_specs("gd:label=slow;learning_rate=0.1,gd,gd:label=slow");
  CHECK(named[0].settings == Settings{{"learning_rate", "0.1"}});
  CHECK((named[0].label == "slow" && named[1].label == "gd" && named[2].label == "slow(2)"));
}

TEST_CASE("a label says in what agents of one id differ, and nothing else") {
  const auto labels = [](const char* text) {
    std::vector<std::string> out;
    for (const auto& spec : parse_agent_specs(text)) out.push_back(spec.label);
    return out;
  };
  using Labels = std::vector<std::string>;
  CHECK(labels("rover:runs/a,rover:runs/a;policy=random,rover-search") ==
        Labels{"rover", "rover:policy=random", "rover-search"});
  CHECK(labels("adam:learning_rate=0.1;beta1=0.8,adam:learning_rate=0.01;beta1=0.8") ==
        Labels{"adam:learning_rate=0.1", "adam:learning_rate=0.01"});
  CHECK(labels("rover:runs/a/,rover:runs/b") == Labels{"rover:a", "rover:b"});
  CHECK(labels("rover:x/a,rover:y/a,rover:paper") == Labels{"rover:x/a", "rover:y/a", "rover:paper"});
  CHECK(labels("gd,gd") == Labels{"gd", "gd(2)"});
}

TEST_CASE("what is wrong with a list of agents") {
  const auto error = [](const char* text) { return error_of([&] { parse_agent_specs(text); }); };
  CHECK(error("gd:label=a;label=b") == "the agent 'gd:label=a;label=b' sets label twice");
  CHECK(error("rovr") == "unknown agent 'rovr'; did you mean 'rover'? (rover list agents)");
  CHECK(error("") == "the list of agents is empty (rover list agents)");
  CHECK(error("gd,,adam") == "the list of agents 'gd,,adam' has an empty entry");
  CHECK(error("gd:") == "in the agent 'gd:', '' is neither a path nor key=value");
  CHECK(error("gd:=3") == "in the agent 'gd:=3', '=3' is neither a path nor key=value");
  CHECK(error("rover:a;b") == "the agent 'rover:a;b' sets from twice");
  CHECK_THROWS_AS(parse_agent_specs("rovr"), UsageError);
}
