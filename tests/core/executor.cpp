#include "core/executor.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <set>

#include "tests/storage/scratch.h"

namespace rover {
namespace {

struct Run {
  std::uint64_t index = 0;
  std::string name;
  std::vector<double> values;
  std::vector<std::string> words;
  template <class Self, class Visit>
  static void parts(Self& self, Visit&& visit) {
    visit(self.index), visit(self.name), visit(self.values), visit(self.words);
  }
  bool operator==(const Run&) const = default;
};

Run run_of(std::size_t k) {
  return {k, "run " + std::to_string(k), std::vector<double>(k % 3, 0.5 * static_cast<double>(k)), {"a", "", "bc"}};
}

}  // namespace

TEST_CASE("a map gives results in order, the same for any number of workers") {
  for (const std::size_t threads : {1, 2, 5}) {
    const auto executor = make_thread_executor(threads);
    CHECK(executor->workers() == threads);
    const std::vector<Run> runs = executor->map(20, run_of);
    for (std::size_t k = 0; k < 20; ++k) CHECK(runs[k] == run_of(k));
    std::set<std::size_t> done;
    const auto squares = executor->map(
        7,
        [&](std::size_t k, std::size_t worker) {
          if (worker >= threads) throw std::logic_error("a worker too many");
          return static_cast<double>(k * k);
        },
        [&](std::size_t k, double square) {
          CHECK(square == static_cast<double>(k * k));
          done.insert(k);
        });
    CHECK(squares == std::vector<double>{0, 1, 4, 9, 16, 25, 36});
    CHECK(done.size() == 7);
    CHECK(executor->map(0, run_of).empty());
  }
  CHECK(make_thread_executor(0)->workers() >= 1);
}

TEST_CASE("a map throws its first failure in job order, after what was done was handed over") {
  for (const std::size_t threads : {1, 4}) {
    const auto executor = make_thread_executor(threads);
    std::set<std::size_t> done;
    const auto job = [](std::size_t k) {
      if (k >= 3) throw std::runtime_error("job " + std::to_string(k));
      return k;
    };
    const auto keep = [&](std::size_t k, std::size_t) { done.insert(k); };
    CHECK(error_of([&] { executor->map(1000, job, keep); }) == "job 3");
    CHECK(done == std::set<std::size_t>{0, 1, 2});
  }
}

TEST_CASE("a map that is told to stop begins no further job") {
  const auto executor = make_thread_executor(2);
  std::atomic<std::size_t> begun = 0, done = 0;
  const auto job = [&](std::size_t k) { return ++begun, k; };
  CHECK_THROWS_AS(executor->map(
                      1000, job, [&](std::size_t, std::size_t) { ++done; }, [&] { return begun >= 5; }),
                  Stopped);
  CHECK(begun < 10);
  CHECK(done == begun);
}

TEST_CASE("bytes that are no result are refused") {
  const Bytes bytes = to_bytes(run_of(4));
  CHECK(from_bytes<Run>(bytes) == run_of(4));
  CHECK_THROWS_AS(from_bytes<Run>(std::span(bytes).first(bytes.size() - 1)), std::runtime_error);
  const std::map<std::string, std::vector<int>> map{{"a", {1, 2}}, {"", {}}};
  CHECK(from_bytes<std::map<std::string, std::vector<int>>>(to_bytes(map)) == map);
  Bytes longer = bytes;
  longer.push_back({});
  CHECK_THROWS_AS(from_bytes<Run>(longer), std::runtime_error);
  Bytes huge(sizeof(std::size_t), std::byte{0xff});  // a length larger than any memory
  CHECK_THROWS_AS(from_bytes<std::vector<double>>(huge), std::runtime_error);
  CHECK_THROWS_AS(from_bytes<std::vector<std::string>>(huge), std::runtime_error);
}

}  // namespace rover
