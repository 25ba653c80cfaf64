#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rover {

/// The kind that a file of named entries records; all kinds are read alike.
enum class CheckpointKind { checkpoint, model, result, search };

/// Named arrays, numbers and strings; names may hold slashes, which become HDF5 groups. In memory until written.
class Checkpoint {
 public:
  using Shape = std::vector<std::size_t>;
  struct Array {
    std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint64_t>,
                 std::vector<std::uint8_t>>
        data;
    Shape shape;
  };

  /// T: float, double, std::int64_t, std::uint64_t, std::uint8_t. `shape` empty: one dimension.
  template <class T>
  void put(const std::string& name, std::span<const T> data, Shape shape = {});
  template <class T>
  void put(const std::string& name, const std::vector<T>& data, Shape shape = {}) {
    put(name, std::span<const T>(data), std::move(shape));
  }
  void put_number(const std::string& name, double value);
  void put_integer(const std::string& name, std::uint64_t value);
  void put_text(const std::string& name, const std::string& value);

  bool contains(const std::string& name) const;
  /// Throw std::runtime_error when the entry is missing, of another type, or (`size` given) of another size.
  template <class T>
  const std::vector<T>& get(const std::string& name, std::size_t size = static_cast<std::size_t>(-1)) const;
  double number(const std::string& name) const;
  std::uint64_t integer(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::map<std::string, Array>& arrays() const { return arrays_; }
  const std::map<std::string, std::string>& texts() const { return texts_; }

  /// Units and meaning of an entry, as attributes of its data set, for other tools. Not read back, and not compared.
  void describe(const std::string& name, const std::string& units, const std::string& description);

  /// Everything under "prefix/", the prefix removed; and the reverse.
  Checkpoint group(const std::string& prefix) const;
  void put_group(const std::string& prefix, const Checkpoint& group);

  /// Writes a temporary file, fsync, rename, fsync of the folder: `path` holds the old file or the new one, never a
  /// part. Throws std::runtime_error (one sentence with the system's reason) and leaves the old file when it cannot.
  void write(const std::filesystem::path& path, CheckpointKind kind = CheckpointKind::checkpoint) const;
  /// Throws std::runtime_error for a file that is missing, truncated, damaged, not HDF5, of another kind or version.
  static Checkpoint read(const std::filesystem::path& path);

  friend bool operator==(const Checkpoint& a, const Checkpoint& b);  ///< bit for bit

 private:
  std::map<std::string, Array> arrays_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::pair<std::string, std::string>> descriptions_;
};

}  // namespace rover
