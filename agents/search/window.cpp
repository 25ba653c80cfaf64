#include "agents/search/window.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace rover::search {

Window::Window(std::size_t dimension) {
  const auto d = static_cast<Eigen::Index>(dimension);
  centre_.resize(d), step_.resize(d);
  transform_.resize(d, d), inverse_.resize(d, d), work_.resize(d, d);
}

void Window::begin(Reals centre, double half_width) {
  centre_ = Eigen::Map<const Vector>(centre.data(), centre_.size());
  transform_ = Matrix::Identity(centre_.size(), centre_.size()) * half_width;
  half_width_ = half_width;
  invert();
  known_ = 0;
}

void Window::move_to(Reals centre) {
  const Eigen::Map<const Vector> to(centre.data(), centre_.size());
  step_.noalias() = inverse_ * (to - centre_);
  known_ -= step_.norm();
  centre_ = to;
}

void Window::scale(double factor) {
  transform_ *= factor, inverse_ /= factor, half_width_ *= factor;
  known_ /= factor;
}

bool Window::stretch(const Matrix& directions, const Vector& factors, double aspect, double longest) {
  work_.noalias() = transform_ * directions;
  work_.array().rowwise() *= factors.transpose().array();
  // The columns of T V diag(s) are images of orthogonal axes: their lengths bound T's axes within a factor of √d.
  const auto lengths = work_.colwise().norm();
  if (!(lengths.maxCoeff() < aspect * lengths.minCoeff()) || !(lengths.maxCoeff() < longest)) return false;
  transform_.noalias() = work_ * directions.transpose();
  half_width_ *= std::exp(factors.array().log().mean());
  known_ /= factors.maxCoeff();
  invert();
  return true;
}

void Window::invert() { inverse_ = transform_.inverse(); }

}  // namespace rover::search
