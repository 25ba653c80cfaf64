#include "agents/search/trust_step.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double flat = 1e-3;  // least |λ|, × the largest

}  // namespace

TrustStep::TrustStep(const Region& region) : region_(region), d_(region.low.size()), whole_(d_) {
  z_.resize(d_), point_.resize(d_), along_.resize(d_), eigen_step_.resize(d_);
}

// −g / (max(|λ|, floor) + μ), with the least μ ≥ 0 for which it is no longer than the limit: Newton's method on
// 1/|step(μ)|, which is nearly linear and concave, rises to the root from below.
void TrustStep::solve(const Vector& eigenvalues, const Vector& gradient, double limit) {
  const double floor = flat * eigenvalues.cwiseAbs().maxCoeff() + 1e-12;
  double shift = 0;
  for (int k = 0; k < 50; ++k) {
    double squared = 0, slope = 0;
    for (Eigen::Index i = 0; i < eigenvalues.size(); ++i) {
      const double divisor = std::max(std::abs(eigenvalues[i]), floor) + shift, part = gradient[i] / divisor;
      eigen_step_[i] = -part;
      squared += part * part, slope += part * part / divisor;
    }
    const double length = std::sqrt(squared);
    if (length <= limit * (1 + 1e-9) || !(slope > 0)) return;
    clipped_ = true;
    shift += (length / limit - 1) * squared / slope;
  }
}

void TrustStep::operator()(const Model& model, const Window& window, double limit) {
  const auto& inverse = window.inverse();
  whole_.compute(model.hessian);
  clipped_ = false;
  along_.noalias() = whole_.eigenvectors().transpose() * model.gradient;
  eigen_step_.resize(d_);
  solve(whole_.eigenvalues(), along_, limit);
  z_.noalias() = whole_.eigenvectors() * eigen_step_;
  point_.noalias() = window.transform() * z_;
  point_ += window.centre();

  // Faces that the step would cross are fixed, one pass after another; the rest moves in the plane that is left.
  const auto outside = [&](Eigen::Index i) {
    return point_[i] < region_.low[i] - 1e-12 || point_[i] > region_.high[i] + 1e-12;
  };
  bool any = false;
  for (Eigen::Index i = 0; i < d_; ++i) any = any || outside(i);
  if (any) {
    std::vector<char> fixed(static_cast<std::size_t>(d_));
    Vector steps = Vector::Zero(d_);
    for (Eigen::Index pass = 0; pass < d_; ++pass) {
      bool crossed = false;
      for (Eigen::Index i = 0; i < d_; ++i)
        if (!fixed[static_cast<std::size_t>(i)] && outside(i)) {
          fixed[static_cast<std::size_t>(i)] = 1, crossed = true;
          steps[i] = (point_[i] < region_.low[i] ? region_.low[i] : region_.high[i]) - window.centre()[i];
        }
      if (!crossed) break;
      const auto free = std::ranges::count(fixed, 0);
      Vector base = Vector::Zero(d_);
      Matrix span(d_, free);
      for (Eigen::Index i = 0, column = 0; i < d_; ++i)
        if (fixed[static_cast<std::size_t>(i)]) base += inverse.col(i) * steps[i];
        else span.col(column++) = inverse.col(i);
      z_ = base;
      if (free > 0) {
        const Matrix plane = Eigen::HouseholderQR<Matrix>(span).householderQ() * Matrix::Identity(d_, free);
        const Vector gradient = plane.transpose() * (model.gradient + model.hessian * base);
        const Eigen::SelfAdjointEigenSolver<Matrix> part(plane.transpose() * model.hessian * plane);
        const double inside = (plane.transpose() * base).squaredNorm(),
                     left = limit * limit - std::max(0.0, base.squaredNorm() - inside);
        eigen_step_.resize(free);
        solve(part.eigenvalues(), part.eigenvectors().transpose() * gradient,
              std::sqrt(std::max(0.01 * limit * limit, left)));
        z_ += plane * (part.eigenvectors() * eigen_step_);
      }
      point_.noalias() = window.transform() * z_;
      point_ += window.centre();
    }
    region_.project(point_);
    z_.noalias() = inverse * (point_ - window.centre());
  }
  region_.project(point_);
  length_ = z_.norm();
}

}  // namespace rover::search
