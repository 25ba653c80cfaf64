#include "experiments/watch.h"

#include <algorithm>
#include <cmath>

#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::size_t kRows = 16;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double x) {
    if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
  }
  /// The cell of x among `count`.
  std::size_t cell(double x, std::size_t count) const {
    const double share = high > low ? (x - low) / (high - low) : 0.5;
    return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * (static_cast<double>(count) - 1) + 0.5);
  }
};

}  // namespace

Watch::Watch(Box box, std::size_t columns)
    : box_(std::move(box)), columns_(std::clamp<std::size_t>(columns, 40, 120)) {}

void Watch::add(Reals point, double value) {
  const double last = best_.empty() ? std::numeric_limits<double>::infinity() : best_.back();
  if (std::isfinite(value) && value < last) best_at_ = best_.size();
  best_.push_back(std::isfinite(value) ? std::min(value, last) : last);
  across_.push_back(static_cast<float>(point[0]));
  up_.push_back(static_cast<float>(point.size() > 1 ? point[1] : value));
}

std::string Watch::text() const {
  static constexpr const char* dots[] = {" ", "·", "•", "●"};
  static constexpr const char* bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t width = columns_ / 2 - 2, right = columns_ - width - 5, count = best_.size();
  const bool plane = box_.low.size() > 1;
  Range across, up, fall;
  for (const float x : across_) across.add(x);
  for (const float y : up_) up.add(y);
  const auto whole = [&](Range& range, std::size_t i) {
    if (std::isfinite(box_.low[i])) range.low = box_.low[i];
    if (std::isfinite(box_.high[i])) range.high = box_.high[i];
  };
  whole(across, 0);
  if (plane) whole(up, 1);

  std::vector<std::size_t> seen(kRows * width);
  const auto cell = [&](std::size_t k) {
    return (kRows - 1 - up.cell(up_[k], kRows)) * width + across.cell(across_[k], width);
  };
  for (std::size_t k = 0; k < count; ++k) ++seen[cell(k)];

  // The best value over the evaluations, on a logarithm where it can be.
  const bool log = count > 0 && best_.back() > 0;
  const auto height = [&](double value) { return log ? std::log10(value) : value; };
  std::vector<double> levels;
  for (std::size_t c = 0; c < right && count > 0; ++c) {
    const double value = best_[c * (count - 1) / std::max<std::size_t>(right - 1, 1)];
    levels.push_back(std::isfinite(value) ? height(value) : std::numeric_limits<double>::quiet_NaN());
    fall.add(levels.back());
  }

  std::string out =
      "  x0 from " + short_number(across.low) + " to " + short_number(across.high) +
      (plane ? ", x1 from " + short_number(up.low) + " to " + short_number(up.high) : std::string(", value up")) +
      "; right: the best value over " + std::to_string(count) + " evaluations" + (log ? ", log\n" : "\n");
  for (std::size_t row = 0; row < kRows; ++row) {
    out += " |";
    for (std::size_t c = 0; c < width; ++c) {
      const std::size_t here = row * width + c, n = seen[here];
      if (count > 0 && here == cell(best_at_)) out += "★";
      else if (count > 0 && here == cell(count - 1)) out += "x";
      else out += dots[n == 0 ? 0 : n == 1 ? 1 : n < 5 ? 2 : 3];
    }
    out += "| ";
    for (const double level : levels) {
      const double filled = fall.high > fall.low ? (level - fall.low) / (fall.high - fall.low) * kRows : 0;
      const double part = filled - static_cast<double>(kRows - 1 - row);
      out += std::isnan(level) ? " " : bars[static_cast<std::size_t>(std::clamp(8 * part, 0.0, 8.0))];
    }
    out += "\n";
  }
  return out;
}

}  // namespace rover
