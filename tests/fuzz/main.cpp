// fuzz_readers [N [SEED [READER]]]: N damaged files (default 2000) through every reader, with any compiler, each read
// as a user's file is. Exit code 1 when an input had a forbidden effect; a crash or a hang of this process is a
// failure, too.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/readers.h"
#include "tests/storage/scratch.h"

namespace {

using namespace rover;
using Number = unsigned long long;

constexpr unsigned kSecondsOfAHang = 60;
constexpr char kWrong = 'w';

/// Damages input k and reads it: the letter of its outcome.
char play(const std::vector<fuzz::Target>& targets, Number seed, Number k, const Scratch& scratch) {
  const fuzz::Target& target = targets[k % targets.size()];
  std::uint64_t state = seed * 0x9e3779b97f4a7c15 + k;
  std::string bytes = target.corpus[fuzz::draw(state, target.corpus.size())];
  const bool by_entries = target.name == "model" && fuzz::draw(state, 2) == 0;
  if (!by_entries) fuzz::mutate(bytes, state);
  try {
    switch (by_entries ? fuzz::load_altered_model(bytes, state, scratch.folder())
                       : fuzz::read(target.name, bytes, scratch.folder())) {
      case fuzz::Outcome::read:
        return 'r';
      case fuzz::Outcome::refused:
        return 'f';
      case fuzz::Outcome::contained:
        return 'c';
    }
  } catch (const std::exception& error) {
    std::printf("input %llu of seed %llu (%s): %s\n", k, seed, target.name.c_str(), error.what());
  }
  return kWrong;
}

}  // namespace

int main(int count, char** arguments) {
  using Clock = std::chrono::steady_clock;
  const Number inputs = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2000;
  const Number seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0;
  const Scratch scratch;
  auto targets = fuzz::targets(scratch.folder());
  if (count > 3) std::erase_if(targets, [&](const fuzz::Target& target) { return target.name != arguments[3]; });
  if (targets.empty()) return std::fprintf(stderr, "fuzz_readers: no reader '%s'\n", arguments[3]), 2;

  std::map<std::string, std::map<char, Number>> counts;
  double slowest = 0;
  for (Number k = 0; k < inputs; ++k) {
    ::alarm(kSecondsOfAHang);  // ends this process
    const auto start = Clock::now();
    ++counts[targets[k % targets.size()].name][play(targets, seed, k, scratch)];
    slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::printf("%-12s %10s %10s %24s\n", "reader", "read", "refused", "refused: HDF5 failed");
  Number wrong = 0;
  for (auto& [name, counted] : counts) {
    std::printf("%-12s %10llu %10llu %24llu\n", name.c_str(), counted['r'], counted['f'], counted['c']);
    wrong += counted[kWrong];
  }
  rusage here{}, children{};
  ::getrusage(RUSAGE_SELF, &here), ::getrusage(RUSAGE_CHILDREN, &children);
  std::printf(
      "%llu inputs, seed %llu: 0 crashes, 0 hangs, %llu wrong; the slowest took %.2f s; at most %ld MB here, %ld MB in "
      "a process that read\n",
      inputs, seed, wrong, slowest, here.ru_maxrss / 1024, children.ru_maxrss / 1024);
  return wrong == 0 ? 0 : 1;
}
