#include "env/targets.h"

#include <algorithm>
#include <cmath>

#include "core/settings.h"

namespace rover {

std::vector<double> parse_targets(const std::string& text) {
  std::vector<double> out;
  double last = 1;
  for (const std::string& part : split_list(text)) {
    double q = 0;
    detail::parse_value("targets", part, q);
    if (!(q > 0) || !(q < last))
      throw UsageError("targets must be falling numbers between 0 and 1, not '" + text + "'");
    out.push_back(last = q);
  }
  if (out.empty()) throw UsageError("targets must name at least one normalised regret");
  return out;
}

void TargetClock::begin(const std::vector<double>& targets, double optimum, double gap) {
  thresholds_.clear();
  for (const double q : targets) thresholds_.push_back(optimum + q * gap);
  reached_.assign(targets.size(), std::numeric_limits<double>::quiet_NaN());
  open_ = 0;
}

void TargetClock::close(double now) {
  std::fill(reached_.begin() + static_cast<std::ptrdiff_t>(open_), reached_.end(), now);
}

double TargetClock::reward(std::size_t first_open, double before, double now) const {
  double sum = 0;
  for (std::size_t q = first_open; q < reached_.size(); ++q)
    sum -= (std::log(std::isnan(reached_[q]) ? now : reached_[q]) - std::log(before)) /
           static_cast<double>(reached_.size());
  return sum;
}

}  // namespace rover
