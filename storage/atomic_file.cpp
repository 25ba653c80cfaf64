#include "storage/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace rover {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestText = std::size_t{1} << 28;  ///< of a text file; reading a device may never end

[[noreturn]] void fail(const char* verb, const fs::path& path, int error_number) {
  const bool folder_missing = error_number == ENOENT && std::string_view(verb) == "write";
  throw std::runtime_error(std::string("cannot ") + verb + " '" + path.string() +
                           "': " + (folder_missing ? "no such folder" : system_reason(error_number)));
}

class Descriptor {
 public:
  explicit Descriptor(int id) : id_(id) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int close() { return id_ < 0 ? 0 : ::close(std::exchange(id_, -1)); }
  operator int() const { return id_; }

 private:
  int id_;
};

int write_all(int descriptor, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t n = ::write(descriptor, content.data(), std::min<std::size_t>(content.size(), 1u << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

int sync(int descriptor) {  // no error where fsync is not supported: pipes, some file systems
  return ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
}

int rename_and_sync(const fs::path& temporary, const fs::path& path) {
  if (::rename(temporary.c_str(), path.c_str()) != 0) return errno;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened >= 0) (void)sync(opened);  // a folder that cannot be read is no error: the rename has happened
  return 0;
}

}  // namespace

std::string system_reason(int error_number) {
  if (error_number == ENOENT) return "no such file";
  std::string reason = std::generic_category().message(error_number);
  if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])))
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return reason;
}

fs::path resolved_path(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  const fs::path target = fs::weakly_canonical(path, ignored);
  return ignored ? path : target;
}

fs::path temporary_path(const fs::path& path) {
  fs::path temporary = resolved_path(path);
  return temporary += ".tmp";
}

void write_temporary(const fs::path& temporary, const fs::path& path, std::span<const std::byte> content) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) fail("write", path, EISDIR);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file < 0) fail("write", path, errno);
  int error = write_all(file, content);
  if (!error) error = sync(file);
  if (file.close() != 0 && !error) error = errno;
  if (error) {
    ::unlink(temporary.c_str());
    fail("write", path, error);
  }
}

void write_file(const fs::path& path, std::span<const std::byte> content) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // /dev/stdout: replacing it would destroy it
    if (device < 0) fail("write", path, errno);
    if (const int error = write_all(device, content)) fail("write", path, error);
    return;
  }
  const fs::path temporary = temporary_path(path);
  write_temporary(temporary, path, content);
  if (const int error = rename_and_sync(temporary, resolved_path(path))) {
    ::unlink(temporary.c_str());
    fail("write", path, error);
  }
}

void write_file(const fs::path& path, std::string_view content) {
  write_file(path, std::as_bytes(std::span(content.data(), content.size())));
}

void publish_file(int descriptor, const fs::path& temporary, const fs::path& path) {
  int error = sync(descriptor);
  if (!error) error = rename_and_sync(temporary, resolved_path(path));
  if (error) {
    ::unlink(temporary.c_str());
    fail("write", path, error);
  }
}

std::string read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file < 0) fail("open", path, errno);
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    if (n == 0) return content;
    if (content.size() > kLargestText)
      throw std::runtime_error("'" + path.string() + "' is too large to be read whole");
    content.append(buffer, static_cast<std::size_t>(n));
  }
}

void require_readable(const fs::path& path) {
  struct stat status {};
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file < 0 || ::fstat(file, &status) != 0) fail("open", path, errno);
  if (S_ISDIR(status.st_mode)) fail("open", path, EISDIR);
  if (!S_ISREG(status.st_mode)) throw std::runtime_error("cannot open '" + path.string() + "': is no regular file");
}

}  // namespace rover
