#include "agents/search/secants.h"

namespace rover::search {
namespace {

constexpr double straight = 1e-10;  // cosine of step and change below which a pair says nothing

}  // namespace

Secants::Secants(std::size_t dimension, std::size_t memory) : memory_(memory) {
  const auto rows = static_cast<Eigen::Index>(dimension), columns = static_cast<Eigen::Index>(memory);
  steps_.resize(rows, columns), changes_.resize(rows, columns);
  shares_.resize(columns), curvatures_.resize(columns);
}

// age 0: the newest
Eigen::Index Secants::column(std::size_t age) const {
  return static_cast<Eigen::Index>((last_ + memory_ - age) % memory_);
}

bool Secants::add(const Vector& step, const Vector& change) {
  if (!(step.dot(change) > straight * step.norm() * change.norm())) return false;
  last_ = (last_ + 1) % memory_, count_ = std::min(count_ + 1, memory_);
  steps_.col(column(0)) = step, changes_.col(column(0)) = change;
  return true;
}

void Secants::direction(const Vector& gradient, const Vector& free, const Vector& diagonal, Vector& direction) {
  direction = -gradient.cwiseProduct(free);
  double scale = 0;
  for (std::size_t age = 0; age < count_; ++age) {
    const Eigen::Index k = column(age);
    const auto step = steps_.col(k), change = changes_.col(k);
    curvatures_[k] = step.cwiseProduct(free).dot(change);
    if (!(curvatures_[k] > straight * step.norm() * change.norm())) continue;
    if (scale == 0) scale = curvatures_[k] / change.cwiseProduct(free).cwiseAbs2().dot(diagonal);
    shares_[k] = step.dot(direction) / curvatures_[k];
    direction -= shares_[k] * change.cwiseProduct(free);
  }
  direction.array() *= (scale > 0 ? scale : 1) * diagonal.array();
  for (std::size_t age = count_; age-- > 0;) {
    const Eigen::Index k = column(age);
    const auto step = steps_.col(k), change = changes_.col(k);
    if (!(curvatures_[k] > straight * step.norm() * change.norm())) continue;
    direction += (shares_[k] - change.dot(direction) / curvatures_[k]) * step.cwiseProduct(free);
  }
}

}  // namespace rover::search
