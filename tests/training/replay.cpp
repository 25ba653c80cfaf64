#include "training/replay.h"

#include <doctest/doctest.h>

#include <numeric>

#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

constexpr EpisodeShape shape{3, 2, 1, 2};

std::vector<float> episode(int k) {
  std::vector<float> row(shape.size());
  std::iota(row.begin(), row.end(), static_cast<float>(1000 * k));
  return row;
}

std::vector<float> read(const ReplayBuffer& buffer, std::size_t slot) {
  std::vector<float> row(shape.size());
  buffer.read(slot, row);
  return row;
}

Checkpoint saved(const ReplayBuffer& buffer) {
  Checkpoint out;
  buffer.save(out, "replay/");
  return out;
}

}  // namespace

TEST_CASE("an episode's parts lie one after the other in its row") {
  CHECK(shape.size() == 4 * (2 + 1) + 3 * (2 + 1) + 1);
  auto row = episode(0);
  const EpisodeView<float> view{row, shape};
  CHECK((view.observations.size() == 8 && view.privileged.size() == 4 && view.actions.size() == 6 &&
         view.rewards.size() == 3 && view.terminated.size() == 1));
  CHECK((view.observations[0] == 0 && view.privileged[0] == 8 && view.actions[0] == 12 && view.rewards[2] == 20 &&
         view.terminated[0] == 21));
}

TEST_CASE("the replay is a ring of the latest episodes") {
  ReplayBuffer buffer(shape, 4, 4);
  CHECK(buffer.size() == 0);
  for (int k = 0; k < 3; ++k) buffer.add(episode(k));
  CHECK(buffer.size() == 3);
  CHECK(read(buffer, 1) == episode(1));
  CHECK_THROWS_AS(read(buffer, 3), std::out_of_range);
  CHECK(buffer.latest(0) == 2);
  CHECK(buffer.latest(2) == 0);
  for (int k = 3; k < 10; ++k) buffer.add(episode(k));
  CHECK(buffer.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) CHECK(read(buffer, buffer.latest(k)) == episode(9 - static_cast<int>(k)));
}

TEST_CASE("where episodes live does not matter") {
  const Scratch scratch;
  for (const int added : {2, 5, 6, 17}) {
    ReplayBuffer memory(shape, 6, 6), spilled(shape, 6, 2, scratch / "replay.tmp"),
        disk(shape, 6, 0, scratch / "all.tmp");
    CHECK(!std::filesystem::exists(scratch / "replay.tmp"));  // open, without a name: kill -9 leaves nothing
    for (int k = 0; k < added; ++k) memory.add(episode(k)), spilled.add(episode(k)), disk.add(episode(k));
    CHECK(saved(memory) == saved(spilled));
    CHECK(saved(memory) == saved(disk));
    for (std::size_t slot = 0; slot < memory.size(); ++slot) CHECK(read(memory, slot) == read(spilled, slot));

    ReplayBuffer resumed(shape, 6, 3, scratch / "resumed.tmp");
    resumed.add(episode(99));  // forgotten
    resumed.load(saved(spilled), "replay/");
    CHECK(saved(resumed) == saved(memory));
    resumed.add(episode(50)), memory.add(episode(50));
    CHECK(saved(resumed) == saved(memory));
  }
}

TEST_CASE("the replay refuses what does not fit") {
  CHECK_THROWS_WITH_AS(ReplayBuffer(shape, 0, 0), "a replay buffer needs room for at least one episode", UsageError);
  CHECK_THROWS_WITH_AS(ReplayBuffer(shape, 9, 4),
                       "a replay buffer of 9 episodes with room for 4 in memory needs a folder to spill into",
                       UsageError);
  ReplayBuffer buffer(shape, 4, 4), small(shape, 2, 2), other({2, 2, 1, 2}, 4, 4);
  CHECK_THROWS_AS(ReplayBuffer({1000, 4096, 0, 2}, 1000, 1000), UsageError);  // 15 GiB
  CHECK_THROWS_AS(buffer.add(std::vector<float>(5)), std::invalid_argument);
  for (int k = 0; k < 3; ++k) buffer.add(episode(k));
  const char* sentence = "the checkpoint's replay does not fit this trainer";
  CHECK_THROWS_WITH_AS(small.load(saved(buffer), "replay/"), sentence, std::runtime_error);
  CHECK_THROWS_WITH_AS(other.load(saved(buffer), "replay/"), sentence, std::runtime_error);
  Checkpoint torn = saved(buffer);
  torn.put_integer("replay/next", 1);  // three episodes and room for a fourth: the next slot is 3
  CHECK_THROWS_WITH_AS(buffer.load(torn, "replay/"), sentence, std::runtime_error);
  CHECK_THROWS_AS(buffer.load({}, "replay/"), std::runtime_error);
}

}  // namespace rover
