#include "storage/hdf5.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <new>
#include <stdexcept>

#include "storage/atomic_file.h"

namespace rover::h5 {
namespace {

void put_header(hid_t file, const Kind& kind) {
  const Provenance made = provenance();
  put_attribute(file, "description", std::string(kind.description));
  put_attribute(file, "rover_kind", std::string(kind.name));
  put_attribute(file, "rover_format_version", kind.version);
  put_attribute(file, "rover_version", made.version);
  put_attribute(file, "rover_commit", made.commit);
  put_attribute(file, "rover_simd_target", made.simd_target);
  if (kind.dated) put_origin(file, made);
}

void require(bool ok, const char* what) {  // in memory only: a full disk cannot be the reason
  if (!ok) throw std::runtime_error(std::string("HDF5 cannot ") + what + ": " + failure_reason());
}

Handle data_space(const Shape& shape) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return Handle(sizes.empty() ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr));
}

void put_attribute(hid_t object, const std::string& name, hid_t type, const void* value) {
  const Handle space(H5Screate(H5S_SCALAR));
  const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
  require(attribute && H5Awrite(attribute, type, value) >= 0, ("write attribute '" + name + "'").c_str());
}

}  // namespace

/// Lets a file be opened where the file system has no locks, and from programs that switched them off.
Handle access_properties() {
  Handle properties(H5Pcreate(H5P_FILE_ACCESS));
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(properties, true, true);
#endif
  // Under SWMR a wrong checksum may be a write under way: HDF5 tries again, by default 100 times with twice the pause
  // each time, which on a damaged file never ends. 22 times take some milliseconds.
  H5Pset_metadata_read_attempts(properties, 22);
  return properties;
}

std::string file_name(hid_t id) {
  const ssize_t length = H5Fget_name(id, nullptr, 0);
  std::string name(static_cast<std::size_t>(std::max<ssize_t>(length, 0)), '\0');
  H5Fget_name(id, name.data(), name.size() + 1);
  return name;
}

bool Handle::close() {
  if (id_ < 0) return true;
  const Quiet quiet;
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  return (H5Iget_type(id) == H5I_FILE ? H5Fclose(id) : H5Idec_ref(id)) >= 0;
}

std::string failure_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        constexpr std::string_view marker = "error message = '";
        auto& text = *static_cast<std::string*>(out);
        const std::string_view description = error->desc ? error->desc : "";
        if (text.empty()) text = description;
        if (const auto at = description.find(marker); at != std::string_view::npos) {
          text = description.substr(at + marker.size());
          text.resize(std::min(text.find('\''), text.size()));
          if (text.size() > 1 && text[1] >= 'a' && text[0] >= 'A' && text[0] <= 'Z')
            text[0] = static_cast<char>(text[0] - 'A' + 'a');
          return 1;
        }
        return 0;
      },
      &reason);
  return reason.empty() ? "unknown reason" : reason;
}

void fail_write(const std::filesystem::path& path) {
  throw std::runtime_error("cannot write '" + path.string() + "': " + failure_reason());
}

void fail_read(hid_t id, std::string_view name) {
  throw std::runtime_error("'" + file_name(id) + "' is damaged: cannot read '" + std::string(name) + "'");
}

Handle create_in_memory(const Kind& kind, std::size_t expected_bytes, bool appendable) {
  const Quiet quiet;
  static std::atomic<std::uint64_t> number{0};  // HDF5 takes two files in memory of one name for the same file
  const Handle properties = access_properties();
  H5Pset_libver_bounds(properties, appendable ? H5F_LIBVER_V110 : H5F_LIBVER_V18, H5F_LIBVER_LATEST);
  H5Pset_fapl_core(properties, expected_bytes + (1u << 16), false);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_obj_track_times(creation, false);
  Handle file(H5Fcreate(("rover-" + std::to_string(number++)).c_str(), H5F_ACC_TRUNC, creation, properties));
  require(bool(file), "make a file in memory");
  put_header(file, kind);
  return file;
}

namespace {
std::span<const std::byte> image_of(hid_t file) {
  void** memory = nullptr;
  ssize_t size = -1;  // H5Fget_filesize would count the slack behind the content
  require(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 && (size = H5Fget_file_image(file, nullptr, 0)) >= 0 &&
              H5Fget_vfd_handle(file, H5P_DEFAULT, reinterpret_cast<void**>(&memory)) >= 0,
          "finish a file in memory");
  return {static_cast<const std::byte*>(*memory), static_cast<std::size_t>(size)};
}
}  // namespace

std::size_t size_in_memory(hid_t file) { return image_of(file).size(); }

void save(hid_t file, const std::filesystem::path& path) {
  const Quiet quiet;
  write_file(path, image_of(file));
}

Handle save_for_appending(hid_t file, const std::filesystem::path& temporary, const std::filesystem::path& path) {
  const Quiet quiet;
  write_temporary(temporary, path, image_of(file));
  const Handle properties = access_properties();
  H5Pset_libver_bounds(properties, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  // The image carries the mark of a file that is open for writing. H5Fget_file_image would take it away, and leave a
  // wrong checksum behind; this property is what h5clear uses.
  const hbool_t clear = true;
  const char* name = "clear_status_flags";
  if (H5Pexist(properties, name) > 0 ? H5Pset(properties, name, &clear) < 0
                                     : H5Pinsert2(properties, name, sizeof clear, const_cast<hbool_t*>(&clear), nullptr,
                                                  nullptr, nullptr, nullptr, nullptr, nullptr) < 0)
    fail_write(path);
  Handle opened(H5Fopen(temporary.c_str(), H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE, properties));
  if (!opened) fail_write(path);
  return opened;
}

Handle text_type(std::size_t length) {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, length + 1);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

Handle boolean_type() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8));
  for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}})
    H5Tenum_insert(type, value ? "TRUE" : "FALSE", &value);
  return type;
}

void put_attribute(hid_t object, const std::string& name, const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const char* data = text.c_str();
  put_attribute(object, name, type, &data);
}
void put_attribute(hid_t object, const std::string& name, std::uint64_t value) {
  put_attribute(object, name, H5T_NATIVE_UINT64, &value);
}

void put_texts(hid_t object, const Texts& texts) {
  for (const auto& [name, text] : texts) {
    const char *begin = text.data(), *end = begin + text.size();
    std::uint64_t whole = 0;
    std::int64_t negative = 0;
    double real = 0;
    const auto reads = [&](auto& number) {
      const auto [stop, error] = std::from_chars(begin, end, number);
      return error == std::errc() && stop == end;
    };
    if (text == "true" || text == "false") {
      const std::int8_t flag = text == "true";
      put_attribute(object, name, boolean_type(), &flag);
    } else if (reads(whole) && std::to_string(whole) == text) {
      put_attribute(object, name, whole);
    } else if (reads(negative) && std::to_string(negative) == text) {
      put_attribute(object, name, H5T_NATIVE_INT64, &negative);
    } else if (reads(real)) {
      put_attribute(object, name, H5T_NATIVE_DOUBLE, &real);
    } else {
      put_attribute(object, name, text);
    }
  }
}

void put_about(hid_t set, const About& about) {
  if (!about.units.empty()) put_attribute(set, "units", about.units);
  if (!about.description.empty()) put_attribute(set, "description", about.description);
}

void put_origin(hid_t file, const Provenance& origin) {
  for (const auto& [name, text] : {std::pair("rover_command", origin.command), std::pair("rover_date", origin.date)}) {
    if (H5Aexists(file, name) > 0) H5Adelete(file, name);
    if (!text.empty()) put_attribute(file, name, text);
  }
}

Handle make_group(hid_t parent, const std::string& name) {
  make_parents(parent, name + "/");
  return open_object(parent, name);
}

void make_parents(hid_t group, const std::string& name) {
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE));
  H5Pset_obj_track_times(creation, false);
  for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string parent = name.substr(0, slash);
    if (H5Lexists(group, parent.c_str(), H5P_DEFAULT) > 0) continue;
    require(bool(Handle(H5Gcreate2(group, parent.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT))),
            ("make the group '" + parent + "'").c_str());
  }
}

void put_array(hid_t group, const std::string& name, hid_t type, const void* data, const Shape& shape, bool compress,
               const About& about) {
  const Handle space = data_space(shape);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(creation, false);  // equal contents make equal bytes
  make_parents(group, name);
  if (compress && count(shape) > 1 && !shape.empty()) {
    std::vector<hsize_t> chunk(shape.begin(), shape.end());
    const std::size_t row = std::max<std::size_t>(1, count(shape) / shape[0] * H5Tget_size(type));
    chunk[0] = std::clamp<hsize_t>((1u << 20) / row, 1, chunk[0]);
    H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 1);
  }
  const Handle set(H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  require(set && (count(shape) == 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0),
          ("store '" + name + "'").c_str());
  put_about(set, about);
}

void put_strings(hid_t group, const std::string& name, const std::vector<std::string>& values, const About& about) {
  std::size_t width = 1;
  for (const auto& value : values) width = std::max(width, value.size() + 1);
  std::string cells(width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(cells.data() + i * width, values[i].size());
  put_array(group, name, text_type(width - 1), cells.data(), {values.size()}, true, about);
}

std::size_t count(const Shape& shape) {
  std::size_t product = 1;
  for (const std::size_t size : shape) {
    if (size != 0 && product > std::numeric_limits<std::size_t>::max() / 64 / size) throw std::bad_alloc();
    product *= size;
  }
  return product;
}

bool select_rows(hid_t data_set, hsize_t first, hsize_t rows, Handle& in_file, Handle& in_memory) {
  in_file = Handle(H5Dget_space(data_set));
  const int rank = in_file ? H5Sget_simple_extent_ndims(in_file) : 0;
  if (rank < 1) return false;
  std::vector<hsize_t> start(static_cast<std::size_t>(rank), 0), size(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(in_file, size.data(), nullptr);
  start[0] = first, size[0] = rows;
  in_memory = Handle(H5Screate_simple(rank, size.data(), nullptr));
  return in_memory && H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) >= 0;
}

}  // namespace rover::h5
