#include "core/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace rover {
namespace {

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

template <class T>
void parse_number(std::string_view key, std::string_view text, T& out, const char* kind) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool bad = error != std::errc{} || end != text.data() + text.size() || text.empty();
  if constexpr (std::is_floating_point_v<T>) bad = bad || !std::isfinite(value);
  if (bad) throw UsageError("the setting " + std::string(key) + "=" + std::string(text) + " is not " + kind);
  out = value;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) parts.emplace_back();
    else if (c != ' ') parts.back() += c;
  }
  std::erase(parts, "");
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(name.size(), 12) / 3) + 1;
  for (const auto& candidate : known) {
    const std::size_t longer = std::max(name.size(), candidate.size()),
                      shorter = std::min(name.size(), candidate.size());
    if (longer - shorter >= best_distance) continue;  // so is the distance
    if (const std::size_t distance = edit_distance(name, candidate); distance < best_distance)
      best = candidate, best_distance = distance;
  }
  if (best.empty())  // a field named without its group: learning_rate for ddpg.learning_rate
    for (const auto& candidate : known)
      if (!name.empty() && candidate.ends_with("." + std::string(name))) return candidate;
  return best;
}

std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
  std::string text = "unknown " + std::string(what) + " '" + std::string(name) + "'";
  if (const auto near = nearest_name(name, known); !near.empty()) text += "; did you mean '" + near + "'?";
  return text;
}

Allowed in(double low, double high) {
  Allowed out;
  out.low = low, out.high = high;
  return out;
}

Allowed above(double low, double high) {
  Allowed out = in(low, high);
  out.above_low = true;
  return out;
}

Allowed one_of(std::vector<std::string> choices) {
  Allowed out;
  out.choices = std::move(choices);
  return out;
}

Allowed Allowed::or_zero() const {
  Allowed out = *this;
  out.zero = true;
  return out;
}

Allowed Allowed::or_empty() const {
  Allowed out = *this;
  out.choices.emplace_back();
  return out;
}

Allowed Allowed::below(double top) const {
  Allowed out = *this;
  out.high = top, out.below_high = true;
  return out;
}

std::string Allowed::text() const {
  std::string out;
  if (!choices.empty()) {
    for (std::size_t k = 0; k < choices.size(); ++k)
      out += (k == 0 ? "" : k + 1 < choices.size() ? ", " : " or ") + (choices[k].empty() ? "nothing" : choices[k]);
    return out;
  }
  // Writes 1e+05 and 1e+06 as 100000 and 1e6.
  const auto number = [](double value) {
    if (std::abs(value) < 1e6 && value == std::floor(value)) return std::to_string(static_cast<std::int64_t>(value));
    std::string text = detail::to_text(value);
    for (const char* padded : {"e+0", "e+"})
      if (const auto at = text.find(padded); at != std::string::npos) text.replace(at, std::string(padded).size(), "e");
    return text;
  };
  if (std::isfinite(low)) out = (above_low ? "above " : "at least ") + number(low);
  if (std::isfinite(high))
    out += (out.empty() ? "" : ", ") + std::string(below_high ? "below " : "at most ") + number(high);
  if (zero && !out.empty()) out += ", or 0";
  return out;
}

namespace detail {

void check_number(std::string_view key, double value, const std::string& text, const Allowed& allowed) {
  const bool inside = (allowed.above_low ? value > allowed.low : value >= allowed.low) &&
                      (allowed.below_high ? value < allowed.high : value <= allowed.high);
  if (!inside && !(allowed.zero && value == 0))
    throw UsageError(std::string(key) + "=" + text + " is out of range: " + allowed.text());
}

void check_text(std::string_view key, const std::string& value, const Allowed& allowed) {
  if (allowed.choices.empty() || std::ranges::find(allowed.choices, value) != allowed.choices.end()) return;
  throw UsageError(unknown_name(key, value, allowed.choices) + " (" + allowed.text() + ")");
}

void parse_value(std::string_view key, std::string_view text, double& out) { parse_number(key, text, out, "a number"); }
void parse_value(std::string_view key, std::string_view text, std::int64_t& out) {
  parse_number(key, text, out, "a whole number");
}
void parse_value(std::string_view key, std::string_view text, std::uint64_t& out) {
  parse_number(key, text, out, "a whole number ≥ 0");
}

void parse_value(std::string_view key, std::string_view text, bool& out) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") out = true;
  else if (text == "false" || text == "0" || text == "no" || text == "off") out = false;
  else throw UsageError("the setting " + std::string(key) + "=" + std::string(text) + " is neither true nor false");
}

void parse_value(std::string_view, std::string_view text, std::string& out) { out = text; }

std::string to_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}
std::string to_text(std::int64_t value) { return std::to_string(value); }
std::string to_text(std::uint64_t value) { return std::to_string(value); }
std::string to_text(bool value) { return value ? "true" : "false"; }
std::string to_text(const std::string& value) { return value; }
std::string to_text(const Settings&) { return ""; }

}  // namespace detail

Settings sub_settings(const Settings& settings, std::string_view prefix) {
  const std::string start = std::string(prefix) + ".";
  Settings out;
  for (const auto& [key, text] : settings)
    if (key.starts_with(start)) out[key.substr(start.size())] = text;
  return out;
}

}  // namespace rover
