// Plug-ins that are refused; one that works is built against the installed package and tried in tests/install.
#include "experiments/plugins.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/registry.h"
#include "storage/atomic_file.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

/// What loading the plug-in of tests/experiments/plugins says, without its name before it.
std::string refusal(const std::string& name) {
  const std::string path = std::string(ROVER_BAD_PLUGINS) + "/" + name + ".so", begin = "the plug-in '" + path + "' ";
  const std::string sentence = error_of([&] { load_plugin(path); });
  CHECK(sentence.starts_with(begin));
  return sentence.substr(std::min(begin.size(), sentence.size()));
}

}  // namespace

TEST_CASE("a plug-in that cannot be used is refused in one sentence, and the program lives") {
  CHECK(refusal("nowhere") == "cannot be opened: no such file");
  CHECK(refusal("no_entry") == "is no plug-in of this program: it lacks ROVER_PLUGIN(…) of core/plugin.h");
  CHECK(refusal("other_version") == "was built for version 1 of the interface, this program has version " +
                                        std::to_string(interface_version) + ": build it anew");
  CHECK(refusal("other_compiler") == "was built with another compiler or standard library than this program");
  CHECK(refusal("undefined") ==
        "cannot be loaded: it needs rover::is_nowhere(int), which this program has not: it was built against another "
        "version, or lacks a library");
  CHECK(refusal("throws_at_load") == "cannot be loaded: its initialiser threw: no licence server");
  CHECK(refusal("crashes_at_load").starts_with("cannot be loaded: signal "));
  CHECK(refusal("throws_in_add") == "cannot add what it brings: the table of agents is full");
  CHECK(refusal("bad_grid") ==
        "cannot add what it brings: the agent 'bad-grid' is tuned with values that it refuses: share=5 is out of "
        "range: above 0, at most 1");
  const Scratch scratch;
  CHECK(error_of([&] { load_plugin(scratch.folder().string()); }).ends_with("cannot be loaded: not a file"));
  write_file(scratch / "text.so", "no shared object");
  CHECK(error_of([&] { load_plugin((scratch / "text.so").string()); }).find("cannot be loaded: ") != std::string::npos);
}

TEST_CASE("--plugin belongs to any command, before or after it") {
  for (const auto& arguments : {std::vector<std::string>{"list", "agents", "--plugin", "nowhere.so"},
                                std::vector<std::string>{"--plugin=nowhere.so", "minimize", "--help"}}) {
    const Outcome run = run_program(arguments);
    CHECK(run.code == 1);
    CHECK(run.error == "rover: the plug-in 'nowhere.so' cannot be opened: no such file\n");
  }
  CHECK(run_program({"list", "agents", "--plugin"}).error == "rover: --plugin needs a path: ./libmine.so\n");
  CHECK(run_program({"list", "--plugin=", "agents"}).code == 2);
}
