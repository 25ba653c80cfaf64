#include "env/landscapes/regularized.h"

#include <algorithm>

namespace rover {
namespace {

class Regularized final : public Landscape {
 public:
  Regularized(std::shared_ptr<const Landscape> base, double weight)
      : base_(std::move(base)), weight_(weight), name_("regularized " + std::string(base_->name())) {
    for (std::size_t i = 0; i < base_->dimension(); ++i)
      centre_.push_back(base_->domain().low[i] + (base_->domain().high[i] - base_->domain().low[i]) / 2);
  }
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return base_->domain(); }
  Layout layout() const override { return base_->layout(); }
  void sample_start(RandomStream& stream, MutReals start) const override { base_->sample_start(stream, start); }
  bool is_noisy() const override { return base_->is_noisy(); }
  bool has_gradient() const override { return base_->has_gradient(); }
  bool has_hessian() const override { return base_->has_hessian(); }
  double noise_free_cost() const override { return base_->noise_free_cost(); }
  bool has_validation() const override { return base_->has_validation(); }
  double validation(Reals point) const override { return base_->validation(point); }
  std::optional<Optimum> optimum() const override {
    auto of_base = base_->optimum();
    if (of_base && of_base->point != centre_) of_base.reset();
    return of_base;
  }

  void values(Reals points, MutReals values, RandomStream* noise) const override {
    base_->values(points, values, noise);
    add_bowl(points, values);
  }
  void gradients(Reals points, MutReals gradients, RandomStream* noise) const override {
    base_->gradients(points, gradients, noise);
    add_slope(points, gradients);
  }
  void values_and_gradients(Reals points, MutReals values, MutReals gradients, RandomStream* noise) const override {
    base_->values_and_gradients(points, values, gradients, noise);
    add_bowl(points, values), add_slope(points, gradients);
  }
  void hessians(Reals points, MutReals hessians) const override {
    base_->hessians(points, hessians);
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < hessians.size(); k += d * d)
      for (std::size_t i = 0; i < d; ++i) hessians[k + i * (d + 1)] += weight_;
  }

 private:
  void add_bowl(Reals points, MutReals values) const {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < values.size(); ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < d; ++i) sum += (points[k * d + i] - centre_[i]) * (points[k * d + i] - centre_[i]);
      values[k] += weight_ / 2 * sum;
    }
  }
  void add_slope(Reals points, MutReals gradients) const {
    for (std::size_t k = 0; k < points.size(); ++k) gradients[k] += weight_ * (points[k] - centre_[k % dimension()]);
  }

  std::shared_ptr<const Landscape> base_;
  double weight_;
  std::string name_;
  std::vector<double> centre_;
};

}  // namespace

std::unique_ptr<Landscape> make_regularized(std::shared_ptr<const Landscape> base, double weight) {
  return std::make_unique<Regularized>(std::move(base), weight);
}

}  // namespace rover
