// The same readers under libFuzzer (clang): a binary for each, ROVER_FUZZ_READER its name.
#include <cstring>
#include <string>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/readers.h"
#include "tests/storage/scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const rover::Scratch scratch;
  static const auto made = rover::fuzz::targets(scratch.folder());  // makes the recording's folder, too
  rover::fuzz::read(ROVER_FUZZ_READER, std::string(reinterpret_cast<const char*>(data), size), scratch.folder());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  rover::fuzz::mutate(bytes, seed);
  bytes.resize(std::min(bytes.size(), max_size));
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
