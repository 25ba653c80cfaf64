#include "storage/describe.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "storage/checkpoint.h"
#include "storage/data_set.h"
#include "storage/evaluation.h"
#include "storage/hdf5.h"
#include "storage/run_log.h"

namespace rover {
namespace {

constexpr std::size_t kMaxListed = 200, kMaxShownText = 4096, kWidth = 100;
constexpr int kMaxMembers = 16;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string type_name(hid_t type, bool inner = false) {
  const std::string bits = std::to_string(H5Tget_size(type) * 8);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + bits;
    case H5T_FLOAT:
      return "float" + bits;
    case H5T_STRING:
      return "text";
    case H5T_ENUM:
      return "enum";
    case H5T_COMPOUND: {
      if (inner) return "compound";
      std::string out = "{";
      const int members = H5Tget_nmembers(type);
      for (int i = 0; i < std::min(members, kMaxMembers); ++i) {
        const h5::Handle member(H5Tget_member_type(type, static_cast<unsigned>(i)));
        char* name = H5Tget_member_name(type, static_cast<unsigned>(i));
        out += (i > 0 ? ", " : "") + std::string(name ? name : "?") + ": " + type_name(member, true);
        H5free_memory(name);
      }
      return out + (members > kMaxMembers ? ", …}" : "}");
    }
    default:
      return "other";
  }
}

std::string shape_text(hid_t space) {
  std::vector<hsize_t> sizes(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  std::string out;
  for (const hsize_t size : sizes) out += (out.empty() ? "" : ", ") + std::to_string(size);
  return "[" + out + "]";
}

/// A number's text by `read(type, buffer)`, if `type` is a number.
template <class Read>
std::optional<std::string> number_text(hid_t type, Read&& read) {
  if (H5Tget_class(type) == H5T_FLOAT) {
    double value = 0;
    if (read(H5T_NATIVE_DOUBLE, &value)) return number(value);
  } else if (H5Tget_class(type) == H5T_INTEGER) {
    const bool is_unsigned = H5Tget_sign(type) == H5T_SGN_NONE;
    std::uint64_t value = 0;
    if (read(is_unsigned ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, &value))
      return is_unsigned ? std::to_string(value) : std::to_string(static_cast<std::int64_t>(value));
  }
  return std::nullopt;
}

/// "name = value", further lines of the value indented.
std::string assignment(const std::string& name, std::string value) {
  while (value.ends_with('\n')) value.pop_back();
  if (value.find('\n') == std::string::npos) return "  " + name + " = " + value + "\n";
  std::string out = "  " + name + " =\n    ";
  for (const char c : value) out += c == '\n' ? "\n    " : std::string(1, c);
  return out + "\n";
}

/// Words after `start`, as many a line as kWidth columns hold; further lines are indented like the first word.
std::string in_lines(const std::string& start, const std::vector<std::string>& words) {
  std::string out, line = start;
  for (const auto& word : words) {
    if (line.size() > start.size() && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = std::string(start.size(), ' ');
    }
    line += (line.size() > start.size() ? " " : "") + word;
  }
  return out + line + "\n";
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// Named values by group, which is what comes before the last dot or slash: "  env  grid_size=8 horizon=30 …".
class Values {
 public:
  void add(const std::string& name, const std::string& value) {
    if (value.size() > kWidth / 2 || value.find('\n') != std::string::npos) {
      long_ += assignment(name, value);
      return;
    }
    const std::size_t cut = name.find_last_of("./");
    const bool bare = !value.empty() && value.find(' ') == std::string::npos;
    groups_[cut == std::string::npos ? "" : name.substr(0, cut)].push_back(
        name.substr(cut == std::string::npos ? 0 : cut + 1) + "=" + (bare ? value : '"' + value + '"'));
  }
  std::string text(const std::string& title) const {
    std::size_t width = 0;
    for (const auto& [group, words] : groups_) width = std::max(width, group.size());
    std::string out;
    for (const auto& [group, words] : groups_)
      out += group.empty() ? in_lines("  ", words)
                           : in_lines("  " + group + std::string(width - group.size() + 2, ' '), words);
    out += long_;
    return out.empty() ? out : title + "\n" + out;
  }

 private:
  std::map<std::string, std::vector<std::string>> groups_;
  std::string long_;
};

Values attributes(hid_t object) {
  Values out;
  for (const std::string& name : h5::attribute_names(object)) {
    if (name.starts_with("rover_") || name == "description") continue;
    const h5::Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT)), type(H5Aget_type(attribute)),
        space(H5Aget_space(attribute));
    out.add(name, h5::setting(object, name).value_or(type_name(type) + " " + shape_text(space)));
  }
  return out;
}

/// The value of a scalar that holds a number or a short text.
std::optional<std::string> scalar(const std::string& name, hid_t set) {
  const h5::Handle type(H5Dget_type(set)), space(H5Dget_space(set));
  if (H5Sget_simple_extent_type(space) != H5S_SCALAR) return std::nullopt;
  if (H5Tget_class(type) == H5T_STRING && H5Tget_size(type) <= kMaxShownText) return h5::text(set, name);
  return number_text(type,
                     [&](hid_t as, void* to) { return H5Dread(set, as, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0; });
}

std::string tree(hid_t file) {
  constexpr std::string_view kSettings = "config/";
  Values settings, values;
  std::string arrays;
  std::size_t count = 0;
  h5::for_each_data_set(file, [&](const std::string& name, hid_t set) {
    if (count++ >= kMaxListed) return;
    if (const auto value = scalar(name, set)) {
      if (name.starts_with(kSettings)) settings.add(name.substr(kSettings.size()), *value);
      else values.add(name, *value);
      return;
    }
    const h5::Handle type(H5Dget_type(set)), space(H5Dget_space(set));
    arrays += "  " + name + "  " + type_name(type) + " " + shape_text(space) + "\n";
  });
  if (count > kMaxListed) arrays += "  … and " + std::to_string(count - kMaxListed) + " more\n";
  return settings.text("settings") + values.text("values") + (arrays.empty() ? "" : "data sets\n" + arrays);
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string run_log_summary(const std::filesystem::path& path) {
  std::string out;
  for (const auto& [name, series] : read_run_log(path).series)
    out += "  " + name + ": " + std::to_string(series.steps.size()) + " rows" +
           (series.steps.empty()
                ? ""
                : ", last " + number(series.values.back()) + " at step " + std::to_string(series.steps.back())) +
           "\n";
  return out.empty() ? out : "series\n" + out;
}

std::string evaluation_summary(const std::filesystem::path& path) {
  const Evaluation evaluation = read_evaluation(path);
  std::set<std::string> agents, landscapes;
  for (const auto& curve : evaluation.curves) agents.insert(curve.agent), landscapes.insert(curve.landscape);
  std::string out = "curves: " + std::to_string(evaluation.curves.size()) + "\nagents: " + joined(agents) +
                    "\nlandscapes: " + joined(landscapes) + "\n";
  if (!evaluation.settings.empty()) out += "settings\n";
  for (const auto& [key, text] : evaluation.settings) out += assignment(key, text);
  return out;
}

/// No control characters but line ends: names and texts come from the file.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
  return text;
}

std::string describe_here(const std::filesystem::path& path) {
  const h5::Quiet quiet;
  const h5::Handle file = h5::open(path);
  const std::string kind = h5::kind_of(file);
  std::string out = path.filename().string() + ": " + (kind.empty() ? "foreign HDF5 file" : kind);
  const Provenance made = h5::origin(file);
  if (!kind.empty())
    out += ", format version " + std::to_string(h5::integer_attribute(file, "rover_format_version")) +
           ", written by Rover Descent " + made.version;
  out += "\n";
  for (const auto& [name, text] : {std::pair("command", made.command), std::pair("date", made.date),
                                   std::pair("commit", made.commit), std::pair("instruction set", made.simd_target)})
    if (!text.empty()) out += in_lines(std::string(name) + ": ", words(text));
  out += attributes(file).text(kind == h5::kRunLog.name || kind == h5::kDataSet.name ? "settings" : "attributes");
  if (kind == h5::kRunLog.name) out += run_log_summary(path);
  if (kind == h5::kEvaluation.name) out += evaluation_summary(path);
  if (kind == h5::kCheckpoint.name) (void)Checkpoint::read(path);  // throws when its hash does not fit
  if (kind == h5::kDataSet.name) (void)read_data_set(path, 0, 1);  // throws when a column is missing
  out += tree(file);
  return printable(std::move(out));
}

}  // namespace

std::string describe_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (const auto recording = path / "data" / "main_data.hdf5"; std::filesystem::exists(recording, ignored))
    return describe_file(recording);
  if (const auto log = path / "run.h5"; std::filesystem::exists(log, ignored)) return describe_file(log);
  return isolated(path, [&] { return describe_here(path); });
}

}  // namespace rover
