#include "env/landscape.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "core/settings.h"

namespace rover {

void Landscape::sample_start(RandomStream& stream, MutReals start_d) const {
  const Box& box = domain();
  for (std::size_t i = 0; i < start_d.size(); ++i) start_d[i] = stream.uniform(box.low[i], box.high[i]);
}

void Landscape::values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                                     RandomStream* noise) const {
  values(points_nd, values_n, noise);
  gradients(points_nd, gradients_nd, noise);
}

void Landscape::values_and_derivatives(Reals points_nd, MutReals values_n, MutReals gradients_nd, MutReals hessians_ndd,
                                       RandomStream* noise) const {
  values_and_gradients(points_nd, values_n, gradients_nd, noise);
  hessians(points_nd, hessians_ndd);
}

void Landscape::gradients(Reals, MutReals, RandomStream*) const {
  throw std::logic_error("the landscape '" + std::string(name()) + "' has no gradient");
}

void Landscape::hessians(Reals, MutReals) const {
  throw std::logic_error("the landscape '" + std::string(name()) + "' has no Hessian");
}

void Landscape::hessian_product(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const {
  constexpr std::size_t few = 16;
  // Of ‖θ‖: rounding and the third derivative then both change the ninth digit; and where f has kinks, as networks of
  // rectifiers, hardly ever does one lie between, whose jump would be divided by the distance.
  constexpr double distance = 1e-6;
  const std::size_t d = point_d.size();
  if (has_hessian() && d <= few && noise == nullptr) {
    double hessian[few * few];
    hessians(point_d, {hessian, d * d});
    for (std::size_t i = 0; i < d; ++i) {
      product_d[i] = 0;
      for (std::size_t j = 0; j < d; ++j) product_d[i] += hessian[i * d + j] * vector_d[j];
    }
    return;
  }
  double of_vector = 0, of_point = 0, width = 0;
  for (std::size_t i = 0; i < d; ++i) {
    of_vector += vector_d[i] * vector_d[i], of_point += point_d[i] * point_d[i];
    width = std::max(width, domain().high[i] - domain().low[i]);
  }
  std::ranges::fill(product_d, 0.0);
  if (of_vector == 0) return;
  const double h = distance * std::max(std::sqrt(of_point), 1e-3 * width) / std::sqrt(of_vector);
  thread_local std::vector<double> moved, slope;
  moved.resize(d), slope.resize(d);
  for (const double step : {h, -h}) {
    for (std::size_t i = 0; i < d; ++i) moved[i] = point_d[i] + step * vector_d[i];
    RandomStream same = noise ? *noise : RandomStream{};
    gradients(moved, slope, noise ? &same : nullptr);
    for (std::size_t i = 0; i < d; ++i) product_d[i] += slope[i] / (2 * step);
    if (noise && step < 0) *noise = same;
  }
}

double Landscape::validation(Reals) const {
  throw std::logic_error("the landscape '" + std::string(name()) + "' has no validation data");
}

void Landscape::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                       RandomStream* noise) const {
  thread_local std::vector<double> points;
  const std::size_t d = point_d.size(), cells = n * n;
  points.resize(cells * d);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    slice_points(point_d, slices[s], n, points);
    values(points, grids_snn.subspan(s * cells, cells), noise);
  }
}

void slice_points(Reals point_d, const Slice& slice, std::size_t n, MutReals points_nnd) {
  const std::size_t d = point_d.size();
  const double middle = (static_cast<double>(n) - 1) / 2;
  double* row = points_nnd.data();
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b, row += d) {
      for (std::size_t k = 0; k < d; ++k) row[k] = point_d[k];
      row[slice.i] += (static_cast<double>(a) - middle) * slice.resolution;
      row[slice.j] += (static_cast<double>(b) - middle) * slice.resolution;
    }
}

void check_landscape(const Landscape& landscape, bool infinite_domain) {
  const std::size_t d = landscape.dimension();
  const auto require = [&](bool holds, const std::string& what) {
    if (!holds) throw UsageError("the landscape '" + std::string(landscape.name()) + "' " + what);
  };
  const auto finite = [](double x) { return std::isfinite(x); };
  const auto of = [](std::size_t count) {
    return std::to_string(count) + (count == 1 ? " coordinate" : " coordinates");
  };
  require(d >= 1, "has no coordinates: its dimension must be at least 1");
  const Box& box = landscape.domain();
  require(box.low.size() == d && box.high.size() == d, "has dimension " + std::to_string(d) + ", but its domain has " +
                                                           of(box.low.size()) + " below and " + of(box.high.size()) +
                                                           " above");
  for (std::size_t i = 0; i < d; ++i) {
    const std::string where = "coordinate " + std::to_string(i) + " of its domain goes from " +
                              detail::to_text(box.low[i]) + " to " + detail::to_text(box.high[i]);
    require(box.low[i] < box.high[i], "needs a domain with low < high: " + where);
    if (!infinite_domain)
      require(finite(box.low[i]) && finite(box.high[i] - box.low[i]), "needs a finite domain: " + where);
  }
  const auto optimum = landscape.optimum();
  if (!optimum) return;
  require(optimum->point.size() == d,
          "has dimension " + std::to_string(d) + ", but its optimum has " + of(optimum->point.size()));
  require(finite(optimum->value) && std::ranges::all_of(optimum->point, finite), "says an optimum that is not finite");
}

double Landscape::value(Reals point_d) const {
  double f = 0;
  values(point_d, {&f, 1}, nullptr);
  return f;
}

}  // namespace rover
