#pragma once
#include <span>
#include <string>

#include "training/adam.h"

namespace rover {

/// The update of meta-training: AdamW (Loshchilov & Hutter 2019) with the gradient shortened to a norm and a learning
/// rate that falls by a cosine to 1.5 % of itself.
class OuterAdamW {
 public:
  struct Options {
    double learning_rate, weight_decay, clip;
    std::uint64_t meta_steps;
  };
  OuterAdamW(std::size_t weights, const Options& options) : options_(options), adam_(weights) {}
  /// The update of meta-step `step`, counted from 0.
  void update(std::span<double> weights, std::span<const double> gradient, std::uint64_t step);
  void save(Checkpoint& out) const { adam_.save(out, "adam"); }
  /// Throws as Adam::load().
  void load(const Checkpoint& in) { adam_.load(in, "adam"); }

 private:
  Options options_;
  Adam<double> adam_;
};

}  // namespace rover
