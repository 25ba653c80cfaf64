#include "env/landscapes/differenced.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rover {
namespace {

class Differenced final : public Landscape {
 public:
  explicit Differenced(std::shared_ptr<const Landscape> base) : base_(std::move(base)) {}
  std::string_view name() const override { return base_->name(); }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return base_->domain(); }
  std::optional<Optimum> optimum() const override { return base_->optimum(); }
  Layout layout() const override { return base_->layout(); }
  void sample_start(RandomStream& stream, MutReals start) const override { base_->sample_start(stream, start); }
  bool is_noisy() const override { return base_->is_noisy(); }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }

  void values(Reals points, MutReals values, RandomStream* noise) const override {
    base_->values(points, values, noise);
  }
  void slices(Reals point, std::span<const Slice> slices, std::size_t n, MutReals grids,
              RandomStream* noise) const override {
    base_->slices(point, slices, n, grids, noise);
  }
  void gradients(Reals points, MutReals gradients, RandomStream* noise) const override {
    std::vector<double> values(points.size() / dimension());
    values_and_gradients(points, values, gradients, noise);
  }
  void hessians(Reals points, MutReals hessians) const override {
    std::vector<double> values(points.size() / dimension()), gradients(points.size());
    values_and_derivatives(points, values, gradients, hessians, nullptr);
  }

  void values_and_gradients(Reals points, MutReals values, MutReals gradients, RandomStream* noise) const override {
    const std::size_t d = dimension();
    Samples samples;  // no thread's: a base whose values come from outside may pause (agents/ask_tell.h)
    for (std::size_t k = 0; k < values.size(); ++k) {
      const Reals x = points.subspan(k * d, d);
      centre(x, gradient_step, 1, samples);
      for (std::size_t i = 0; i < d; ++i) samples.add({{i, 1.0}}), samples.add({{i, -1.0}});
      samples.evaluate(*base_, noise);
      values[k] = first_order(x, samples, gradients.subspan(k * d, d));
    }
  }

  void values_and_derivatives(Reals points, MutReals values, MutReals gradients, MutReals hessians,
                              RandomStream* noise) const override {
    const std::size_t d = dimension();
    Samples samples;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const Reals x = points.subspan(k * d, d);
      const MutReals g = gradients.subspan(k * d, d), h = hessians.subspan(k * d * d, d * d);
      centre(x, hessian_step, 2, samples);
      for (std::size_t i = 0; i < d; ++i) samples.add({{i, 1.0}}), samples.add({{i, -1.0}});
      for (std::size_t i = 0; i < d; ++i) samples.add({{i, 2.0}}), samples.add({{i, -2.0}});
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < i; ++j)
          for (const double a : {1.0, -1.0})
            for (const double b : {1.0, -1.0}) samples.add({{i, a}, {j, b}});
      samples.evaluate(*base_, noise);
      const auto& f = samples.values;
      // Where the samples had to move, the derivatives are those of the middle; the gradient is then carried to x.
      std::size_t next = 4 * d;
      for (std::size_t i = 0; i < d; ++i) {
        const double s = samples.step[i];
        h[i * d + i] = (f[2 * d + 2 * i] + f[2 * d + 2 * i + 1] - f[2 * i] - f[2 * i + 1]) / (3 * s * s);
        for (std::size_t j = 0; j < i; ++j, next += 4)
          h[i * d + j] = h[j * d + i] = (f[next] - f[next + 1] - f[next + 2] + f[next + 3]) / (4 * s * samples.step[j]);
      }
      values[k] = first_order(x, samples, g);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < d; ++j) g[i] += h[i * d + j] * (x[j] - samples.middle[j]);
    }
  }

 private:
  static constexpr double gradient_step = 6e-6, hessian_step = 1.2e-4;  // ε^⅓ and ε^¼ balance rounding and truncation

  /// A point's samples: a middle, a step a coordinate, and offsets in steps.
  struct Samples {
    struct Offset {
      std::size_t i;
      double steps;
    };
    std::vector<double> middle, step, points, values;

    void add(std::initializer_list<Offset> offsets) {
      const std::size_t first = points.size();
      points.insert(points.end(), middle.begin(), middle.end());
      for (const auto& [i, steps] : offsets) points[first + i] += steps * step[i];
    }
    void evaluate(const Landscape& f, RandomStream* noise) {
      values.resize(points.size() / middle.size());
      f.values(points, values, noise);
    }
  };

  // The middle is x, or as far from the edges as the samples reach.
  void centre(Reals x, double relative, double reach, Samples& out) const {
    const Box& box = domain();
    out.middle.assign(x.begin(), x.end());
    out.step.resize(x.size());
    out.points.clear();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double width = box.high[i] - box.low[i], known = std::isfinite(width) ? width : 10;
      out.step[i] = relative * std::max(std::abs(x[i]), known / 10);
      const double margin = std::min(reach * out.step[i], width / 2);
      out.step[i] = margin / reach;
      if (x[i] >= box.low[i] && x[i] <= box.high[i])
        out.middle[i] = std::clamp(x[i], box.low[i] + margin, box.high[i] - margin);
    }
  }

  // Gradient and value from the samples ± one step, which come first.
  static double first_order(Reals x, const Samples& samples, MutReals gradient) {
    const auto& f = samples.values;
    double sum = 0, moved = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      gradient[i] = (f[2 * i] - f[2 * i + 1]) / (2 * samples.step[i]);
      sum += (f[2 * i] + f[2 * i + 1]) / 2;
      moved += gradient[i] * (x[i] - samples.middle[i]);
    }
    return sum / static_cast<double>(x.size()) + moved;
  }

  std::shared_ptr<const Landscape> base_;
};

}  // namespace

std::unique_ptr<Landscape> make_differenced(std::shared_ptr<const Landscape> base) {
  return std::make_unique<Differenced>(std::move(base));
}

}  // namespace rover
