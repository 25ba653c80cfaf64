#include "agents/nn/adam.h"

#include <cmath>

namespace rover {

void Adam::update(std::span<float> parameters, std::span<const float> gradient, double learning_rate) {
  constexpr double beta1 = 0.9, beta2 = 0.999;
  ++updates_;
  const double steps = static_cast<double>(updates_);
  const auto rate = static_cast<float>(learning_rate / (1 - std::pow(beta1, steps)));
  const auto unbias = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, steps)));
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    mean_[k] += 0.1f * (gradient[k] - mean_[k]);
    square_[k] += 0.001f * (gradient[k] * gradient[k] - square_[k]);
    parameters[k] -= rate * mean_[k] / (std::sqrt(square_[k]) * unbias + 1e-8f);
  }
}

void Adam::save(Checkpoint& out, const std::string& prefix) const {
  out.put(prefix + "mean", mean_);
  out.put(prefix + "square", square_);
  out.put_integer(prefix + "updates", updates_);
}

void Adam::load(const Checkpoint& in, const std::string& prefix) {
  const auto& mean = in.get<float>(prefix + "mean", mean_.size());
  const auto& square = in.get<float>(prefix + "square", square_.size());
  updates_ = in.integer(prefix + "updates");
  mean_ = mean, square_ = square;
}

}  // namespace rover
