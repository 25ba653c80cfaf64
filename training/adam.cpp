#include "training/adam.h"

#include <cmath>

namespace rover {

template <class Real>
void Adam<Real>::update(std::span<Real> parameters, std::span<const Real> gradient, double learning_rate) {
  ++updates_;
  const double steps = static_cast<double>(updates_);
  const auto rate = static_cast<Real>(learning_rate / (1 - std::pow(beta1_, steps)));
  const auto unbias = static_cast<Real>(1 / std::sqrt(1 - std::pow(beta2_, steps)));
  const auto new1 = static_cast<Real>(1 - beta1_), new2 = static_cast<Real>(1 - beta2_);
  constexpr auto epsilon = static_cast<Real>(1e-8);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    mean_[k] += new1 * (gradient[k] - mean_[k]);
    square_[k] += new2 * (gradient[k] * gradient[k] - square_[k]);
    parameters[k] -= rate * mean_[k] / (std::sqrt(square_[k]) * unbias + epsilon);
  }
}

template <class Real>
void Adam<Real>::save(Checkpoint& out, const std::string& prefix) const {
  out.put(prefix + "mean", mean_);
  out.put(prefix + "square", square_);
  out.put_integer(prefix + "updates", updates_);
}

template <class Real>
void Adam<Real>::load(const Checkpoint& in, const std::string& prefix) {
  const auto& mean = in.get<Real>(prefix + "mean", mean_.size());
  const auto& square = in.get<Real>(prefix + "square", square_.size());
  updates_ = in.integer(prefix + "updates");
  mean_ = mean, square_ = square;
}

template class Adam<float>;
template class Adam<double>;

}  // namespace rover
