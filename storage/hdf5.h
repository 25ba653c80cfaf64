#pragma once
// Thin helpers over HDF5's C interface, for the files of storage/ only: no header outside includes this one.
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "storage/isolated.h"
#include "storage/provenance.h"

namespace rover::h5 {

using Shape = std::vector<std::size_t>;
using Texts = std::map<std::string, std::string>;

/// What a file holds and how: the root attributes `rover_kind`, `rover_format_version` and `description`.
struct Kind {
  const char* name;  ///< "run log"
  std::uint64_t version;
  bool dated;  ///< also records command and date (storage/provenance.h)
  const char* description;
};
inline constexpr Kind kCheckpoint{
    "checkpoint", 1, false,
    "all that a training needs to go on: steps, its settings (config/), its trainer's state (trainer/)"},
    kModel{"model", 1, false,
           "what an agent needs to walk: networks, their options, the settings they were trained with"},
    kResult{"result", 1, true, "numbers of a study"},
    kSearch{"search", 1, false, "a search in progress: its options, and the values that it was told"},
    kRunLog{"run log", 1, true, "the metrics of a training: a series of (step, value) each, below /series"},
    kEpisodes{"episode file", 1, false, "recorded episodes in Minari's layout"},
    kDataSet{"data set", 1, false, "imitation data: grids, and the directions that a teacher took from their middle"},
    kEvaluation{"evaluation", 1, true,
                "the best value found by each agent on each function from each start: a row a curve, whose points are "
                "entries offset[i] to offset[i + 1] - 1 of iterations, evaluations and best_value"};

/// The attributes `units` and `description` of a data set; none where both are empty.
struct About {
  std::string units, description;
};

/// Keeps HDF5 from printing its error stack (the setting is a thread's own) while in scope, and other threads of
/// storage/ out of HDF5.
class Quiet {
 public:
  Quiet() {
    // HDF5's clean-up at exit prints pages about what it lost in a damaged file; every file here is closed by its
    // Handle.
    [[maybe_unused]] static const herr_t no_clean_up = H5dont_atexit();
    // A file can name filters; none is loaded for it.
    [[maybe_unused]] static const herr_t no_plugins = H5PLset_loading_state(0);
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

 private:
  Hdf5Lock lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// Owns an HDF5 identifier; closes whatever it is.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() { close(); }
  bool close();  ///< false when HDF5 could not (a full disk)
  operator hid_t() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

/// The system's reason in HDF5's error stack of this thread ("no space left on device"), or HDF5's own. Call right
/// after the failure.
std::string failure_reason();
/// Throw std::runtime_error: "cannot write '…': <failure_reason>" and "'…' is damaged: cannot read '…'" (the file of
/// `id`).
std::string file_name(hid_t id);
[[noreturn]] void fail_write(const std::filesystem::path& path);
[[noreturn]] void fail_read(hid_t id, std::string_view name);

/// A file in memory: nothing can fail on the way, and write_file puts it on disk in one piece. `expected_bytes`: of
/// content, so that it need not grow often. `appendable`: in the newer format that SWMR needs.
Handle create_in_memory(const Kind& kind, std::size_t expected_bytes, bool appendable = false);
std::size_t size_in_memory(hid_t file_in_memory);
void save(hid_t file_in_memory, const std::filesystem::path& path);
/// For an appendable file: to `temporary`, opened there for writing under SWMR. Errors name `path`, which it will
/// become.
Handle save_for_appending(hid_t file_in_memory, const std::filesystem::path& temporary,
                          const std::filesystem::path& path);

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  else if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  else if constexpr (std::is_same_v<T, std::int8_t>) return H5T_NATIVE_INT8;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
  else if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  else if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
}

Handle text_type(std::size_t length);  ///< fixed length, NUL-terminated, UTF-8
Handle boolean_type();                 ///< as h5py writes bool: enum {FALSE, TRUE} of int8

/// Variable-length UTF-8, so that h5py gives a str.
void put_attribute(hid_t object, const std::string& name, const std::string& text);
void put_attribute(hid_t object, const std::string& name, std::uint64_t value);
/// Settings: what reads as a whole number, a real number or true and false becomes one, anything else text.
void put_texts(hid_t object, const Texts& texts);

/// Creates the groups on the way to `name`, without times: equal contents make equal bytes.
void make_parents(hid_t group, const std::string& name);
/// Groups on the way are created. `shape` empty: a scalar. `compress`: chunked, shuffle + gzip 1.
void put_array(hid_t group, const std::string& name, hid_t type, const void* data, const Shape& shape,
               bool compress = false, const About& about = {});
template <class T>
void put_array(hid_t group, const std::string& name, std::span<const T> data, const Shape& shape, bool compress = false,
               const About& about = {}) {
  put_array(group, name, native_type<T>(), data.data(), shape, compress, about);
}
void put_strings(hid_t group, const std::string& name, const std::vector<std::string>& values, const About& about = {});
void put_about(hid_t data_set, const About& about);
/// A group without times.
Handle make_group(hid_t parent, const std::string& name);
/// Command and date of another file, in place of this process's.
void put_origin(hid_t file, const Provenance& origin);
std::size_t count(const Shape& shape);
Shape shape_of(hid_t data_set);
Handle open_data_set(hid_t group, const std::string& name);
Handle open_object(hid_t group, const std::string& name);
/// Selects rows [first, first + rows) of the file's space; the memory's space of the same shape.
bool select_rows(hid_t data_set, hsize_t first, hsize_t rows, Handle& in_file, Handle& in_memory);
/// File access as every file here has it.
Handle access_properties();

// Reading (hdf5_read.cpp). A file may be anything: kind of object, class of type, rank, extent and size are checked
// before memory is taken. A data set holds at most what the file has room for, or, compressed, content_limit(); all
// that is read of a file after open() holds at most content_limit() as well. Filters other than deflate, shuffle and
// fletcher32, external and virtual storage, and links into other files are refused. Everything throws
// std::runtime_error. The readers call it in isolated() alone, because HDF5 itself is not safe.

/// Opens for reading, also a file that is being written under SWMR or whose SWMR writer was killed.
Handle open(const std::filesystem::path& path);
/// The same, for some kinds only; errors name the first.
Handle open(const std::filesystem::path& path, std::span<const Kind> kinds);
inline Handle open(const std::filesystem::path& path, const Kind& kind) { return open(path, std::span(&kind, 1)); }
/// Its `rover_kind`, or "" for a foreign file.
std::string kind_of(hid_t file);

constexpr std::size_t kMaxRank = 8, kMaxDepth = 32, kMaxObjects = 100'000, kMaxName = 4096, kMaxText = 1u << 24;

bool has_attribute(hid_t object, const std::string& name);
std::string text_attribute(hid_t object, const std::string& name);
std::uint64_t integer_attribute(hid_t object, const std::string& name);
std::vector<std::string> attribute_names(hid_t object);
/// An attribute that holds one text, number or boolean, as put_texts would take it; empty for others.
std::optional<std::string> setting(hid_t object, const std::string& name);
/// Every such attribute but `rover_…`, `description` and `units`.
Texts texts(hid_t object);
/// What the file records of its making; empty texts where it does not.
Provenance origin(hid_t file);

/// All of a data set of numbers; `rank`: what it must have.
template <class T>
std::vector<T> array(hid_t data_set, const std::string& name, Shape& shape);
template <class T>
std::vector<T> array(hid_t group, const std::string& name, std::size_t rank = 1) {
  const Handle set = open_data_set(group, name);
  Shape shape;
  std::vector<T> out = array<T>(set, name, shape);
  if (shape.size() != rank) fail_read(group, name);
  return out;
}
/// Numbers or booleans (h5py's enum) of rank 1.
std::vector<std::uint8_t> flags(hid_t group, const std::string& name);
std::string text(hid_t data_set, const std::string& name);  ///< a scalar
std::vector<std::string> strings(hid_t group, const std::string& name);

/// The rows of a data set [rows, row_shape…] whose values are of the class of `type`.
std::uint64_t row_count(hid_t data_set, hid_t type, const Shape& row_shape, const std::string& name);
/// Rows [first, first + rows) into `out`, after row_count().
void read_rows(hid_t data_set, hid_t type, hsize_t first, hsize_t rows, void* out, const std::string& name);

/// Every data set below `group`, by its path from there, in the order of names; of several paths to a group only one is
/// gone.
void for_each_data_set(hid_t group, const std::function<void(const std::string&, hid_t)>& visit);

}  // namespace rover::h5
