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
  if constexpr (std::is_floating_point_v<T>) bad = bad || std::isnan(value);
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

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(name.size(), 12) / 3) + 1;
  for (const auto& candidate : known)
    if (const std::size_t distance = edit_distance(name, candidate); distance < best_distance)
      best = candidate, best_distance = distance;
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

namespace detail {

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

}  // namespace detail

Settings sub_settings(const Settings& settings, std::string_view prefix) {
  const std::string start = std::string(prefix) + ".";
  Settings out;
  for (const auto& [key, text] : settings)
    if (key.starts_with(start)) out[key.substr(start.size())] = text;
  return out;
}

}  // namespace rover
