// fuzz_readers [N [SEED [READER]]]: N damaged files (default 2000) through every reader, with any compiler. A child
// process reads many, as storage/isolated.h does one; a file that ends it is read again alone, as users would, and must
// be refused. Exit code 1 when an input did what none may do; a crash or a hang of this process is one, too.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "storage/isolated.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/readers.h"
#include "tests/storage/scratch.h"

namespace {

using namespace rover;
using Number = unsigned long long;

constexpr Number kBatch = 500;
constexpr char kWrong = 'w';

/// Damages input k and reads it: the letter of its outcome.
char play(const std::vector<fuzz::Target>& targets, Number seed, Number k, const Scratch& scratch, bool isolate) {
  const fuzz::Target& target = targets[k % targets.size()];
  std::uint64_t state = seed * 0x9e3779b97f4a7c15 + k;
  std::string bytes = target.corpus[fuzz::draw(state, target.corpus.size())];
  const bool by_entries = target.name == "model" && fuzz::draw(state, 2) == 0;
  if (!by_entries) fuzz::mutate(bytes, state);
  if (isolate) isolate_this_process(bytes.size());
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
    if (!isolate) std::printf("input %llu of seed %llu (%s): %s\n", k, seed, target.name.c_str(), error.what());
  }
  return kWrong;
}

/// Outcomes of inputs [begin, end), as far as one child came.
std::string play_batch(const std::vector<fuzz::Target>& targets, Number seed, Number begin, Number end,
                       const Scratch& scratch) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    for (Number k = begin; k < end; ++k) {
      const char outcome = play(targets, seed, k, scratch, true);
      // Some of what isolated() does about a failure happens in the parent: that file is read again alone.
      if (outcome == kWrong || ::write(ends[1], &outcome, 1) != 1) break;
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string out;
  char buffer[kBatch];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  const Number inputs = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2000;
  const Number seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0;
  const Scratch scratch;
  auto targets = fuzz::targets(scratch.folder());
  if (count > 3) std::erase_if(targets, [&](const fuzz::Target& target) { return target.name != arguments[3]; });
  if (targets.empty()) return std::fprintf(stderr, "fuzz_readers: no reader '%s'\n", arguments[3]), 2;

  std::map<std::string, std::map<char, Number>> counts;
  Number wrong = 0;
  for (Number k = 0; k < inputs;) {
    ::alarm(600);  // a hang ends this process
    const Number end = std::min(inputs, k + kBatch);
    std::string outcomes = play_batch(targets, seed, k, end, scratch);
    if (outcomes.size() < end - k) outcomes += play(targets, seed, k + outcomes.size(), scratch, false);
    for (const char outcome : outcomes)
      ++counts[targets[k++ % targets.size()].name][outcome], wrong += outcome == kWrong;
  }
  std::printf("%-12s %10s %10s %24s\n", "reader", "read", "refused", "refused: HDF5 failed");
  for (auto& [name, counted] : counts)
    std::printf("%-12s %10llu %10llu %24llu\n", name.c_str(), counted['r'], counted['f'], counted['c']);
  rusage here{}, children{};
  ::getrusage(RUSAGE_SELF, &here), ::getrusage(RUSAGE_CHILDREN, &children);
  std::printf(
      "%llu inputs, seed %llu: 0 crashes, 0 hangs, %llu wrong; at most %ld MB here, %ld MB in a process that read\n",
      inputs, seed, wrong, here.ru_maxrss / 1024, children.ru_maxrss / 1024);
  return wrong == 0 ? 0 : 1;
}
