#include <algorithm>
#include <cmath>

#include "agents/learned/feature_rules.h"
#include "agents/learned/newton_schulz.h"

namespace rover {

std::vector<double> reference::feature_rule_step(const FeatureRuleShape& shape, std::span<const double> weights,
                                                 const Tensor& tensor, std::span<const double> gradient,
                                                 std::span<const double> point, std::uint64_t t, bool orthogonal,
                                                 FeatureRuleState& state) {
  const std::size_t n = tensor.size(), rows = tensor.rows, columns = tensor.columns;
  const bool matrix = tensor.is_matrix(), row_is_row = rows <= columns;
  double decays[7] = {0.9, 0.99, 0.999, shape.second_decay, 0.9, 0.99, 0.999};
  for (std::size_t k = 0; k < shape.decays; ++k)
    decays[k] = 1 - std::exp(std::log(1 - decays[k]) + 10 * weights[weights.size() - shape.decays + k]);
  const auto update = [](std::vector<double>& mean, std::size_t i, double decay, double now) {
    mean[i] = decay * mean[i] + (1 - decay) * now;
  };
  std::vector<double> g(gradient.begin(), gradient.end());
  for (double& entry : g) entry = std::clamp(entry, -1000.0, 1000.0);
  state.v.resize(n);
  for (std::size_t i = 0; i < n; ++i) update(state.v, i, decays[3], g[i] * g[i]);
  // What stands for row and column at each coordinate, and R·C for g and for m.
  std::vector<double> row[3], column[3], factor_g[3], factor_m[3];
  for (std::size_t k = 0; k < 3; ++k) {
    state.m[k].resize(n), state.diagonal[k].resize(n);
    for (std::size_t i = 0; i < n; ++i)
      update(state.m[k], i, decays[k], g[i]), update(state.diagonal[k], i, decays[4 + k], g[i] * g[i] + 1e-30);
    row[k] = column[k] = state.diagonal[k];
    factor_g[k].resize(n), factor_m[k].resize(n);
    if (!matrix) {
      for (std::size_t i = 0; i < n; ++i)
        factor_g[k][i] = 1 / std::sqrt(std::max(row[k][i] + 1e-9, 1e-9)),
        factor_m[k][i] = 1 / std::sqrt(row[k][i] + 1e-6);
      continue;
    }
    const std::size_t shorter = std::min(rows, columns), longer = std::max(rows, columns);
    const auto short_of = [&](std::size_t i) { return row_is_row ? i / columns : i % columns; };
    const auto long_of = [&](std::size_t i) { return row_is_row ? i % columns : i / columns; };
    std::vector<double> row_mean(shorter), column_mean(longer);
    for (std::size_t i = 0; i < n; ++i) {
      row_mean[short_of(i)] += (g[i] * g[i] + 1e-30) / static_cast<double>(longer);
      column_mean[long_of(i)] += (g[i] * g[i] + 1e-30) / static_cast<double>(shorter);
    }
    state.row[k].resize(shorter), state.column[k].resize(longer);
    double average = 0;
    for (std::size_t i = 0; i < shorter; ++i) {
      update(state.row[k], i, decays[4 + k], row_mean[i]);
      average += state.row[k][i] / static_cast<double>(shorter);
    }
    for (std::size_t i = 0; i < longer; ++i) update(state.column[k], i, decays[4 + k], column_mean[i]);
    for (std::size_t i = 0; i < n; ++i) {
      row[k][i] = state.row[k][short_of(i)], column[k][i] = state.column[k][long_of(i)];
      factor_g[k][i] = factor_m[k][i] =
          1 / std::sqrt(std::max(row[k][i] / (average + 1e-9), 1e-9)) / std::sqrt(std::max(column[k][i], 1e-9));
    }
  }
  std::vector<std::vector<double>> features(30, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const double r = 1 / std::sqrt(state.v[i] + static_cast<double>(shape.root_epsilon));
    features[0][i] = g[i], features[1][i] = point[i], features[5][i] = state.v[i], features[9][i] = r;
    for (std::size_t k = 0; k < 3; ++k) {
      const double m = state.m[k][i];
      features[2 + k][i] = m, features[6 + k][i] = m * r;
      features[10 + k][i] = g[i] * factor_g[k][i], features[25 + k][i] = m * factor_m[k][i];
      features[13 + k][i] = row[k][i], features[19 + k][i] = 1 / std::sqrt(row[k][i] + 1e-8);
      features[16 + k][i] = column[k][i], features[22 + k][i] = 1 / std::sqrt(column[k][i] + 1e-8);
    }
    features[28][i] = std::clamp(g[i], -0.1, 0.1), features[29][i] = g[i] * r;
  }
  features.resize(shape.features);
  for (auto& feature : features) {
    double square = 0;
    for (const double value : feature) square += value * value / static_cast<double>(n);
    for (double& value : feature) value /= std::sqrt(square + static_cast<double>(shape.square_epsilon));
  }
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> layer;
    for (const auto& feature : features) layer.push_back(feature[i]);
    const double scales[11] = {1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5};
    for (std::size_t k = 0; k < shape.times; ++k) layer.push_back(std::tanh(static_cast<double>(t) / scales[k] - 1));
    const double* w = weights.data();
    for (const std::size_t units : {shape.hidden, shape.hidden, shape.outputs}) {
      std::vector<double> next(w + layer.size() * units, w + (layer.size() + 1) * units);
      for (std::size_t j = 0; j < layer.size(); ++j)
        for (std::size_t k = 0; k < units; ++k) next[k] += layer[j] * w[j * units + k];
      w += (layer.size() + 1) * units;
      if (units == shape.hidden)
        for (double& unit : next) unit = std::max(0.0, unit);
      layer = next;
    }
    out[i] = shape.adam_for_vectors ? -layer[0] : -0.001 * layer[0] * std::exp(0.001 * layer[1]);
  }
  if (!shape.adam_for_vectors) return out;
  if (orthogonal) reference::newton_schulz(rows, columns, out);
  double square = 0;
  for (const double value : out) square += value * value / static_cast<double>(n);
  for (double& value : out) value /= std::sqrt(square + static_cast<double>(shape.square_epsilon));
  return out;
}

}  // namespace rover
