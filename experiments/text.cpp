#include "experiments/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace rover {
namespace {

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string formatted(const char* format, double value) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string blanks(widths[c] - width(row[c]), ' ');
      out += c == 0 ? row[c] + blanks : "  " + blanks + row[c];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string folded(const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  std::vector<std::size_t> widths;  // of all columns but each row's last
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c + 1 < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c + 1 < row.size(); ++c) line += row[c] + std::string(widths[c] + 2 - width(row[c]), ' ');
    const std::string indent(width(line), ' ');
    bool first = true;  // word of its line
    for (const auto& word : split(row.empty() ? "" : row.back(), ' ')) {
      if (!first && width(line) + 1 + width(word) > columns) out += line + '\n', line = indent, first = true;
      line += (first ? "" : " ") + word;
      first = false;
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

std::string aligned_within(const std::vector<std::vector<std::string>>& rows, std::size_t keys, std::size_t most) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::size_t key_width = 0;
  for (std::size_t c = 0; c < std::min(keys, widths.size()); ++c) key_width += widths[c] + (c > 0 ? 2 : 0);
  std::string out;
  std::size_t first = keys;
  do {
    std::size_t last = first;
    for (std::size_t used = key_width; last < widths.size() && (last == first || used + widths[last] + 2 <= most);
         ++last)
      used += widths[last] + 2;
    const auto begins_a_group = [&](std::size_t c) {
      return c < rows[0].size() && rows[0][c].find(": ") != rows[0][c].npos;
    };
    if (last < widths.size())
      for (std::size_t c = last; c > first; --c)
        if (begins_a_group(c)) {
          last = c;
          break;
        }
    std::vector<std::vector<std::string>> part;
    for (const auto& row : rows) {
      const auto column = [&](std::size_t c) {
        return row.begin() + static_cast<std::ptrdiff_t>(std::min(c, row.size()));
      };
      part.emplace_back(row.begin(), column(keys));
      part.back().resize(std::min(keys, widths.size()));
      part.back().insert(part.back().end(), column(first), column(last));
    }
    out += aligned(part);
    first = last;
  } while (first < widths.size());
  return out;
}

std::string short_number(double value) {
  const double size = std::abs(value);
  return formatted(value == 0 || (size >= 1e-3 && size < 1e5) ? "%.3g" : "%.1e", value);
}

std::string percent(double fraction) { return formatted("%.0f%%", 100 * fraction); }

}  // namespace rover
