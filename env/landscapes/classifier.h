#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "env/landscape.h"
#include "env/landscapes/network.h"

namespace rover {

/// Samples with a class each: inputs [samples, features], row by row.
struct LabelledData {
  std::size_t samples = 0, features = 0, classes = 0;
  std::vector<float> inputs;
  std::vector<std::uint8_t> labels;
};

struct ClassifierOptions {
  std::vector<std::size_t> hidden;  ///< widths of the hidden layers
  Activation activation = Activation::relu;
  std::size_t minibatch = 128;  ///< samples of a noisy look, drawn with replacement; 0: all, and no noise
  bool in_double = false;
};

/// Mean cross-entropy of a fully connected network over labelled data as a function of its weights: per layer the
/// matrix [outputs, inputs], then the biases. Inside it computes in float, unless double is asked for: a minibatch of
/// 128 through 784-128-10, there and back, takes less than a millisecond. (Network computes in double, and slices
/// fast.) Starts are uniform within 1/√inputs of the layer, weights and biases, as PyTorch's linear layers begin. A
/// validation set may be there.
class Classifier final : public Landscape {
 public:
  using Data = std::shared_ptr<const LabelledData>;
  /// Throws UsageError as count_weights(), and for data without samples, features or two classes.
  Classifier(std::string name, Data data, const ClassifierOptions& options, Data validation = {});
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return layers_.back().bias + layers_.back().outputs; }
  const Box& domain() const override { return domain_; }
  Layout layout() const override;
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return options_.minibatch > 0; }
  bool has_gradient() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                            RandomStream* noise) const override;
  /// Exact, by differentiating the pass there and back along the vector (Pearlmutter 1994). Kinks of rectifiers do not
  /// count.
  void hessian_product(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const override;
  bool has_validation() const override { return validation_ != nullptr; }
  double validation(Reals point_d) const override;
  double noise_free_cost() const override;
  /// The share of samples of the validation set that are given another class than theirs.
  double validation_error(Reals point_d) const;

 private:
  struct Layer {
    std::size_t inputs, outputs, weights, bias;
  };
  template <class Real>
  struct Memory;
  template <class Real>
  static Memory<Real>& memory();
  template <class Real>
  double pass(const LabelledData& data, const std::size_t* rows, std::size_t first, std::size_t count,
              Memory<Real>& memory, Real* gradient_d, bool add) const;
  template <class Real>
  void product_pass(const std::size_t* rows, std::size_t first, std::size_t count, Memory<Real>& memory,
                    Real* product_d) const;
  template <class Real>
  void product_in(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const;
  template <class Real>
  double mean_pass(const LabelledData& data, Memory<Real>& memory, Real* gradient_d) const;
  template <class Real>
  void look_in(Reals points_nd, double* values_n, double* gradients_nd, RandomStream* noise) const;
  void look(Reals points_nd, double* values_n, double* gradients_nd, RandomStream* noise) const;
  template <class Real>
  double validate(Reals point_d, std::size_t& wrong) const;
  std::string name_;
  Data data_, validation_;
  ClassifierOptions options_;
  std::vector<Layer> layers_;
  std::size_t widest_ = 0;
  Box domain_;
};

}  // namespace rover
