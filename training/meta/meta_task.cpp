#include "training/meta/meta_task.h"

#include <cmath>
#include <sstream>
#include <utility>

#include "core/random.h"
#include "env/landscapes/registry.h"

namespace rover {
namespace {

class Rescaled final : public Landscape {
 public:
  Rescaled(std::shared_ptr<const Landscape> base, double s) : base_(std::move(base)), s_(s), domain_(base_->domain()) {
    for (double& x : domain_.low) x /= s_;
    for (double& x : domain_.high) x /= s_;
  }
  std::string_view name() const override { return base_->name(); }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return domain_; }
  Layout layout() const override { return base_->layout(); }
  void sample_start(RandomStream& stream, MutReals start_d) const override {
    base_->sample_start(stream, start_d);
    for (double& x : start_d) x /= s_;
  }
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override {
    base_->values(scaled(points_nd), values_n, noise);
  }
  bool is_noisy() const override { return base_->is_noisy(); }
  bool has_gradient() const override { return base_->has_gradient(); }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override {
    base_->gradients(scaled(points_nd), gradients_nd, noise);
    for (double& g : gradients_nd) g *= s_;
  }
  void values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                            RandomStream* noise) const override {
    base_->values_and_gradients(scaled(points_nd), values_n, gradients_nd, noise);
    for (double& g : gradients_nd) g *= s_;
  }
  void hessian_product(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const override {
    base_->hessian_product(scaled(point_d), vector_d, product_d, noise);
    for (double& x : product_d) x *= s_ * s_;
  }
  double noise_free_cost() const override { return base_->noise_free_cost(); }
  bool has_validation() const override { return base_->has_validation(); }
  double validation(Reals point_d) const override { return base_->validation(scaled(point_d)); }

 private:
  Reals scaled(Reals points) const {
    thread_local std::vector<double> memory;
    memory.assign(points.begin(), points.end());
    for (double& x : memory) x *= s_;
    return memory;
  }
  std::shared_ptr<const Landscape> base_;
  double s_;
  Box domain_;
};

}  // namespace

std::shared_ptr<const Landscape> rescaled(std::shared_ptr<const Landscape> landscape, double s) {
  return std::make_shared<Rescaled>(std::move(landscape), s);
}

TaskDistribution::TaskDistribution(const std::string& text) {
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::istringstream words(part);
    Family family{"", {}, 1};
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      if (equals != std::string::npos && !family.id.empty()) {
        family.settings[word.substr(0, equals)] = word.substr(equals + 1);
      } else if (family.id.empty() && landscapes().contains(word)) {
        family.id = word;
      } else {
        char* end = nullptr;
        family.weight = std::strtod(word.c_str(), &end);
        if (!family.id.empty() || *end != '\0' || !(family.weight > 0) || !std::isfinite(family.weight))
          throw UsageError(unknown_name("landscape", word, landscapes().ids()) + " (tasks=" + text + ")");
      }
    }
    if (family.id.empty()) throw UsageError("tasks=" + text + " has a part that names no landscape");
    require_trainable(family.id);
    total_ += family.weight;
    families_.push_back(std::move(family));
    Settings settings = families_.back().settings;
    settings["seed"] = "0";
    if (!landscapes().make(families_.back().id, settings)->has_gradient())
      throw UsageError("the landscape '" + families_.back().id + "' has no gradient, which update rules need");
  }
  if (families_.empty()) throw UsageError("tasks= names no landscape; for example tasks=sinusoid,mlp");
}

MetaTask TaskDistribution::draw(std::uint64_t seed) const {
  double at = make_stream(seed, 0, "family").uniform() * total_;
  std::size_t k = 0;
  while (k + 1 < families_.size() && at >= families_[k].weight) at -= families_[k++].weight;
  Settings settings = families_[k].settings;
  settings["seed"] = std::to_string(derive_seed(seed, 0, "landscape"));
  MetaTask task{landscapes().make(families_[k].id, settings), {}};
  task.start.resize(task.landscape->dimension());
  RandomStream stream = make_stream(seed, 0, "start");
  task.landscape->sample_start(stream, task.start);
  return task;
}

}  // namespace rover
