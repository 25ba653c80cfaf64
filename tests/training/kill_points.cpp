// Replaces, in this test program and in HDF5, the system calls that change files. Nothing is synced here: a kill,
// unlike a power cut, does not need it, and the tests are quicker.
#include "tests/training/kill_points.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

namespace {

int operations_left = -1;

void count() {
  if (operations_left == 0) kill(getpid(), SIGKILL);
  if (operations_left > 0) --operations_left;
}

template <class... Args>
auto counted(long number, Args... args) {
  count();
  return syscall(number, args...);
}

}  // namespace

namespace rover {
void die_at_file_operation(int n) { operations_left = n; }
}  // namespace rover

extern "C" {
int fsync(int) {
  count();
  return 0;
}
int rename(const char* from, const char* to) noexcept { return static_cast<int>(counted(SYS_rename, from, to)); }
int unlink(const char* path) noexcept { return static_cast<int>(counted(SYS_unlink, path)); }
int mkdir(const char* path, mode_t mode) noexcept { return static_cast<int>(counted(SYS_mkdir, path, mode)); }
int flock(int file, int operation) noexcept { return static_cast<int>(counted(SYS_flock, file, operation)); }
int ftruncate(int file, off_t size) noexcept { return static_cast<int>(counted(SYS_ftruncate, file, size)); }
int ftruncate64(int file, off64_t size) noexcept { return static_cast<int>(counted(SYS_ftruncate, file, size)); }
ssize_t write(int file, const void* data, size_t size) { return counted(SYS_write, file, data, size); }
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  return counted(SYS_pwrite64, file, data, size, at);
}
ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  return counted(SYS_pwrite64, file, data, size, at);
}
}
