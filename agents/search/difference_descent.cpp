#include "agents/search/difference_descent.h"

#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double narrowest = 1e-9;  // reach at which a descent ends
constexpr double farthest = 10;     // a step's mean over the coordinates, in reaches
constexpr int tries = 8;            // evaluations of a search along a step

}  // namespace

DifferenceDescent::DifferenceDescent(Probe& probe, const DifferenceOptions& options)
    : probe_(probe),
      options_(options),
      d_(probe.region().low.size()),
      look_(probe),
      secants_(probe.dimension(), options.memory) {
  for (Vector* v : {&point_, &slopes_, &step_, &change_, &free_, &direction_, &tried_, &better_, &diagonal_})
    v->setZero(d_);
}

void DifferenceDescent::begin(Reals start, double value, double reach) {
  point_ = Eigen::Map<const Vector>(start.data(), d_);
  value_ = begun_ = value, reach_ = first_reach_ = reach, recent_ = std::numeric_limits<double>::infinity();
  round_ = idle_ = 0, fresh_ = true;
  look_.begin(), secants_.clear();
}

// f at the point + share × direction; keeps the best in `better_`.
double DifferenceDescent::at(double share) {
  tried_ = point_ + share * direction_;
  return probe_({tried_.data(), probe_.dimension()});
}

// Along the quasi-Newton step, by parabolas. Whether it gained anything: then `better_` is the best point.
bool DifferenceDescent::search() {
  const Region& region = probe_.region();
  for (Eigen::Index i = 0; i < d_; ++i) {
    const bool held = (point_[i] <= region.low[i] && slopes_[i] > 0) || (point_[i] >= region.high[i] && slopes_[i] < 0);
    free_[i] = held ? 0 : 1;
  }
  diagonal_ = look_.widths().cwiseAbs2();
  if (secants_.size() == 0) {
    const double mean = look_.curvatures().cwiseAbs().mean();
    if (!(mean > 0)) return false;
    diagonal_ = (look_.curvatures().cwiseAbs().array() + 1e-2 * mean).inverse();
  }
  secants_.direction(slopes_, free_, diagonal_, direction_);
  const double longest = farthest * reach_ * std::sqrt(static_cast<double>(d_));
  const double length = direction_.cwiseQuotient(look_.widths()).norm();
  if (!(length > 0) || !std::isfinite(length)) return false;
  if (length > longest) direction_ *= longest / length;
  const double slope = slopes_.dot(direction_);
  if (!(slope < 0)) return secants_.clear(), false;

  double best = value_, best_share = 0, share = 1;
  bool bracketed = false;
  for (int k = 0; k < tries; ++k) {
    const double found = at(share);
    const double bend = (found - value_ - slope * share) / (share * share);
    if (found < best) {
      best = found, best_share = share, better_ = tried_;
      const double lowest = bend > 0 ? -slope / (2 * bend) : std::numeric_limits<double>::infinity();
      const double next = bracketed ? lowest : std::min(lowest, 4 * share);
      if (std::abs(next - share) < 0.15 * share || (bracketed && k > 2)) break;
      share = next;
    } else {
      if (best_share > 0) break;
      bracketed = true;
      share *= std::clamp(bend > 0 ? -slope / (2 * bend) / share : 0.5, 0.05, 0.5);
    }
  }
  if (!(best_share > 0)) return false;
  value_ = best;
  return true;
}

bool DifferenceDescent::round(double rival) {
  const double before = value_;
  change_ = slopes_;
  look_.look(point_, value_, reach_);
  slopes_ = look_.slopes();
  if (!fresh_) {
    change_ = slopes_ - change_;
    secants_.add(step_, change_);
  }
  fresh_ = false;
  bool gained = search();
  const bool one_sided = !look_.both();
  if (!gained && one_sided) {
    look_.complete();
    slopes_ = look_.slopes();
    gained = search();
  }
  if (look_.best() < value_) value_ = look_.best(), look_.best_point(better_), gained = true;
  double factor = options_.shrink;
  if (gained) {
    step_ = better_ - point_;
    point_ = better_;
    const double mean = step_.cwiseQuotient(look_.widths()).norm() / std::sqrt(static_cast<double>(d_));
    factor = std::clamp(options_.follow * mean / reach_, 0.1, 2.0);
  } else {
    fresh_ = true;
  }
  reach_ = std::min(reach_ * factor, first_reach_);
  if (reach_ < narrowest) return false;

  const double gain = before - value_;
  recent_ = std::isinf(recent_) ? gain : 0.7 * recent_ + 0.3 * gain;
  idle_ = gain > 1e-11 * (begun_ - value_) ? 0 : idle_ + 1;
  if (static_cast<double>(idle_) >= options_.patience) return false;
  if (value_ > rival && round_ > 3 && value_ - options_.abandon * std::max(recent_, gain) > rival) return false;
  ++round_;
  return true;
}

const DifferenceDescent::End& DifferenceDescent::operator()(Reals start, double value, double reach, double rival) {
  begin(start, value, reach);
  while (round(rival)) {}
  end_.value = value_;
  end_.point.assign(point_.data(), point_.data() + point_.size());
  return end_;
}

}  // namespace rover::search
