#include "agents/models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>

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
  CHECK(model_path((run / "gone.h5").string()) == run / "gone.h5");  // the error comes when it is opened
  CHECK(model_path("gone.h5") == "gone.h5");
  write_paper_model(own.scratch / "mine.h5");
  CHECK(model_path("mine") == own.scratch / "mine.h5");
}

TEST_CASE("a damaged shipped model is refused in one sentence") {
  const OwnModels own;
  const auto path = own.scratch / "rover-paper.h5";
  write_paper_model(path);
  CHECK(agent_error({}) == "");
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
  const std::string changed = agent_error({});
  CHECK(changed.find(path.string()) != std::string::npos);
  CHECK(changed.find("damaged") != std::string::npos);
  std::filesystem::resize_file(path, size / 2);
  const std::string cut = agent_error({});
  CHECK(cut.find(path.string()) != std::string::npos);
  CHECK(cut.find("truncated") != std::string::npos);
}

TEST_CASE("a model from a stranger is checked before it walks") {
  const OwnModels own;
  const auto path = own.scratch / "rover-paper.h5";
  write_paper_model(path);
  const Checkpoint good = Checkpoint::read(path);
  const auto error_with = [&](const std::function<void(Checkpoint&)>& change) {
    Checkpoint out = good;
    change(out);
    out.write(path);  // with its right hash
    return error_of([&] { (void)RoverModel::load(Checkpoint::read(path)); });
  };
  CHECK(error_with([](Checkpoint&) {}) == "");
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    CAPTURE(value);
    for (const char* name : {"grid_size", "policy/observation_size"})
      CHECK(error_with([&](Checkpoint& out) { out.put_integer(name, value); }) != "");
    for (const char* name : {"policy/options/hidden", "policy/options/encoder"})
      CHECK(error_with([&](Checkpoint& out) {
              out.put_text(name, std::to_string(value));
            }).starts_with("the model is damaged: "));
    CHECK(error_with([&](Checkpoint& out) {
            out.put_text("policy/options/encoder", "conv");
            out.put_text("policy/options/channels1", std::to_string(value));
          }) != "");
  }
  CHECK(error_with([](Checkpoint& out) { out.put_text("policy/options/hidden", "16000"); }) != "");  // 8 GB of weights
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()})
    CHECK(error_with([&](Checkpoint& out) {
            auto weights = out.get<float>("policy/weights/encode.w");
            weights[3] = value;
            out.put<float>("policy/weights/encode.w", weights, out.arrays().at("policy/weights/encode.w").shape);
          }) == "the weights 'weights/encode.w' hold a number that is not finite");
  CHECK(error_with([](Checkpoint& out) {
          out.put_text("heading/kind", "north");
        }).starts_with("the model is damaged: unknown heading 'north'"));
  for (const char* kind : {"fit-net", "conv"})
    for (const char* size : {"0", "3", "64", "18446744073709551615"})
      CHECK(error_with([&](Checkpoint& out) {
              out.put_text("heading/kind", kind);
              out.put_text("heading/options/grid_size", size);
            }) != "");
}

}  // namespace rover
