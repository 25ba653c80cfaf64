#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/settings.h"
#include "env/landscape.h"

namespace rover {

/// A surface and where the walk on it begins.
struct MetaTask {
  std::shared_ptr<const Landscape> landscape;
  std::vector<double> start;
  /// What meta-training by backpropagation measures the loss on, with gradients and of as many coordinates; null: the
  /// landscape itself.
  std::shared_ptr<const Landscape> judge = nullptr;
};
using DrawTask = std::function<MetaTask(std::uint64_t seed)>;

/// A distribution over tasks, written as landscapes with settings: "sinusoid, mlp minibatch=64, quadratic
/// rotated=true shifted=true". Each is equally likely; its seed and its start are drawn. Where only one has a name,
/// commas may be left out. A weight stands before a name: "3 mlp, sinusoid".
/// Throws UsageError for an unknown landscape, one without gradients, and settings that it refuses.
class TaskDistribution {
 public:
  explicit TaskDistribution(const std::string& text);
  MetaTask draw(std::uint64_t seed) const;
  std::size_t size() const { return families_.size(); }

 private:
  struct Family {
    std::string id;
    Settings settings;
    double weight;
  };
  std::vector<Family> families_;
  double total_ = 0;
};

/// f(s x) as a function of x, s > 0: the same surface in other units, so that a rule learns nothing about the size of
/// parameters and gradients. Random s is the task augmentation of the recipes behind small_fc and Celo2.
std::shared_ptr<const Landscape> rescaled(std::shared_ptr<const Landscape> landscape, double s);

}  // namespace rover
