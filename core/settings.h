#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rover {

/// A request that cannot be met: an unknown name, a malformed value, settings that do not fit together. Exit code 2.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Options as they travel on command lines, in config files and in checkpoints: `ddpg.learning_rate` → `1e-3`.
using Settings = std::map<std::string, std::string>;

/// The parts of a list as options hold it ("quadratic, valley"), without blanks; empty parts are left out.
std::vector<std::string> split_list(std::string_view text, char separator = ',');
/// "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

/// The name in `known` nearest to `name` (edit distance ≤ a third of its length), or "".
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
/// "unknown agent 'rovr'; did you mean 'rover'?"
std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known);

/// The values that a field may take: a range of numbers, or one of several texts. Made by the functions below.
struct Allowed {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool above_low = false, below_high = false;  ///< the bound itself is not allowed
  bool zero = false;                           ///< 0 is allowed beside the range
  std::vector<std::string> choices;            ///< of a text; empty: any

  Allowed or_zero() const;          ///< the same, and 0
  Allowed or_empty() const;         ///< the same choices, and the empty text
  Allowed below(double top) const;  ///< the same, but less than `top`
  /// "above 0, at most 1e6", "learned or random"; "" where every value is allowed.
  std::string text() const;
};
Allowed in(double low, double high);     ///< low ≤ x ≤ high
Allowed above(double low, double high);  ///< low < x ≤ high
Allowed one_of(std::vector<std::string> choices);
template <class... Texts>
Allowed one_of(const char* first, Texts... others) {
  return one_of(std::vector<std::string>{first, others...});
}
inline constexpr std::uint64_t most_threads = 256;

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
std::string to_text(const Settings&);  // "": a group has no default
// Throw UsageError: "learning_rate=-1 is out of range: above 0, at most 1e6".
void check_number(std::string_view key, double value, const std::string& text, const Allowed& allowed);
void check_text(std::string_view key, const std::string& value, const Allowed& allowed);

template <class T>
void check_value(std::string_view key, const T& value, const Allowed& allowed) {
  if constexpr (std::is_same_v<T, std::string>) check_text(key, value, allowed);
  else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
    check_number(key, static_cast<double>(value), to_text(value), allowed);
}

template <class T>
const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_same_v<T, std::string>) return "text";
  else if constexpr (std::is_same_v<T, Settings>) return "settings";
  else if constexpr (std::is_floating_point_v<T>) return "number";
  else return "whole number";
}
}  // namespace detail

// An options struct lists its fields once, and every front end follows:
//
//   struct AdamOptions {
//     double learning_rate = 1e-3;
//     template <class Visit>
//     void fields(Visit&& visit) { visit("learning_rate", learning_rate, "step size η", above(0, 1e6)); }
//   };
//
// A field is double, std::int64_t, std::uint64_t, bool, std::string or another such struct (its keys get the prefix
// "name."). A field of type Settings takes every key "name.KEY" unchecked; it is listed as "name.*". A field's help can
// be read alone; the values that it may take are the last argument, and apply_settings checks them.

template <class T>
concept OptionStruct = requires(T options) {
  options.fields([](const char*, auto&, const char*, const Allowed& = {}) {});
};

/// The options of an agent or a surface without settings.
struct NoOptions {
  template <class Visit>
  void fields(Visit&&) {}
};

/// Calls visit(key, field&, help, allowed) for each leaf field, nested structs flattened with dots.
template <OptionStruct T, class Visit>
void for_each_option(T& options, Visit&& visit, const std::string& prefix = "") {
  options.fields([&](const char* name, auto& field, const char* help, const Allowed& allowed = {}) {
    if constexpr (OptionStruct<std::remove_reference_t<decltype(field)>>)
      for_each_option(field, visit, prefix + name + ".");
    else if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, Settings>)
      visit(prefix + name + ".*", field, help, allowed);
    else visit(prefix + name, field, help, allowed);
  });
}

/// A field as `rover list` shows it and tools read it.
struct Option {
  std::string key, type, value, help;  ///< `value`: the default, as text
  Allowed allowed;
};

template <OptionStruct T>
std::vector<Option> describe_options(T defaults = {}) {
  std::vector<Option> out;
  for_each_option(defaults, [&](const std::string& key, auto& field, const char* help, const Allowed& allowed) {
    out.push_back(
        {key, detail::type_name<std::remove_reference_t<decltype(field)>>(), detail::to_text(field), help, allowed});
  });
  return out;
}

/// Every option of `options` as text.
template <OptionStruct T>
Settings to_settings(T options) {
  Settings out;
  for_each_option(options, [&](const std::string& key, auto& field, const char*, const Allowed&) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, Settings>)
      for (const auto& [name, value] : field) out[key.substr(0, key.size() - 1) + name] = value;
    else out[key] = detail::to_text(field);
  });
  return out;
}

template <OptionStruct T>
std::vector<std::string> option_names(T options = {}) {
  std::vector<std::string> out;
  for_each_option(options, [&](const std::string& key, auto&, const char*, const Allowed&) { out.push_back(key); });
  return out;
}

/// Overwrites the named fields. Throws UsageError on an unknown key (with a suggestion) or a value that is of the wrong
/// kind or not allowed.
template <OptionStruct T>
void apply_settings(T& options, const Settings& settings) {
  for (const auto& [key, text] : settings) {
    bool found = false;
    for_each_option(options, [&](const std::string& name, auto& field, const char*, const Allowed& allowed) {
      if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, Settings>) {
        const std::string group = name.substr(0, name.size() - 1);
        if (key.starts_with(group)) field[key.substr(group.size())] = text, found = true;
      } else {
        if (name != key) return;
        auto value = field;
        detail::parse_value(key, text, value);
        detail::check_value(key, value, allowed);
        field = value, found = true;
      }
    });
    if (!found) throw UsageError(unknown_name("setting", key, option_names(options)));
  }
}

/// Throws UsageError for a field with a value that is not allowed: for options that were filled by hand.
template <OptionStruct T>
void check_options(T options) {
  for_each_option(options, [](const std::string& key, auto& field, const char*, const Allowed& allowed) {
    detail::check_value(key, field, allowed);
  });
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
