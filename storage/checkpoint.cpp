#include "storage/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "storage/hdf5.h"

namespace rover {
namespace {

constexpr h5::Kind kKinds[] = {h5::kCheckpoint, h5::kModel, h5::kResult, h5::kSearch};

template <class T>
constexpr const char* kTypeName = "";
template <>
constexpr const char* kTypeName<float> = "float";
template <>
constexpr const char* kTypeName<double> = "double";
template <>
constexpr const char* kTypeName<std::int64_t> = "int64";
template <>
constexpr const char* kTypeName<std::uint64_t> = "uint64";
template <>
constexpr const char* kTypeName<std::uint8_t> = "uint8";

template <class Vector>
using Element = typename std::decay_t<Vector>::value_type;

/// 64 bits over names, types, shapes and bytes. Eight bytes a round (FNV-1a with a word for its byte, and a shift so
/// that high bits reach low ones): it detects damage, it is no signature.
class Hash {
 public:
  void bytes(const void* data, std::size_t size) {
    word(size);
    const auto* at = static_cast<const unsigned char*>(data);
    for (; size >= 8; at += 8, size -= 8) {
      std::uint64_t value;
      std::memcpy(&value, at, 8);
      word(value);
    }
    std::uint64_t rest = 0;
    if (size > 0) std::memcpy(&rest, at, size), word(rest);
  }
  void text(const std::string& value) { bytes(value.data(), value.size()); }
  void word(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x100000001b3ull;
    state_ = (state_ ^ (state_ >> 32)) * 0x9e3779b97f4a7c15ull;
  }
  std::uint64_t value() const { return state_ ^ (state_ >> 29); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

std::uint64_t content_hash(const std::map<std::string, Checkpoint::Array>& arrays,
                           const std::map<std::string, std::string>& texts) {
  Hash hash;
  for (const auto& [name, array] : arrays) {
    hash.text(name);
    hash.word(array.data.index());
    for (const std::size_t size : array.shape) hash.word(size);
    std::visit([&](const auto& data) { hash.bytes(data.data(), data.size() * sizeof(Element<decltype(data)>)); },
               array.data);
  }
  for (const auto& [name, text] : texts) hash.text(name), hash.text(text);
  return hash.value();
}

void require_name(const std::string& name) {
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const auto part = std::string_view(name).substr(at, end - at);
    if (part.empty() || part == "." || part.find('\0') != part.npos)
      throw std::invalid_argument("'" + name + "' cannot name a checkpoint entry");
    at = end + 1;
  }
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same_bits(const Checkpoint::Array& a, const Checkpoint::Array& b) {
  return a.shape == b.shape && a.data.index() == b.data.index() &&
         std::visit([&](const auto& data) { return same_bits(data, std::get<std::decay_t<decltype(data)>>(b.data)); },
                    a.data);
}

template <class T>
void store(std::map<std::string, Checkpoint::Array>& arrays, const std::string& name, std::span<const T> data,
           Checkpoint::Shape shape) {
  arrays[name] = {std::vector<T>(data.begin(), data.end()), std::move(shape)};
}

template <class T>
Checkpoint::Array read_as(hid_t set, const std::string& name) {
  Checkpoint::Array out;
  out.data = h5::array<T>(set, name, out.shape);
  return out;
}

Checkpoint::Array read_array(hid_t set, hid_t type, const std::string& name) {
  const auto kind = H5Tget_class(type);
  const std::size_t bytes = H5Tget_size(type);
  if (kind == H5T_FLOAT && bytes == 4) return read_as<float>(set, name);
  if (kind == H5T_FLOAT && bytes == 8) return read_as<double>(set, name);
  if (kind == H5T_INTEGER && bytes == 1) return read_as<std::uint8_t>(set, name);
  if (kind == H5T_INTEGER && bytes == 8)
    return H5Tget_sign(type) == H5T_SGN_NONE ? read_as<std::uint64_t>(set, name) : read_as<std::int64_t>(set, name);
  h5::fail_read(set, name);
}

}  // namespace

template <class T>
void Checkpoint::put(const std::string& name, std::span<const T> data, Shape shape) {
  require_name(name);
  if (shape.empty()) shape = {data.size()};
  if (h5::count(shape) != data.size())
    throw std::invalid_argument("entry '" + name + "' does not have the size of its shape");
  store(arrays_, name, data, std::move(shape));
  texts_.erase(name);
}

void Checkpoint::put_number(const std::string& name, double value) {
  put(name, std::span<const double>(&value, 1));
  arrays_[name].shape.clear();  // a scalar
}

void Checkpoint::put_integer(const std::string& name, std::uint64_t value) {
  put(name, std::span<const std::uint64_t>(&value, 1));
  arrays_[name].shape.clear();
}

void Checkpoint::put_text(const std::string& name, const std::string& value) {
  require_name(name);
  texts_[name] = value;
  arrays_.erase(name);
}

bool Checkpoint::contains(const std::string& name) const { return arrays_.contains(name) || texts_.contains(name); }

template <class T>
const std::vector<T>& Checkpoint::get(const std::string& name, std::size_t size) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end())
    throw std::runtime_error(texts_.contains(name) ? "checkpoint entry '" + name + "' holds text, not " + kTypeName<T>
                                                   : "the checkpoint has no entry '" + name + "'");
  const auto* data = std::get_if<std::vector<T>>(&found->second.data);
  if (!data)
    throw std::runtime_error(
        "checkpoint entry '" + name + "' holds " +
        std::visit([](const auto& other) { return std::string(kTypeName<Element<decltype(other)>>); },
                   found->second.data) +
        ", not " + kTypeName<T>);
  if (size != static_cast<std::size_t>(-1) && data->size() != size)
    throw std::runtime_error("checkpoint entry '" + name + "' holds " + std::to_string(data->size()) + " values, not " +
                             std::to_string(size));
  return *data;
}

#define ROVER_CHECKPOINT_TYPE(T)                                                   \
  template void Checkpoint::put<T>(const std::string&, std::span<const T>, Shape); \
  template const std::vector<T>& Checkpoint::get<T>(const std::string&, std::size_t) const;
ROVER_CHECKPOINT_TYPE(float)
ROVER_CHECKPOINT_TYPE(double)
ROVER_CHECKPOINT_TYPE(std::int64_t)
ROVER_CHECKPOINT_TYPE(std::uint64_t)
ROVER_CHECKPOINT_TYPE(std::uint8_t)
#undef ROVER_CHECKPOINT_TYPE

double Checkpoint::number(const std::string& name) const { return get<double>(name, 1)[0]; }
std::uint64_t Checkpoint::integer(const std::string& name) const { return get<std::uint64_t>(name, 1)[0]; }

const std::string& Checkpoint::text(const std::string& name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end())
    throw std::runtime_error(arrays_.contains(name) ? "checkpoint entry '" + name + "' holds no text"
                                                    : "the checkpoint has no entry '" + name + "'");
  return found->second;
}

Checkpoint Checkpoint::group(const std::string& prefix) const {
  const std::string start = prefix + "/";
  Checkpoint out;
  for (auto it = arrays_.lower_bound(start); it != arrays_.end() && it->first.starts_with(start); ++it)
    out.arrays_[it->first.substr(start.size())] = it->second;
  for (auto it = texts_.lower_bound(start); it != texts_.end() && it->first.starts_with(start); ++it)
    out.texts_[it->first.substr(start.size())] = it->second;
  return out;
}

void Checkpoint::put_group(const std::string& prefix, const Checkpoint& group) {
  require_name(prefix);
  for (const auto& [name, array] : group.arrays_)
    arrays_[prefix + "/" + name] = array, texts_.erase(prefix + "/" + name);
  for (const auto& [name, text] : group.texts_) put_text(prefix + "/" + name, text);
}

bool operator==(const Checkpoint& a, const Checkpoint& b) {
  return a.texts_ == b.texts_ &&
         std::equal(a.arrays_.begin(), a.arrays_.end(), b.arrays_.begin(), b.arrays_.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); });
}

void Checkpoint::describe(const std::string& name, const std::string& units, const std::string& description) {
  descriptions_[name] = {units, description};
}

void Checkpoint::write(const std::filesystem::path& path, CheckpointKind kind) const {
  const h5::Quiet quiet;
  std::size_t bytes = 0;
  for (const auto& [name, array] : arrays_)
    bytes += 512 + name.size() +
             std::visit([](const auto& data) { return data.size() * sizeof(Element<decltype(data)>); }, array.data);
  for (const auto& [name, text] : texts_) bytes += 512 + name.size() + text.size();
  const auto about = [&](const std::string& name) {
    const auto found = descriptions_.find(name);
    return found == descriptions_.end() ? h5::About{} : h5::About{found->second.first, found->second.second};
  };
  const h5::Handle file = h5::create_in_memory(kKinds[static_cast<std::size_t>(kind)], bytes);
  h5::put_attribute(file, "rover_content_hash", content_hash(arrays_, texts_));
  for (const auto& [name, array] : arrays_)
    std::visit(
        [&](const auto& data) {
          h5::put_array<Element<decltype(data)>>(file, name, data, array.shape, false, about(name));
        },
        array.data);
  for (const auto& [name, text] : texts_)
    h5::put_array(file, name, h5::text_type(text.size()), text.c_str(), {}, false, about(name));
  h5::save(file, path);
}

static void transfer(Wire& wire, Checkpoint::Array& array) { wire(array.data, array.shape); }

namespace {

/// A checkpoint's parts, as the process that read the file sends them.
struct Parts {
  std::map<std::string, Checkpoint::Array> arrays;
  std::map<std::string, std::string> texts;
};
void transfer(Wire& wire, Parts& parts) { wire(parts.arrays, parts.texts); }

Parts read_parts(const std::filesystem::path& path) {
  const h5::Quiet quiet;
  const h5::Handle file = h5::open(path, kKinds);
  Parts out;
  h5::for_each_data_set(file, [&](const std::string& name, hid_t set) {
    const h5::Handle type(H5Dget_type(set));
    if (type && H5Tget_class(type) == H5T_STRING) out.texts[name] = h5::text(set, name);
    else out.arrays[name] = read_array(set, type, name);
  });
  if (h5::integer_attribute(file, "rover_content_hash") != content_hash(out.arrays, out.texts))
    throw std::runtime_error("'" + path.string() + "' is damaged: its content does not match its hash");
  return out;
}

}  // namespace

Checkpoint Checkpoint::read(const std::filesystem::path& path) {
  Parts parts = isolated(path, [&] { return read_parts(path); });
  Checkpoint out;
  out.arrays_ = std::move(parts.arrays), out.texts_ = std::move(parts.texts);
  for (const auto& [name, array] : out.arrays_)
    if (h5::count(array.shape) != std::visit([](const auto& data) { return data.size(); }, array.data))
      throw std::runtime_error("'" + path.string() + "' is damaged: cannot read '" + name + "'");
  return out;
}

}  // namespace rover
