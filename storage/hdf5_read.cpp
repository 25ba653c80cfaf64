#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

#include "core/settings.h"
#include "storage/atomic_file.h"
#include "storage/hdf5.h"

namespace rover::h5 {
namespace {

// Of the file that this thread opened last: its size, and what may still be read of it.
thread_local std::uint64_t file_bytes = 0, budget = 0;

std::string with_article(const std::string& noun) {
  return (std::string_view("aeiou").find(noun[0]) == std::string_view::npos ? "a " : "an ") + noun;
}

/// Access properties with which no link into another file is followed.
Handle no_external_links(hid_t of_class) {
  Handle properties(H5Pcreate(of_class));
  H5Pset_elink_cb(
      properties,
      [](const char*, const char*, const char*, const char*, unsigned*, hid_t, void*) -> herr_t { return -1; },
      nullptr);
  return properties;
}

/// Bytes of an array of this shape; the largest number where they overflow.
std::uint64_t bytes_of(const Shape& shape, std::uint64_t value_bytes) {
  unsigned __int128 bytes = value_bytes;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const std::size_t size : shape)
    if (size == 0) return 0;
  for (const std::size_t size : shape)
    if ((bytes *= size) > most) return most;
  return static_cast<std::uint64_t>(bytes);
}

/// Charges `bytes` that are about to be read to the file's budget.
void take(hid_t id, const std::string& name, std::uint64_t bytes) {
  if (bytes > budget)
    throw std::runtime_error("'" + file_name(id) + "' is damaged: '" + name +
                             "' is larger than a file of its size should hold");
  budget -= bytes;
}

void require(bool ok, hid_t id, const std::string& name) {
  if (!ok) fail_read(id, name);
}

/// Throws unless a data set is stored within this file and unpacks to no more than the file may hold.
void require_storage(hid_t set, const std::string& name, const Shape& shape, std::uint64_t value_bytes) {
  const Handle creation(H5Dget_create_plist(set));
  require(bool(creation), set, name);
  const H5D_layout_t layout = H5Pget_layout(creation);
  require(layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, set, name);
  require(H5Pget_external_count(creation) == 0, set, name);
  if (layout != H5D_CHUNKED) return require(bytes_of(shape, value_bytes) <= file_bytes, set, name);
  hsize_t sizes[H5S_MAX_RANK] = {};
  require(H5Pget_chunk(creation, H5S_MAX_RANK, sizes) == static_cast<int>(shape.size()), set, name);
  const std::uint64_t chunk = bytes_of(Shape(sizes, sizes + shape.size()), value_bytes);
  require(chunk > 0 && chunk <= content_limit(file_bytes), set, name);
  const int filters = H5Pget_nfilters(creation);
  require(filters >= 0 && filters <= 4, set, name);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, &config);
    require(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32, set, name);
  }
}

/// A stored type that converts to `type`: numbers to numbers, whole ones to whole ones; a row of a log to itself.
bool converts(hid_t stored, hid_t type) {
  const H5T_class_t from = H5Tget_class(stored), to = H5Tget_class(type);
  if (to == H5T_COMPOUND) {
    const int members = H5Tget_nmembers(type);
    if (from != H5T_COMPOUND || H5Tget_size(stored) != H5Tget_size(type) || H5Tget_nmembers(stored) != members)
      return false;
    for (int i = 0; i < members; ++i) {
      const auto index = static_cast<unsigned>(i);
      char *stored_name = H5Tget_member_name(stored, index), *name = H5Tget_member_name(type, index);
      const bool same = stored_name != nullptr && name != nullptr && std::string_view(stored_name) == name;
      H5free_memory(stored_name), H5free_memory(name);
      const Handle stored_member(H5Tget_member_type(stored, index)), member(H5Tget_member_type(type, index));
      if (!same || !stored_member || H5Tget_class(member) == H5T_COMPOUND || !converts(stored_member, member))
        return false;
    }
    return true;
  }
  return H5Tget_size(stored) <= 8 && (from == to || (to == H5T_FLOAT && from == H5T_INTEGER));
}

Shape checked_shape(hid_t set, const std::string& name) {
  require(H5Iget_type(set) == H5I_DATASET, set, name);
  Shape shape = shape_of(set);
  require(shape.size() <= kMaxRank, set, name);
  return shape;
}

/// After this, `out` of bytes_of(shape, size of `type`) bytes may be allocated and read into.
Shape admit(hid_t set, hid_t type, const std::string& name) {
  const Shape shape = checked_shape(set, name);
  const Handle stored(H5Dget_type(set));
  require(stored && converts(stored, type), set, name);
  require_storage(set, name, shape, H5Tget_size(stored));
  take(set, name, bytes_of(shape, H5Tget_size(type)));
  return shape;
}

void read_all(hid_t set, hid_t type, void* out, const std::string& name) {
  require(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0, set, name);
}

/// The text that a scalar attribute or data set holds: `read(type, out)` fetches it.
template <class Read>
std::string read_text(hid_t id, hid_t type, hid_t space, const std::string& name, Read&& read) {
  require(type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1, id,
          name);
  if (H5Tis_variable_str(type) > 0) {
    char* held = nullptr;
    require(read(type, &held), id, name);
    const std::string out = held ? held : "";
    H5free_memory(held);
    take(id, name, out.size());
    return out;
  }
  const std::size_t size = H5Tget_size(type);
  require(size > 0 && size <= kMaxText && size <= file_bytes, id, name);
  take(id, name, size);
  std::string out(size, '\0');
  require(read(type, out.data()), id, name);
  if (H5Tget_strpad(type) == H5T_STR_NULLTERM) out.pop_back();
  return out;
}

}  // namespace

Handle open(const std::filesystem::path& path) {
  require_readable(path);
  const Quiet quiet;
  std::error_code ignored;
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  file_bytes = ignored ? 0 : size;
  budget = content_limit(file_bytes);
  const Handle properties = access_properties();
  for (const unsigned flags : {H5F_ACC_RDONLY, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ})
    if (Handle file(H5Fopen(path.c_str(), flags, properties)); file) return file;
  throw std::runtime_error("'" + path.string() + "' is not an HDF5 file or is truncated");
}

Handle open(const std::filesystem::path& path, std::span<const Kind> kinds) {
  const Quiet quiet;
  Handle file = open(path);
  const std::string found = kind_of(file), start = "'" + path.string() + "' is ";
  const auto kind = std::ranges::find_if(kinds, [&](const Kind& one) { return found == one.name; });
  if (kind == kinds.end())
    throw std::runtime_error(start + (found.empty() ? "a foreign HDF5 file" : with_article(found)) + ", not " +
                             with_article(kinds[0].name));
  if (const std::uint64_t version = integer_attribute(file, "rover_format_version"); version != kind->version)
    throw std::runtime_error(start + with_article(found) + " of version " + std::to_string(version) +
                             "; this program reads version " + std::to_string(kind->version));
  return file;
}

std::string kind_of(hid_t file) { return has_attribute(file, "rover_kind") ? text_attribute(file, "rover_kind") : ""; }

bool has_attribute(hid_t object, const std::string& name) { return H5Aexists(object, name.c_str()) > 0; }

std::string text_attribute(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  require(bool(attribute), object, name);
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  return read_text(object, type, space, name, [&](hid_t as, void* out) { return H5Aread(attribute, as, out) >= 0; });
}

std::uint64_t integer_attribute(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  require(bool(attribute), object, name);
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  std::uint64_t value = 0;
  require(type && converts(type, H5T_NATIVE_UINT64) && space && H5Sget_simple_extent_npoints(space) == 1 &&
              H5Aread(attribute, H5T_NATIVE_UINT64, &value) >= 0,
          object, name);
  return value;
}

std::vector<std::string> attribute_names(hid_t object) {
  const Quiet quiet;
  std::vector<std::string> out;
  for (hsize_t i = 0; i < kMaxObjects; ++i) {
    const Handle attribute(H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT));
    if (!attribute) break;
    const ssize_t length = H5Aget_name(attribute, 0, nullptr);
    require(length >= 0 && length <= static_cast<ssize_t>(kMaxName), object, "attributes");
    std::string name(static_cast<std::size_t>(length), '\0');
    H5Aget_name(attribute, name.size() + 1, name.data());
    out.push_back(std::move(name));
  }
  return out;
}

std::optional<std::string> setting(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  require(bool(attribute), object, name);
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  require(type && space, object, name);
  if (H5Sget_simple_extent_npoints(space) != 1) return std::nullopt;
  const auto read = [&](hid_t as, void* out) { require(H5Aread(attribute, as, out) >= 0, object, name); };
  if (H5Tget_class(type) == H5T_STRING) return text_attribute(object, name);
  if (converts(type, H5T_NATIVE_UINT64)) {
    std::uint64_t value = 0;
    const bool is_unsigned = H5Tget_sign(type) == H5T_SGN_NONE;
    read(is_unsigned ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, &value);
    return is_unsigned ? std::to_string(value) : std::to_string(static_cast<std::int64_t>(value));
  }
  if (converts(type, H5T_NATIVE_DOUBLE)) {
    double value = 0;
    read(H5T_NATIVE_DOUBLE, &value);
    return rover::detail::to_text(value);
  }
  const Handle boolean = boolean_type();
  if (H5Tequal(type, boolean) > 0) {
    std::int8_t value = 0;
    read(boolean, &value);
    return value != 0 ? "true" : "false";
  }
  return std::nullopt;
}

Texts texts(hid_t object) {
  Texts out;
  for (const std::string& name : attribute_names(object)) {
    if (name.starts_with("rover_") || name == "description" || name == "units") continue;
    if (const auto value = setting(object, name)) out[name] = *value;
  }
  return out;
}

Provenance origin(hid_t file) {
  const auto text = [&](const char* name) { return has_attribute(file, name) ? text_attribute(file, name) : ""; };
  return {text("rover_command"), text("rover_date"), text("rover_version"), text("rover_commit"),
          text("rover_simd_target")};
}

template <class T>
std::vector<T> array(hid_t set, const std::string& name, Shape& shape) {
  shape = admit(set, native_type<T>(), name);
  std::vector<T> out(count(shape));
  if (!out.empty()) read_all(set, native_type<T>(), out.data(), name);
  return out;
}
template std::vector<float> array<float>(hid_t, const std::string&, Shape&);
template std::vector<double> array<double>(hid_t, const std::string&, Shape&);
template std::vector<std::uint8_t> array<std::uint8_t>(hid_t, const std::string&, Shape&);
template std::vector<std::int64_t> array<std::int64_t>(hid_t, const std::string&, Shape&);
template std::vector<std::uint64_t> array<std::uint64_t>(hid_t, const std::string&, Shape&);

std::vector<std::uint8_t> flags(hid_t group, const std::string& name) {
  const Handle set = open_data_set(group, name), stored(H5Dget_type(set));
  const bool boolean = stored && H5Tget_class(stored) == H5T_ENUM;
  const Handle type = boolean ? boolean_type() : Handle(H5Tcopy(H5T_NATIVE_UINT8));
  const Shape shape = admit(set, type, name);
  require(shape.size() == 1, set, name);
  std::vector<std::uint8_t> out(shape[0]);
  if (!out.empty()) read_all(set, type, out.data(), name);
  return out;
}

std::string text(hid_t set, const std::string& name) {
  const Shape shape = checked_shape(set, name);
  const Handle type(H5Dget_type(set)), space(H5Dget_space(set));
  require(type && shape.empty(), set, name);
  require_storage(set, name, shape, H5Tget_size(type));
  return read_text(set, type, space, name,
                   [&](hid_t as, void* out) { return H5Dread(set, as, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0; });
}

std::vector<std::string> strings(hid_t group, const std::string& name) {
  const Handle set = open_data_set(group, name), type(H5Dget_type(set));
  const Shape shape = checked_shape(set, name);
  require(type && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && shape.size() == 1, set, name);
  const std::size_t width = H5Tget_size(type), rows = shape[0];
  require_storage(set, name, shape, width);
  take(set, name, bytes_of(shape, width + sizeof(std::string)));
  std::string cells(width * rows, '\0');
  if (rows > 0) read_all(set, type, cells.data(), name);
  std::vector<std::string> out(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string_view cell = std::string_view(cells).substr(i * width, width);
    out[i] = cell.substr(0, cell.find('\0'));
  }
  return out;
}

std::uint64_t row_count(hid_t set, hid_t type, const Shape& row_shape, const std::string& name) {
  const Shape shape = checked_shape(set, name);
  require(shape.size() == row_shape.size() + 1 && std::equal(row_shape.begin(), row_shape.end(), shape.begin() + 1),
          set, name);
  const Handle stored(H5Dget_type(set));
  require(stored && converts(stored, type), set, name);
  require_storage(set, name, shape, H5Tget_size(stored));
  require(bytes_of(shape, H5Tget_size(type)) <= content_limit(file_bytes), set, name);
  return shape[0];
}

void read_rows(hid_t set, hid_t type, hsize_t first, hsize_t rows, void* out, const std::string& name) {
  if (rows == 0) return;
  Shape shape = shape_of(set);
  require(!shape.empty() && first + rows <= shape[0], set, name);
  shape[0] = rows;
  take(set, name, bytes_of(shape, H5Tget_size(type)));
  Handle in_file, in_memory;
  require(select_rows(set, first, rows, in_file, in_memory) &&
              H5Dread(set, type, in_memory, in_file, H5P_DEFAULT, out) >= 0,
          set, name);
}

Handle open_data_set(hid_t group, const std::string& name) {
  const Handle properties = no_external_links(H5P_DATASET_ACCESS);
  Handle set(H5Dopen2(group, name.c_str(), properties));
  require(bool(set), group, name);
  return set;
}

Handle open_object(hid_t group, const std::string& name) {
  const Handle properties = no_external_links(H5P_LINK_ACCESS);
  Handle object(H5Oopen(group, name.c_str(), properties));
  require(bool(object), group, name);
  return object;
}

Shape shape_of(hid_t data_set) {
  const Handle space(H5Dget_space(data_set));
  const int rank = space ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0 || rank > H5S_MAX_RANK || H5Sget_simple_extent_type(space) == H5S_NULL) fail_read(data_set, "shape");
  std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return Shape(sizes.begin(), sizes.end());
}

namespace {

struct Link {
  std::string name, address;
};

/// The hard links of a group, sorted by name.
std::vector<Link> children(hid_t group) {
  std::vector<Link> out;
  H5G_info_t info;
  require(H5Gget_info(group, &info) >= 0 && info.nlinks <= kMaxObjects, group, "group");
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    require(length >= 0 && length <= static_cast<ssize_t>(kMaxName), group, "group");
    std::string name(static_cast<std::size_t>(length), '\0');
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1, H5P_DEFAULT);
    H5L_info_t link{};
    if (H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD)
      out.push_back({std::move(name), std::string(reinterpret_cast<const char*>(&link.u), sizeof link.u)});
  }
  return out;
}

}  // namespace

void for_each_data_set(hid_t group, const std::function<void(const std::string&, hid_t)>& visit) {
  struct Level {
    Handle object;
    hid_t id;
    std::string prefix;
    std::vector<Link> links;
    std::size_t next = 0;
  };
  std::set<std::string> seen;  // the groups of a foreign file may form a ring
  std::vector<Level> levels;   // from `group` down to where the walk is
  std::size_t objects = 0;
  levels.push_back({Handle(), group, "", children(group)});
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.links.size()) {
      levels.pop_back();
      continue;
    }
    const Link& link = level.links[level.next++];
    const std::string name = level.prefix + link.name;
    require(++objects <= kMaxObjects, group, name);
    Handle object = open_object(level.id, link.name);
    if (H5Iget_type(object) == H5I_DATASET) {
      visit(name, object);
    } else if (H5Iget_type(object) == H5I_GROUP && seen.insert(link.address).second) {
      if (levels.size() == kMaxDepth)
        throw std::runtime_error("'" + file_name(group) + "' nests groups deeper than " + std::to_string(kMaxDepth));
      const hid_t id = object;
      std::vector<Link> links = children(id);
      levels.push_back({std::move(object), id, name + "/", std::move(links)});
    }
  }
}

}  // namespace rover::h5
