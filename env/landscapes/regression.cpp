#include "env/landscapes/regression.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "env/kernels/columns.h"
#include "env/landscapes/network.h"

namespace rover {
namespace {

std::function<double(double)> draw_function(RegressionFamily family, RandomStream& stream) {
  switch (family) {
    case RegressionFamily::sinusoid: {
      const double amplitude = stream.uniform(0.5, 2), frequency = stream.uniform(0.5, 3),
                   phase = stream.uniform(0, 2 * std::numbers::pi), offset = stream.uniform(-0.5, 0.5);
      return [=](double x) { return amplitude * std::sin(frequency * x + phase) + offset; };
    }
    case RegressionFamily::polynomial: {
      const bool cubic = stream.below(2) == 1;
      double a[4];
      for (double& coefficient : a) coefficient = stream.uniform(-1, 1);
      if (!cubic) a[3] = 0;
      return [=](double x) { return a[0] + x * (a[1] + x * (a[2] + x * a[3])); };
    }
    case RegressionFamily::exponential: {
      const double amplitude = stream.uniform(0.3, 1), rate = stream.uniform(-0.5, 0.5),
                   offset = stream.uniform(-0.5, 0.5);
      return [=](double x) { return amplitude * std::exp(rate * x) + offset; };
    }
  }
  throw std::invalid_argument("no such family of regression tasks");
}

/// Inputs and outputs as columns.
NetworkData columns(std::span<const double> x, std::span<const double> y, double target_scale) {
  const std::size_t n = kernels::padded(x.size());
  NetworkData out{x.size(), std::vector<double>(n), std::vector<double>(n)};
  std::ranges::copy(x, out.inputs.begin());
  std::ranges::transform(y, out.targets.begin(), [&](double value) { return target_scale * value; });
  return out;
}

NetworkOptions network_of(const RegressionOptions& options) {
  NetworkOptions out{.widths = {1}, .activation = parse_activation(options.activation), .loss = NetworkLoss::squared};
  out.widths.insert(out.widths.end(), options.hidden.begin(), options.hidden.end());
  out.widths.push_back(1);
  out.start = NetworkStart::scaled_weights;
  return out;
}

}  // namespace

std::string_view regression_name(RegressionFamily family) {
  constexpr std::string_view names[] = {"sinusoid", "polynomial", "exponential"};
  return names[static_cast<std::size_t>(family)];
}

RegressionTask draw_regression(RegressionFamily family, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "regression");
  const auto f = draw_function(family, stream);
  RegressionTask out;
  out.family = family;
  stream.normals(out.y);
  double mean = 0, variance = 0;
  for (std::size_t s = 0; s < out.train; ++s) {
    const double x = stream.uniform(-2, 2);
    out.x[s] = x / 2, out.y[s] = f(x) + out.noise * out.y[s];
    mean += out.y[s] / out.train;
  }
  for (const double y : out.y) variance += (y - mean) * (y - mean) / (out.train - 1);
  const double deviation = std::sqrt(variance) + 1e-6;
  for (double& y : out.y) y = (y - mean) / deviation;
  for (std::size_t s = 0; s < out.validation; ++s) {
    const double x = -2 + 4 * static_cast<double>(s) / (out.validation - 1);
    out.grid_x[s] = x / 2, out.grid_y[s] = (f(x) - mean) / deviation;
  }
  return out;
}

void RegressionNetwork::sample_start(RandomStream& stream, MutReals start_d) {
  std::ranges::fill(start_d, 0.0);
  stream.normals(start_d.first(hidden));
  const MutReals upper = start_d.subspan(2 * hidden, hidden);
  stream.normals(upper);
  for (double& weight : upper) weight /= std::sqrt(static_cast<double>(hidden));
}

std::unique_ptr<Landscape> make_regression(const RegressionTask& task, const RegressionOptions& options) {
  return std::make_unique<Network>(std::string(regression_name(task.family)),
                                   columns(task.x, task.y, options.target_scale), network_of(options),
                                   columns(task.grid_x, task.grid_y, options.target_scale));
}

std::unique_ptr<Landscape> make_regression_judge(const RegressionTask& task, const RegressionOptions& options) {
  return std::make_unique<Network>(std::string(regression_name(task.family)),
                                   columns(task.grid_x, task.grid_y, options.target_scale), network_of(options));
}

}  // namespace rover
