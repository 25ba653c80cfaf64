#pragma once
// Surfaces and headings small enough to compute by hand.

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "env/heading.h"
#include "env/landscape.h"
#include "env/landscapes/registry.h"

namespace rover::testing {

/// f = offset + Σ weight_k x_k² with weights 1, 4, 9, …; on [−5, 5]^d.
struct Bowl : Landscape {
  explicit Bowl(std::size_t d = 2, double offset_ = 0, double noise_deviation_ = 0)
      : box{std::vector<double>(d, -5), std::vector<double>(d, 5)},
        offset(offset_),
        noise_deviation(noise_deviation_) {}
  std::string_view name() const override { return "bowl"; }
  std::size_t dimension() const override { return box.low.size(); }
  const Box& domain() const override { return box; }
  std::optional<Optimum> optimum() const override { return Optimum{std::vector<double>(dimension(), 0.0), offset}; }
  bool is_noisy() const override { return noise_deviation > 0; }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  static double weight(std::size_t k) { return static_cast<double>((k + 1) * (k + 1)); }
  void values(Reals points, MutReals values, RandomStream* noise) const override {
    const std::size_t d = dimension();
    for (std::size_t p = 0; p < values.size(); ++p) {
      values[p] = offset;
      for (std::size_t k = 0; k < d; ++k) values[p] += weight(k) * points[p * d + k] * points[p * d + k];
      if (noise && is_noisy()) values[p] += noise_deviation * noise->normal();
    }
  }
  void gradients(Reals points, MutReals gradients, RandomStream*) const override {
    for (std::size_t k = 0; k < gradients.size(); ++k) gradients[k] = 2 * weight(k % dimension()) * points[k];
  }
  void hessians(Reals, MutReals hessians) const override {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < hessians.size(); ++k)
      hessians[k] = k % (d * d) % (d + 1) == 0 ? 2 * weight(k % (d * d) / (d + 1)) : 0;
  }
  Box box;
  double offset, noise_deviation;
};

/// The bowl, with nan where x₀ > 3.
struct Hole : Bowl {
  std::string_view name() const override { return "hole"; }
  bool has_gradient() const override { return false; }
  void values(Reals points, MutReals values, RandomStream* noise) const override {
    Bowl::values(points, values, noise);
    for (std::size_t p = 0; p < values.size(); ++p)
      if (points[2 * p] > 3) values[p] = std::numeric_limits<double>::quiet_NaN();
  }
};

/// Always the same direction; ‖y‖ = 2; features: the grid's first and last entries.
struct Compass : Heading {
  float u, v;
  explicit Compass(float u_ = -1, float v_ = 0) : u(u_), v(v_) {}
  std::string_view name() const override { return "compass"; }
  std::size_t feature_count() const override { return 2; }
  void headings(std::span<const float> grids, std::size_t n, std::span<float> directions, std::span<float> norms,
                std::span<float> features) const override {
    for (std::size_t b = 0; b < norms.size(); ++b) {
      directions[2 * b] = u, directions[2 * b + 1] = v, norms[b] = 2;
      features[2 * b] = grids[b * n * n], features[2 * b + 1] = grids[(b + 1) * n * n - 1];
    }
  }
};

/// One surface from one start.
inline std::shared_ptr<InstancePool> single(std::shared_ptr<const Landscape> landscape, std::vector<double> start) {
  InstancePool pool{{std::string(landscape->name())}, {}};
  const double value = landscape->value(start);
  const Optimum optimum = *landscape->optimum();
  pool.instances.push_back({std::move(landscape), std::move(start), value, optimum.value, optimum.point});
  return std::make_shared<InstancePool>(std::move(pool));
}

/// Three bowls, one of them noisy, from different starts.
inline std::shared_ptr<InstancePool> bowls() {
  auto pool = single(std::make_shared<Bowl>(), {4, 1});
  pool->instances.push_back(single(std::make_shared<Bowl>(2, -7, 0.25), {-3, 2})->instances[0]);
  pool->instances.push_back(single(std::make_shared<Bowl>(2, 100), {0.5, -4})->instances[0]);
  return pool;
}

}  // namespace rover::testing
