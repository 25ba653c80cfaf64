#include "env/analytic_heading.h"

#include <cmath>

#include "core/settings.h"

namespace rover {
namespace {

struct Vector2 {
  double u, v;
};

// Curvatures far below the grid's range of 1 are rounding and noise.
constexpr double damping = 1e-3;

Vector2 negative_gradient(const GridFit& fit) { return {-fit.gradient[0], -fit.gradient[1]}; }

Vector2 saddle_free_newton(const GridFit& fit) {
  const double mean = (fit.h_uu + fit.h_vv) / 2, half = (fit.h_uu - fit.h_vv) / 2;
  const double radius = std::hypot(half, fit.h_uv);
  const double angle = 0.5 * std::atan2(fit.h_uv, half), c = std::cos(angle),
               s = std::sin(angle);  // eigenvector of mean + radius
  const double along = c * fit.gradient[0] + s * fit.gradient[1], across = -s * fit.gradient[0] + c * fit.gradient[1];
  const double step = -along / (std::abs(mean + radius) + damping),
               other = -across / (std::abs(mean - radius) + damping);
  return {c * step - s * other, s * step + c * other};
}

class AnalyticHeading final : public Heading {
 public:
  using Rule = Vector2 (*)(const GridFit&);
  AnalyticHeading(const char* name, Rule rule) : name_(name), rule_(rule) {}
  std::string_view name() const override { return name_; }

  void headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                std::span<float> norms_b, std::span<float>) const override {
    if (n < 3) throw UsageError("the heading '" + std::string(name_) + "' needs a grid of at least 3×3");
    const std::size_t cells = n * n;
    for (std::size_t b = 0; b < norms_b.size(); ++b) {
      const Vector2 y = rule_(fit_grid(grids_bnn.subspan(b * cells, cells), n));
      const double norm = std::hypot(y.u, y.v);
      const bool flat = norm < 1e-12;  // no slope at all: any unit vector is as good
      directions_b2[2 * b] = flat ? 1 : static_cast<float>(y.u / norm);
      directions_b2[2 * b + 1] = flat ? 0 : static_cast<float>(y.v / norm);
      norms_b[b] = static_cast<float>(norm);
    }
  }

 private:
  const char* name_;
  Rule rule_;
};

}  // namespace

GridFit fit_grid(std::span<const float> grid_nn, std::size_t n) {
  const double spacing = 2 / (static_cast<double>(n) - 1);
  double squares = 0, fourths = 0;  // Σu², Σu⁴ along one side
  for (std::size_t a = 0; a < n; ++a) {
    const double u = static_cast<double>(a) * spacing - 1;
    squares += u * u, fourths += u * u * u * u;
  }
  const double count = static_cast<double>(n), mean = squares / count, spread = fourths - squares * mean;  // Σ(u² − m)²
  double f = 0, fu = 0, fv = 0, fuv = 0, fuu = 0, fvv = 0;
  for (std::size_t a = 0; a < n; ++a) {
    const double u = static_cast<double>(a) * spacing - 1;
    double row = 0, row_v = 0, row_vv = 0;
    for (std::size_t b = 0; b < n; ++b) {
      const double v = static_cast<double>(b) * spacing - 1, z = grid_nn[a * n + b];
      row += z, row_v += z * v, row_vv += z * v * v;
    }
    f += row, fu += row * u, fuu += row * u * u, fv += row_v, fuv += row_v * u, fvv += row_vv;
  }
  GridFit fit{};
  fit.gradient[0] = fu / (count * squares);
  fit.gradient[1] = fv / (count * squares);
  fit.h_uv = fuv / (squares * squares);
  fit.h_uu = 2 * (fuu - mean * f) / (count * spread);
  fit.h_vv = 2 * (fvv - mean * f) / (count * spread);
  return fit;
}

std::vector<std::string> analytic_headings() { return {"least-squares-gradient", "newton-fit"}; }

std::shared_ptr<const Heading> make_analytic_heading(const std::string& name) {
  if (name == "least-squares-gradient")
    return std::make_shared<AnalyticHeading>("least-squares-gradient", negative_gradient);
  if (name == "newton-fit") return std::make_shared<AnalyticHeading>("newton-fit", saddle_free_newton);
  throw UsageError(unknown_name("heading", name, analytic_headings()) + " (least-squares-gradient or newton-fit)");
}

}  // namespace rover
