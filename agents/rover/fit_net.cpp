#include "agents/rover/fit_net.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {
namespace {

constexpr std::size_t cubic_terms = 10, quadratic_terms = 6, channel_candidates = 12, channel_invariants = 26;
constexpr float invariant_scale = 0.3f;   // brings the invariants, clamped to ±20, near the tanh's range
constexpr std::size_t largest_side = 64;  // the fits' pseudo-inverses take n⁴ steps
constexpr std::size_t chunk = 64;         // rows worked on at once: everything stays in the first-level cache

struct Fit {  // a quadratic model around the middle of the grid, in units of half a window
  float slope[2], hessian_xx, hessian_xy, hessian_yy;
};

float sign(float v) { return static_cast<float>((v > 0) - (v < 0)); }

// Four candidates that turn with the surface and nine invariants of one local fit.
void describe_fit(const Fit& fit, float*& candidates, float*& invariants) {
  const float mean = (fit.hessian_xx + fit.hessian_yy) / 2, half_difference = (fit.hessian_xx - fit.hessian_yy) / 2;
  const float radius = std::sqrt(half_difference * half_difference + fit.hessian_xy * fit.hessian_xy + 1e-20f);
  const float curvature1 = mean + radius, curvature2 = mean - radius;
  const float angle = std::atan2(fit.hessian_xy, half_difference) / 2, c = std::cos(angle), s = std::sin(angle);
  const float along1 = c * fit.slope[0] + s * fit.slope[1], along2 = -s * fit.slope[0] + c * fit.slope[1];
  const float newton1 = -along1 / (std::abs(curvature1) + 1e-3f), newton2 = -along2 / (std::abs(curvature2) + 1e-3f);
  const float newton[2] = {newton1 * c - newton2 * s,
                           newton1 * s + newton2 * c};  // saddle-free: divides by |curvature|
  const float newton_length = std::max(std::hypot(newton[0], newton[1]), 1e-9f);
  const float slope_length = std::max(std::hypot(fit.slope[0], fit.slope[1]), 1e-9f);
  const auto push = [&](float x, float y) { *candidates++ = x, *candidates++ = y; };
  push(-fit.slope[0] / slope_length, -fit.slope[1] / slope_length);
  push(newton[0] / newton_length, newton[1] / newton_length);
  push(-sign(along1) * c, -sign(along1) * s);
  push(sign(along2) * s, -sign(along2) * c);
  for (const float value : {slope_length, std::log(slope_length), std::log(newton_length), curvature1, curvature2,
                            std::abs(along1 / slope_length), std::log1p(std::min(std::abs(newton1), 20.f)),
                            std::log1p(std::min(std::abs(newton2), 20.f)), sign(curvature2)})
    *invariants++ = value;
}

}  // namespace

struct FitNet::Projections {
  std::size_t cells;
  std::vector<float> fits;   // [cells, 16]: the cubic fit's 10 coefficients, then the centre-weighted quadratic fit's 6
  std::vector<float> cubic;  // [10, cells]: the cubic model's values
  std::vector<float> u, v;   // [cells] the cells' places in [−1, 1]²
  std::vector<float> zero16, zero_cells;

  explicit Projections(std::size_t n) : cells(n * n), u(cells), v(cells), zero16(16), zero_cells(cells) {
    const double middle = (static_cast<double>(n) - 1) / 2;
    Eigen::MatrixXd terms(cells, cubic_terms);
    Eigen::VectorXd weight(cells);
    for (std::size_t k = 0; k < cells; ++k) {
      const double x = static_cast<double>(k / n) / middle - 1, y = static_cast<double>(k % n) / middle - 1;
      u[k] = static_cast<float>(x), v[k] = static_cast<float>(y);
      terms.row(static_cast<Eigen::Index>(k)) << 1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y,
          y * y * y;
      weight[static_cast<Eigen::Index>(k)] = std::sqrt(std::exp(-(x * x + y * y) / (2 * 0.35 * 0.35)));
    }
    const Eigen::MatrixXd whole = terms.completeOrthogonalDecomposition().pseudoInverse();
    const Eigen::MatrixXd weighted = weight.asDiagonal() * terms.leftCols(quadratic_terms);
    const Eigen::MatrixXd centre = weighted.completeOrthogonalDecomposition().pseudoInverse() * weight.asDiagonal();
    fits.resize(cells * 16), cubic.resize(cubic_terms * cells);
    for (std::size_t k = 0; k < cells; ++k) {
      const auto column = static_cast<Eigen::Index>(k);
      for (std::size_t t = 0; t < cubic_terms; ++t) {
        fits[k * 16 + t] = static_cast<float>(whole(static_cast<Eigen::Index>(t), column));
        cubic[t * cells + k] = static_cast<float>(terms(column, static_cast<Eigen::Index>(t)));
      }
      for (std::size_t t = 0; t < quadratic_terms; ++t)
        fits[k * 16 + cubic_terms + t] = static_cast<float>(centre(static_cast<Eigen::Index>(t), column));
    }
  }
};

namespace {

void check(const FitNetOptions& options) {
  if (options.grid_size < 4 || options.grid_size > largest_side)
    throw UsageError("a FitNet needs grids of 4 to " + std::to_string(largest_side) + " cells a side, not " +
                     std::to_string(options.grid_size));
  if (options.hidden == 0 || options.hidden > nn::largest_width)
    throw UsageError("a FitNet needs hidden ≥ 1, at most " + std::to_string(nn::largest_width));
}

nn::Layout layout(const FitNetOptions& options) {
  const std::size_t channels = options.robust ? 2 : 1, hidden = options.hidden, k = channels * channel_candidates;
  const std::size_t inputs = channels * channel_invariants + (options.robust ? 1 : 0);
  return {{"w1", {inputs, hidden}}, {"b1", {hidden}},    {"w2", {hidden, hidden}},
          {"b2", {hidden}},         {"w3", {hidden, k}}, {"b3", {k}}};
}

}  // namespace

FitNet::FitNet(const FitNetOptions& options, std::uint64_t seed) : options_(options) {
  check(options);
  for (auto& [name, shape] : layout(options)) parameters_.add(name, std::move(shape));
  RandomStream stream = make_stream(seed, 0, "fit-net");
  for (const char* name : {"w1", "b1"}) parameters_.initialise(name, invariants(), stream);
  for (const char* name : {"w2", "b2", "w3", "b3"}) parameters_.initialise(name, options.hidden, stream);
  projections_ = std::make_shared<Projections>(options.grid_size);
}

// Rows of one channel: candidates are written with stride `candidate_stride`, invariants with `invariant_stride`.
void FitNet::propose_channel(std::span<const float> grids_bnn, float* candidates, std::size_t candidate_stride,
                             float* invariants, std::size_t invariant_stride) const {
  const Projections& p = *projections_;
  const std::size_t rows = grids_bnn.size() / p.cells;
  thread_local std::vector<float> coefficients, cubic, modelled;
  coefficients.resize(rows * 16), cubic.resize(rows * cubic_terms), modelled.resize(rows * p.cells);
  nn::dense(p.fits, p.zero16, grids_bnn, coefficients);
  for (std::size_t b = 0; b < rows; ++b) std::copy_n(&coefficients[b * 16], cubic_terms, &cubic[b * cubic_terms]);
  nn::dense(p.cubic, p.zero_cells, cubic, modelled);
  const auto fit_of = [](const float* c) { return Fit{{c[1], c[2]}, 2 * c[3], c[4], 2 * c[5]}; };
  const float cells = static_cast<float>(p.cells);
  for (std::size_t b = 0; b < rows; ++b) {
    const std::span<const float> grid = grids_bnn.subspan(b * p.cells, p.cells);
    float *e = candidates + b * candidate_stride, *i = invariants + b * invariant_stride;
    float* const first = i;
    describe_fit(fit_of(&coefficients[b * 16]), e, i);
    float residual = 0, sum = 0, squares = 0;
    for (std::size_t k = 0; k < p.cells; ++k) {
      const float error = grid[k] - modelled[b * p.cells + k];
      residual += error * error, sum += grid[k], squares += grid[k] * grid[k];
    }
    residual = std::sqrt(residual / cells);
    *i++ = residual, *i++ = std::log(residual + 1e-4f);
    describe_fit(fit_of(&coefficients[b * 16 + cubic_terms]), e, i);
    for (const float temperature : {3.f, 10.f, 40.f, 200.f}) {
      const nn::SoftMinimum mean = nn::soft_minimum(grid, p.u, p.v, temperature);
      const float length = std::max(std::hypot(mean.u, mean.v), 1e-6f), trust = 1 / (length + 0.02f);
      *e++ = mean.u * trust, *e++ = mean.v * trust;
      if (temperature > 3) *i++ = length;
    }
    *i++ = sum / cells, *i++ = std::sqrt(std::max(squares - sum * sum / cells, 0.f) / (cells - 1)),
    *i++ = squares / cells;
    for (float* value = first; value != i; ++value) *value = std::clamp(*value, -20.f, 20.f) * invariant_scale;
  }
}

void FitNet::proposals(std::span<const float> grids_bnn, std::span<float> candidates_bk2,
                       std::span<float> invariants_bi) const {
  const std::size_t cells = projections_->cells, rows = grids_bnn.size() / cells, k2 = candidates() * 2,
                    count = invariants();
  thread_local std::vector<float> robust, sorted;
  for (std::size_t begin = 0; begin < rows; begin += chunk) {
    const std::size_t size = std::min(chunk, rows - begin);
    const auto grids = grids_bnn.subspan(begin * cells, size * cells);
    float *e = &candidates_bk2[begin * k2], *i = &invariants_bi[begin * count];
    propose_channel(grids, e, k2, i, count);
    if (!options_.robust) continue;
    robust.resize(size * cells), sorted.resize(cells);
    const double place = 0.3 * static_cast<double>(cells - 1);  // the 30% quantile, linearly interpolated
    const auto below = static_cast<std::size_t>(place);
    const auto share = static_cast<float>(place - static_cast<double>(below));
    for (std::size_t b = 0; b < size; ++b) {
      const float* grid = &grids[b * cells];
      std::copy_n(grid, cells, sorted.begin());
      const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(below);
      std::nth_element(sorted.begin(), middle, sorted.end());
      const float low = *middle, high = *std::min_element(middle + 1, sorted.end());
      const float m = low + share * (high - low) + 1e-3f;
      for (std::size_t k = 0; k < cells; ++k) robust[b * cells + k] = grid[k] * (1 + m) / (grid[k] + m);
      i[b * count + 2 * channel_invariants] = std::log(m) * invariant_scale;
    }
    propose_channel(robust, e + 2 * channel_candidates, k2, i + channel_invariants, count);
  }
}

void FitNet::headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                      std::span<float> norms_b, std::span<float> features_bf) const {
  if (n != options_.grid_size)
    throw std::invalid_argument("this FitNet reads grids of " + std::to_string(options_.grid_size) + "×" +
                                std::to_string(options_.grid_size));
  const std::size_t cells = n * n, rows = norms_b.size(), k = candidates(), hidden = options_.hidden,
                    count = invariants();
  thread_local std::vector<float> e, i, h1, h2, w;
  for (std::size_t begin = 0; begin < rows; begin += chunk) {
    const std::size_t size = std::min(chunk, rows - begin);
    e.resize(size * k * 2), i.resize(size * count), h1.resize(size * hidden), h2.resize(size * hidden),
        w.resize(size * k);
    proposals(grids_bnn.subspan(begin * cells, size * cells), e, i);
    nn::dense(block(0), block(1), i, h1);
    nn::relu(h1);
    nn::dense(block(2), block(3), h1, h2);
    nn::tanh(h2);
    nn::dense(block(4), block(5), h2, w);
    if (!features_bf.empty()) std::ranges::copy(h2, features_bf.begin() + static_cast<std::ptrdiff_t>(begin * hidden));
    for (std::size_t b = 0; b < size; ++b) {
      float y[2] = {0, 0};
      for (std::size_t c = 0; c < k; ++c)
        for (std::size_t axis = 0; axis < 2; ++axis) y[axis] += w[b * k + c] * e[(b * k + c) * 2 + axis];
      write_direction(y[0], y[1], directions_b2.subspan((begin + b) * 2, 2), norms_b[begin + b]);
    }
  }
}

std::span<const float> FitNet::block(std::size_t index) const {
  const nn::Block& found = parameters_.blocks()[index];
  return parameters_.flat().subspan(found.offset, found.size);
}

void FitNet::save(Checkpoint& out) const {
  out.put_text("kind", "fit-net");
  for (const auto& [key, text] : to_settings(options_)) out.put_text("options/" + key, text);
  parameters_.save(out, "weights/");
}

std::unique_ptr<FitNet> FitNet::load(const Checkpoint& in) {
  return nn::from_file([&] {
    const auto options = from_settings<FitNetOptions>(in.group("options").texts());
    check(options);
    nn::require_layout(in, "weights/", layout(options));  // before memory is taken for it
    auto net = std::make_unique<FitNet>(options, 0);
    net->parameters_.load(in, "weights/");
    return net;
  });
}

}  // namespace rover
