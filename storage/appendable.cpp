#include "storage/appendable.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "storage/atomic_file.h"

namespace rover::h5 {
namespace {

constexpr std::size_t kReserveStep = 1u << 20, kMetadata = 1u << 16;

int descriptor_of(hid_t file) {  // of a file on disk
  int* descriptor = nullptr;
  return H5Fget_vfd_handle(file, H5P_DEFAULT, reinterpret_cast<void**>(&descriptor)) < 0 ? -1 : *descriptor;
}

/// Reserves disk blocks for [begin, end) and leaves the file's length as it is. Returns 0 or errno (disk full, quota,
/// the process's limit); 0 also where the file system cannot reserve.
int allocate(int descriptor, std::size_t begin, std::size_t end) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && end > limit.rlim_cur) return EFBIG;
#ifdef FALLOC_FL_KEEP_SIZE
  while (::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin), static_cast<off_t>(end - begin)) != 0)
    if (errno != EINTR) return errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
#endif
  return 0;
}

}  // namespace

GrowingFile::GrowingFile(const Kind& kind, const std::filesystem::path& path)
    : path_(path), temporary_(temporary_path(path)), file_(create_in_memory(kind, 0, true)) {}

GrowingFile::~GrowingFile() {
  const int descriptor = reserved_ > 0 ? ::dup(descriptor_of(file_)) : -1;
  file_.close();
  struct stat status {};
  if (descriptor >= 0) {  // gives back what was reserved behind the end
    if (::fstat(descriptor, &status) == 0 && ::ftruncate(descriptor, status.st_size) != 0) errno = 0;
    ::close(descriptor);
  }
  if (!published_) ::unlink(temporary_.c_str());
}

void GrowingFile::add(const std::string& name, hid_t type, const Shape& row_shape, hsize_t chunk_rows, const void* fill,
                      bool compress, const About& about) {
  std::vector<hsize_t> size{0}, limit{H5S_UNLIMITED}, chunk{chunk_rows};
  for (const std::size_t n : row_shape) size.push_back(n), limit.push_back(n), chunk.push_back(n);
  const Handle space(H5Screate_simple(static_cast<int>(size.size()), size.data(), limit.data()));
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(creation, false);
  make_parents(file_, name);
  H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
  if (fill) H5Pset_fill_value(creation, type, fill);
  if (compress) H5Pset_shuffle(creation), H5Pset_deflate(creation, 1);
  const Handle set(H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  if (!set) throw std::runtime_error("'" + name + "' cannot name a data set: " + failure_reason());
  put_about(set, about);
}

void GrowingFile::start() {
  file_ = save_for_appending(file_, temporary_, path_);
  reserve(0);
}

void GrowingFile::reserve(std::size_t bytes) {
  hsize_t size = 0;
  if (H5Fget_filesize(file_, &size) < 0) fail_write(path_);
  const std::size_t needed = size + bytes + size / 32 + kMetadata;  // a chunk index grows with the file
  if (needed <= reserved_) return;
  const std::size_t begin = reserved_ ? reserved_ : static_cast<std::size_t>(size);
  std::size_t end = needed + kReserveStep;
  if (allocate(descriptor_of(file_), begin, end) != 0) {
    end = needed;
    if (const int error = allocate(descriptor_of(file_), begin, end))
      throw std::runtime_error("cannot write '" + path_.string() + "': " + system_reason(error));
  }
  reserved_ = end;
}

void GrowingFile::publish() {
  if (H5Fflush(file_, H5F_SCOPE_GLOBAL) < 0) fail_write(path_);
  publish_file(descriptor_of(file_), temporary_, path_);
  published_ = true;
}

void append(const std::filesystem::path& path, hid_t data_set, hid_t type, hsize_t written, hsize_t rows,
            const void* data) {
  if (rows == 0) return;
  std::vector<hsize_t> size;
  for (const std::size_t n : shape_of(data_set)) size.push_back(n);
  size[0] = written + rows;
  Handle in_file, in_memory;
  if (H5Dset_extent(data_set, size.data()) < 0 || !select_rows(data_set, written, rows, in_file, in_memory) ||
      H5Dwrite(data_set, type, in_memory, in_file, H5P_DEFAULT, data) < 0 || H5Dflush(data_set) < 0)
    fail_write(path);
}

namespace {
std::vector<hsize_t> chunk_of(hid_t data_set) {
  const Handle creation(H5Dget_create_plist(data_set));
  std::vector<hsize_t> chunk(shape_of(data_set).size());
  if (!creation || H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()) < 0)
    fail_read(data_set, "chunks");
  return chunk;
}
}  // namespace

void copy_chunks(const std::filesystem::path& path, hid_t from, hid_t to, hsize_t chunks, std::string_view name) {
  const std::vector<hsize_t> chunk = chunk_of(from);
  const Shape shape = shape_of(from);
  std::vector<hsize_t> offset(chunk.size(), 0), size(shape.begin(), shape.end());
  size[0] = chunks * chunk[0];
  if (chunk != chunk_of(to) || size[0] > shape[0]) fail_read(from, name);
  if (chunks > 0 && H5Dset_extent(to, size.data()) < 0) fail_write(path);
  std::vector<std::byte> bytes;
  for (hsize_t i = 0; i < chunks; ++i) {
    offset[0] = i * chunk[0];
    hsize_t stored = 0;
    std::uint32_t filters = 0;
    if (H5Dget_chunk_storage_size(from, offset.data(), &stored) < 0 || stored == 0) fail_read(from, name);
    bytes.resize(stored);
    if (H5Dread_chunk(from, H5P_DEFAULT, offset.data(), &filters, bytes.data()) < 0) fail_read(from, name);
    if (H5Dwrite_chunk(to, H5P_DEFAULT, filters, offset.data(), stored, bytes.data()) < 0) fail_write(path);
  }
  if (H5Dflush(to) < 0) fail_write(path);
}

std::size_t append_bytes(hid_t data_set, hsize_t rows) {
  if (rows == 0) return 0;
  const Handle type(H5Dget_type(data_set));
  const std::vector<hsize_t> chunk = chunk_of(data_set);
  std::size_t bytes = H5Tget_size(type);
  for (const hsize_t n : chunk) bytes *= n;
  return (rows / chunk[0] + 2) * (bytes + 256);  // the first and the last chunk may be shared with other rows
}

}  // namespace rover::h5
