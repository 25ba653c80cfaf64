#include "agents/models.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "agents/agent.h"
#include "agents/rover/rover_agent.h"
#include "env/analytic_heading.h"
#include "tests/agents/nn/policies.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

// $ROVER_MODELS points to a folder of the test's own.
struct OwnModels {
  Scratch scratch;
  OwnModels() { ::setenv("ROVER_MODELS", scratch.folder().c_str(), 1); }
  ~OwnModels() { ::unsetenv("ROVER_MODELS"); }
};

void write_paper_model(const std::filesystem::path& path) {
  Checkpoint out;
  RoverModel{make_analytic_heading("newton-fit"),
             std::make_shared<RecurrentPolicy>(testing::lively_policy({.hidden = 4}, 16, 4, 1)), "grid", 4}
      .save(out);
  out.write(path);
}

std::string agent_error(const Settings& settings) {
  return error_of([&] { agents().make("rover", settings); });
}

}  // namespace

TEST_CASE("a shipped model is found by its name") {
  const OwnModels own;
  CHECK_FALSE(find_shipped_model("none"));
  const std::string error = error_of([] { shipped_model("none"); });
  CHECK(error.starts_with("no model 'none' ships with the program, and no folder or file has that name (looked into " +
                          own.scratch.folder().string() + ", "));
  CHECK(error.ends_with("rover_descent/models)"));
  CHECK(agent_error({{"from", "none"}}) == error);
  write_paper_model(own.scratch / "rover-paper.h5");
  CHECK(shipped_model("rover-paper") == own.scratch / "rover-paper.h5");
  CHECK(shipped_model("paper") == own.scratch / "rover-paper.h5");
}

TEST_CASE("what from names: a run folder, a file, a shipped model") {
  const OwnModels own;
  const Scratch run;
  CHECK(model_path(run.folder().string()) == run / "model.h5");
  CHECK(model_path((run / "gone.h5").string()) == run / "gone.h5");  // opening it says that it is gone
  CHECK(model_path("gone.h5") == "gone.h5");
  write_paper_model(own.scratch / "mine.h5");
  CHECK(model_path("mine") == own.scratch / "mine.h5");
}

TEST_CASE("a damaged shipped model is refused in one sentence") {
  const OwnModels own;
  const auto path = own.scratch / "rover-paper.h5";
  write_paper_model(path);
  CHECK(agent_error({{"mode", "paper"}}) == "");
  CHECK(agent_error({{"from", "paper"}}) == "");
  const auto size = std::filesystem::file_size(path);
  {  // one weight changed
    RoverModel model = RoverModel::load(Checkpoint::read(path));
    const float weight = model.policy->parameters()["encode.w"][5];
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto at = bytes.find(std::string(reinterpret_cast<const char*>(&weight), sizeof weight));
    REQUIRE(at != std::string::npos);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  const std::string changed = agent_error({{"mode", "paper"}});
  CHECK(changed.find(path.string()) != std::string::npos);
  CHECK(changed.find("damaged") != std::string::npos);
  std::filesystem::resize_file(path, size / 2);
  const std::string cut = agent_error({{"mode", "paper"}});
  CHECK(cut.find(path.string()) != std::string::npos);
  CHECK(cut.find("truncated") != std::string::npos);
}

}  // namespace rover
