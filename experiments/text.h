#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rover {

/// The parts of `text` between separators, empty ones included; at least one.
std::vector<std::string> split(std::string_view text, char separator);

/// Cells in columns: the first column to the left, the others to the right, two blanks apart. UTF-8 without wide
/// characters.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// Cells in columns, all to the left, two blanks apart; the last cell of a row is folded between words, so that lines
/// keep within `columns`.
std::string folded(const std::vector<std::vector<std::string>>& rows, std::size_t columns = 100);
/// As `aligned`, in lines of at most `most` columns: what does not fit beside it follows below, with the first `keys`
/// columns before it again. Columns from one "group: name" in the first row to the next stay together where they can.
std::string aligned_within(const std::vector<std::vector<std::string>>& rows, std::size_t keys = 1,
                           std::size_t most = 100);

/// A few digits for people: 0.0123, 4.5e-07.
std::string short_number(double value);
std::string percent(double fraction);  ///< 0.85 → "85%"

}  // namespace rover
