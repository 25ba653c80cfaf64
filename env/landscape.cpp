#include "env/landscape.h"

#include <stdexcept>
#include <string>

namespace rover {

void Landscape::sample_start(RandomStream& stream, MutReals start_d) const {
  const Box& box = domain();
  for (std::size_t i = 0; i < start_d.size(); ++i) start_d[i] = stream.uniform(box.low[i], box.high[i]);
}

void Landscape::gradients(Reals, MutReals, RandomStream*) const {
  throw std::logic_error("the landscape '" + std::string(name()) + "' has no gradient");
}

void Landscape::hessians(Reals, MutReals) const {
  throw std::logic_error("the landscape '" + std::string(name()) + "' has no Hessian");
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

double Landscape::value(Reals point_d) const {
  double f = 0;
  values(point_d, {&f, 1}, nullptr);
  return f;
}

}  // namespace rover
