#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint.h"

namespace rover {

/// What every update rule's file begins with.
inline void put_rule(Checkpoint& out, std::string_view name, std::span<const float> weights) {
  out.put_text("model", "update-rule");
  out.put_text("rule", std::string(name));
  out.put<float>("weights", weights);
}

/// The weights of a rule that has `count`. Throws std::runtime_error where they are of another number or not finite.
inline const std::vector<float>& get_weights(const Checkpoint& in, std::size_t count) {
  const auto& weights = in.get<float>("weights", count);
  if (std::ranges::any_of(weights, [](float weight) { return !std::isfinite(weight); }))
    throw std::runtime_error("the model is damaged: the update rule has weights that are not finite");
  return weights;
}

/// A number. Throws std::runtime_error where it is missing or not finite.
inline double get_finite(const Checkpoint& in, const std::string& name) {
  const double value = in.number(name);
  if (!std::isfinite(value)) throw std::runtime_error("the model is damaged: '" + name + "' is not finite");
  return value;
}

/// Throws std::invalid_argument unless there are `count` weights.
inline std::vector<float> checked_weights(std::string_view name, std::span<const float> weights, std::size_t count) {
  if (weights.size() != count)
    throw std::invalid_argument("the rule '" + std::string(name) + "' of this shape has " + std::to_string(count) +
                                " weights, not " + std::to_string(weights.size()));
  return {weights.begin(), weights.end()};
}

}  // namespace rover
