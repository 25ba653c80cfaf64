#include "storage/provenance.h"

#include <ctime>
#include <mutex>

#include "core/simd.h"
#include "rover_commit.h"

namespace rover {
namespace {

std::mutex mutex;
std::string given_command, given_date;

}  // namespace

void set_command(const std::string& command) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char date[32];
  const std::size_t size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  const std::lock_guard lock(mutex);
  given_command = command, given_date.assign(date, size);
}

Provenance provenance() {
  const std::lock_guard lock(mutex);
  return {given_command, given_date, ROVER_VERSION, ROVER_COMMIT, simd_target()};
}

}  // namespace rover
