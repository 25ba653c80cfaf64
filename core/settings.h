#pragma once
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rover {

/// Something the user asked for that cannot be: an unknown name, a malformed value, settings that do not fit. Exit
/// code 2.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Options as they travel on command lines, in config files and in checkpoints: `ddpg.learning_rate` → `1e-3`.
using Settings = std::map<std::string, std::string>;

/// The parts of a list as options hold it ("quadratic, valley"), without blanks; empty parts are left out.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// The name in `known` nearest to `name` (edit distance ≤ a third of its length), or "".
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
/// "unknown agent 'rovr'; did you mean 'rover'?"
std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known);

namespace detail {
void parse_value(std::string_view key, std::string_view text, double& out);
void parse_value(std::string_view key, std::string_view text, std::int64_t& out);
void parse_value(std::string_view key, std::string_view text, std::uint64_t& out);
void parse_value(std::string_view key, std::string_view text, bool& out);
void parse_value(std::string_view key, std::string_view text, std::string& out);
std::string to_text(double value);  // shortest text that reads back to the same bits
std::string to_text(std::int64_t value);
std::string to_text(std::uint64_t value);
std::string to_text(bool value);
std::string to_text(const std::string& value);
}  // namespace detail

// An options struct lists its fields once, and every front end follows:
//
//   struct AdamOptions {
//     double learning_rate = 1e-3;
//     template <class Visit> void fields(Visit&& visit) { visit("learning_rate", learning_rate, "step size η > 0"); }
//   };
//
// A field is double, std::int64_t, std::uint64_t, bool, std::string or another such struct (its keys get the prefix
// "name.").

template <class T>
concept OptionStruct = requires(T options) {
  options.fields([](const char*, auto&, const char*) {});
};

/// Calls visit(key, field&, help) for each leaf field, nested structs flattened with dots.
template <OptionStruct T, class Visit>
void for_each_option(T& options, Visit&& visit, const std::string& prefix = "") {
  options.fields([&](const char* name, auto& field, const char* help) {
    if constexpr (OptionStruct<std::remove_reference_t<decltype(field)>>)
      for_each_option(field, visit, prefix + name + ".");
    else visit(prefix + name, field, help);
  });
}

/// Every option of `options` as text.
template <OptionStruct T>
Settings to_settings(T options) {
  Settings out;
  for_each_option(options,
                  [&](const std::string& key, auto& field, const char*) { out[key] = detail::to_text(field); });
  return out;
}

template <OptionStruct T>
std::vector<std::string> option_names(T options = {}) {
  std::vector<std::string> out;
  for_each_option(options, [&](const std::string& key, auto&, const char*) { out.push_back(key); });
  return out;
}

/// Overwrites the named fields. Throws UsageError on an unknown key (with a suggestion) or a value of the wrong kind.
template <OptionStruct T>
void apply_settings(T& options, const Settings& settings) {
  for (const auto& [key, text] : settings) {
    bool found = false;
    for_each_option(options, [&](const std::string& name, auto& field, const char*) {
      if (name == key) detail::parse_value(key, text, field), found = true;
    });
    if (!found) throw UsageError(unknown_name("setting", key, option_names(options)));
  }
}

template <OptionStruct T>
T from_settings(const Settings& settings) {
  T options;
  apply_settings(options, settings);
  return options;
}

/// Those settings whose key starts with `prefix` + '.', the prefix removed.
Settings sub_settings(const Settings& settings, std::string_view prefix);

}  // namespace rover
