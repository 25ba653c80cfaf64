#include "agents/search/differences.h"

#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr Eigen::Index together = 16;  // points that are made at a time, at least
constexpr double flattest = 1e-2;      // least second derivative, × the mean of all
constexpr double widest = 300;         // of the axes' widths, × their geometric mean

}  // namespace

Differences::Differences(Probe& probe) : probe_(probe), d_(probe.region().low.size()) {
  for (Vector* v : {&centre_, &slopes_, &curvatures_, &widths_, &first_, &second_, &first_values_, &second_values_})
    v->setZero(d_);
  const auto columns = std::max(together, static_cast<Eigen::Index>(probe.batch()));
  const auto batch = static_cast<Eigen::Index>(probe.batch());
  asked_.resize(d_, columns / batch * batch);
  told_.resize(static_cast<std::size_t>(asked_.cols()));
  begin();
}

void Differences::begin() {
  known_ = both_ = false;
  slopes_.setZero(), curvatures_.setZero(), widths_.setOnes();
}

// The offset, on the other side or shorter where it leads out.
double Differences::inside(Eigen::Index i, double offset) const {
  const double low = probe_.region().low[i] - centre_[i], high = probe_.region().high[i] - centre_[i];
  if (offset >= low && offset <= high) return offset;
  if (-offset >= low && -offset <= high) return -offset;
  return -low > high ? low : high;
}

void Differences::evaluate(const Vector& offsets, Vector& values) {
  for (Eigen::Index first = 0; first < d_; first += asked_.cols()) {
    const Eigen::Index some = std::min(asked_.cols(), d_ - first);
    for (Eigen::Index k = 0; k < some; ++k) {
      asked_.col(k) = centre_;
      asked_(first + k, k) += offsets[first + k];
    }
    probe_(asked_, static_cast<std::size_t>(some), told_.data(), first + some == d_);
    for (Eigen::Index k = 0; k < some; ++k) {
      const double value = values[first + k] = told_[static_cast<std::size_t>(k)];
      if (value < best_) best_ = value, best_axis_ = first + k, best_offset_ = offsets[first + k];
    }
  }
}

void Differences::look(const Vector& centre, double value, double reach) {
  centre_ = centre, value_ = value, best_ = value, best_offset_ = 0, both_ = false;
  for (Eigen::Index i = 0; i < d_; ++i) first_[i] = inside(i, (slopes_[i] > 0 ? -reach : reach) * widths_[i]);
  evaluate(first_, first_values_);
  if (!known_) return complete();
  for (Eigen::Index i = 0; i < d_; ++i)
    slopes_[i] = (first_values_[i] - value_) / first_[i] - 0.5 * first_[i] * curvatures_[i];
}

void Differences::complete() {
  for (Eigen::Index i = 0; i < d_; ++i) {
    second_[i] = inside(i, -first_[i]);
    if (second_[i] == first_[i]) second_[i] *= 0.5;
  }
  evaluate(second_, second_values_);
  for (Eigen::Index i = 0; i < d_; ++i) {
    const double a = (first_values_[i] - value_) / first_[i], b = (second_values_[i] - value_) / second_[i];
    curvatures_[i] = 2 * (a - b) / (first_[i] - second_[i]);
    slopes_[i] = a - 0.5 * first_[i] * curvatures_[i];
  }
  known_ = both_ = true;
  follow_curvatures();
}

void Differences::follow_curvatures() {
  const double least = flattest * curvatures_.cwiseAbs().mean();
  if (!(least > 0) || !std::isfinite(least)) return widths_.setOnes(), void();
  widths_ = (-0.5 * (curvatures_.cwiseAbs().array() + least).log()).matrix();
  widths_.array() -= widths_.mean();
  widths_ = widths_.array().exp().cwiseMin(widest).cwiseMax(1 / widest);
}

void Differences::best_point(Vector& point) const {
  point = centre_;
  point[best_axis_] += best_offset_;
}

}  // namespace rover::search
