#include "env/landscapes/function.h"

#include <algorithm>
#include <cmath>

#include "core/settings.h"

namespace rover {
namespace {

class Function final : public Landscape {
 public:
  Function(std::function<double(Reals)> f, Box box, FunctionOptions options)
      : f_(std::move(f)), box_(std::move(box)), options_(std::move(options)) {
    const auto require = [this](bool holds, const std::string& what) {
      if (!holds) throw UsageError("the landscape '" + options_.name + "' " + what);
    };
    const std::size_t d = box_.low.size();
    require(static_cast<bool>(f_), "has no function");
    require(d > 0, "has a box without coordinates");
    require(box_.high.size() == d,
            "has a box of " + std::to_string(d) + " lower and " + std::to_string(box_.high.size()) + " upper bounds");
    for (std::size_t i = 0; i < d; ++i)
      require(box_.low[i] < box_.high[i] && std::isfinite(box_.low[i]) && std::isfinite(box_.high[i]),
              "needs finite bounds, the lower below the upper, for coordinate " + std::to_string(i));
    require(options_.noise_deviation >= 0 && std::isfinite(options_.noise_deviation),
            "needs a noise deviation that is finite and not negative");
    if (!options_.optimum) return;
    require(options_.optimum->point.size() == d && std::isfinite(options_.optimum->value) &&
                std::ranges::all_of(options_.optimum->point, [](double x) { return std::isfinite(x); }),
            "has an optimum that is not " + std::to_string(d) + " finite coordinates and a finite value");
  }
  std::string_view name() const override { return options_.name; }
  std::size_t dimension() const override { return box_.low.size(); }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return options_.optimum; }
  bool is_noisy() const override { return options_.noise_deviation > 0; }
  bool has_gradient() const override { return static_cast<bool>(options_.gradient); }
  bool has_hessian() const override { return static_cast<bool>(options_.hessian); }

  void values(Reals points, MutReals values, RandomStream* noise) const override {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = f_(points.subspan(k * d, d));
      if (noise && is_noisy()) values[k] += options_.noise_deviation * noise->normal();
    }
  }
  void gradients(Reals points, MutReals out, RandomStream* noise) const override {
    if (!has_gradient()) return Landscape::gradients(points, out, noise);
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < points.size(); k += d) options_.gradient(points.subspan(k, d), out.subspan(k, d));
  }
  void hessians(Reals points, MutReals out) const override {
    if (!has_hessian()) return Landscape::hessians(points, out);
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < points.size(); k += d)
      options_.hessian(points.subspan(k, d), out.subspan(k * d, d * d));
  }

 private:
  std::function<double(Reals)> f_;
  Box box_;
  FunctionOptions options_;
};

}  // namespace

std::unique_ptr<Landscape> make_function(std::function<double(Reals)> f, Box box, FunctionOptions options) {
  return std::make_unique<Function>(std::move(f), std::move(box), std::move(options));
}

}  // namespace rover
