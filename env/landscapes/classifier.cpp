#include "env/landscapes/classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/denormals.h"
#include "core/settings.h"
#include "env/kernels/matrix.h"
#include "env/kernels/units.h"

namespace rover {
namespace {

constexpr std::size_t chunk = 256;  // samples that a pass over all data takes at a time

template <class Real>
void resize(std::vector<Real>& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
}

void convert(Reals x, std::span<float> out) { kernels::narrow(x, out); }
void convert(Reals x, std::span<double> out) { std::ranges::copy(x, out.begin()); }
void scale(std::span<const float> x, double factor, MutReals out) { kernels::widen(x, factor, out); }
void scale(std::span<const double> x, double factor, MutReals out) {
  for (std::size_t k = 0; k < x.size(); ++k) out[k] = x[k] * factor;
}

void tanh_in_place(std::span<float> values) { kernels::tanh_in_place(values); }
void tanh_in_place(std::span<double> values) {
  for (double& x : values) x = std::tanh(x);
}

}  // namespace

/// One thread's working memory, grown once. Columns are samples, side by side.
template <class Real>
struct Classifier::Memory {
  std::vector<Real> point, rows, gradient, sum;
  std::vector<std::vector<Real>> activations;  ///< [units, n] of each layer, the inputs first
  std::vector<Real> slopes, below, turned, sums;
  std::vector<Real> vector, moved_slopes, moved_below, product;  ///< "moved": derivatives along the vector
  std::vector<std::vector<Real>> moved_activations;
  std::vector<std::size_t> drawn;
  std::size_t wrong = 0;  ///< samples of the last pass whose class was not the likeliest
};

template <class Real>
Classifier::Memory<Real>& Classifier::memory() {
  thread_local Memory<Real> memory;
  return memory;
}

Classifier::Classifier(std::string name, Data data, const ClassifierOptions& options, Data validation)
    : name_(std::move(name)), data_(std::move(data)), validation_(std::move(validation)), options_(options) {
  if (data_->samples == 0 || data_->classes < 2 || data_->features == 0)
    throw UsageError("the landscape '" + name_ + "' needs samples, features and at least two classes");
  std::vector<std::size_t> widths{data_->features};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  widths.push_back(data_->classes);
  count_weights(name_, widths);  // throws
  std::size_t at = 0;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    layers_.push_back({widths[l], widths[l + 1], at, at + widths[l] * widths[l + 1]});
    at = layers_.back().bias + widths[l + 1];
  }
  widest_ = *std::max_element(widths.begin(), widths.end());
  domain_ = {std::vector<double>(at, -20), std::vector<double>(at, 20)};
}

Layout Classifier::layout() const {
  Layout out;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const std::string prefix = "layer" + std::to_string(l);
    out.push_back({prefix + ".weights", Tensor::Kind::weights, layer.weights, layer.outputs, layer.inputs, l});
    out.push_back({prefix + ".bias", Tensor::Kind::bias, layer.bias, layer.outputs, 1, l});
  }
  return out;
}

void Classifier::sample_start(RandomStream& stream, MutReals start_d) const {
  for (const Layer& layer : layers_) {
    const double limit = 1 / std::sqrt(static_cast<double>(layer.inputs));
    for (std::size_t k = layer.weights; k < layer.bias + layer.outputs; ++k) start_d[k] = stream.uniform(-limit, limit);
  }
}

/// Σ of the losses of `count` samples: those in `rows`, or from `first` on. Their gradient is written to `gradient_d`,
/// or added to it, unless that is null. The point is memory.point.
template <class Real>
double Classifier::pass(const LabelledData& data, const std::size_t* rows, std::size_t first, std::size_t count,
                        Memory<Real>& memory, Real* gradient_d, bool add) const {
  const std::size_t features = data.features, n = count;
  const auto row_of = [&](std::size_t s) { return rows ? rows[s] : first + s; };
  resize(memory.rows, n * features);
  for (std::size_t s = 0; s < n; ++s)
    std::copy_n(&data.inputs[row_of(s) * features], features, &memory.rows[s * features]);
  const Real* batch = memory.rows.data();
  memory.activations.resize(layers_.size() + 1);
  resize(memory.activations[0], features * n);
  kernels::transpose(n, features, batch, features, memory.activations[0].data(), n);
  const Real* point = memory.point.data();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    std::vector<Real>& out = memory.activations[l + 1];
    resize(out, layer.outputs * n);
    kernels::multiply<Real>(layer.outputs, layer.inputs, n, {point + layer.weights, layer.inputs, 1},
                            memory.activations[l].data(), n, out.data());
    const bool last = l + 1 == layers_.size(), rectified = !last && options_.activation == Activation::relu;
    const std::span<Real> units{out.data(), layer.outputs * n};
    kernels::add_bias<Real>({point + layer.bias, layer.outputs}, n, rectified, units);
    if (last || rectified) continue;
    if (options_.activation == Activation::elu) kernels::elu_in_place<Real>(units);
    else tanh_in_place(units);
  }

  // Softmax and cross-entropy; slopes are p − 1 at the class, p elsewhere.
  const std::size_t classes = data.classes;
  const std::vector<Real>& logits = memory.activations.back();
  resize(memory.slopes, widest_ * n), resize(memory.below, widest_ * n);
  double loss = 0;
  memory.wrong = 0;
  for (std::size_t s = 0; s < n; ++s) {
    Real most = logits[s];
    std::size_t likeliest = 0;
    for (std::size_t c = 1; c < classes; ++c)
      if (logits[c * n + s] > most) most = logits[c * n + s], likeliest = c;
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const Real e = std::exp(logits[c * n + s] - most);
      memory.slopes[c * n + s] = e;
      sum += static_cast<double>(e);
    }
    const std::size_t label = data.labels[row_of(s)];
    loss += std::log(sum) + static_cast<double>(most) - static_cast<double>(logits[label * n + s]);
    memory.wrong += likeliest != label;
    const auto share = static_cast<Real>(1 / sum);
    for (std::size_t c = 0; c < classes; ++c) memory.slopes[c * n + s] *= share;
    memory.slopes[label * n + s] -= 1;
  }
  if (!gradient_d) return loss;

  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    const Real* turned = batch;  // what came in, [n, inputs]
    if (l > 0) {
      resize(memory.turned, layer.inputs * n);
      kernels::transpose(layer.inputs, n, memory.activations[l].data(), n, memory.turned.data(), layer.inputs);
      turned = memory.turned.data();
    }
    Real *weights = gradient_d + layer.weights, *bias = gradient_d + layer.bias;
    if (add) resize(memory.gradient, layer.inputs * layer.outputs);
    kernels::multiply<Real>(layer.outputs, n, layer.inputs, {memory.slopes.data(), n, 1}, turned, layer.inputs,
                            add ? memory.gradient.data() : weights);
    if (add)
      for (std::size_t k = 0; k < layer.inputs * layer.outputs; ++k) weights[k] += memory.gradient[k];
    resize(memory.sums, layer.outputs);
    kernels::sum_units<Real>({memory.slopes.data(), layer.outputs * n}, n, {memory.sums.data(), layer.outputs});
    for (std::size_t u = 0; u < layer.outputs; ++u) bias[u] = add ? bias[u] + memory.sums[u] : memory.sums[u];
    if (l == 0) break;
    kernels::multiply<Real>(layer.inputs, layer.outputs, n, {point + layer.weights, 1, layer.inputs},
                            memory.slopes.data(), n, memory.below.data());
    const std::span<const Real> units{memory.activations[l].data(), layer.inputs * n};
    const std::span<Real> slopes{memory.below.data(), units.size()};
    if (options_.activation == Activation::relu) kernels::rectifier_slopes<Real>(units, slopes);
    else if (options_.activation == Activation::elu) kernels::elu_slopes<Real>(units, slopes);
    else kernels::tanh_unit_slopes<Real>(units, slopes);
    std::swap(memory.slopes, memory.below);
  }
  return loss;
}

/// Adds H·v of the sum of the losses to `product_d`; the point is memory.point, the vector memory.vector.
template <class Real>
void Classifier::product_pass(const std::size_t* rows, std::size_t first, std::size_t count, Memory<Real>& memory,
                              Real* product_d) const {
  const std::size_t n = count;
  pass(*data_, rows, first, count, memory, static_cast<Real*>(nullptr), false);  // activations, and slopes p − y
  const Real *point = memory.point.data(), *vector = memory.vector.data();
  const bool rectified = options_.activation == Activation::relu;
  resize(memory.product, std::max(dimension(), widest_ * n));
  Real* const product = memory.product.data();
  memory.moved_activations.resize(layers_.size() + 1);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    std::vector<Real>& moved = memory.moved_activations[l + 1];
    resize(moved, layer.outputs * n);
    kernels::multiply<Real>(layer.outputs, layer.inputs, n, {vector + layer.weights, layer.inputs, 1},
                            memory.activations[l].data(), n, moved.data());
    if (l > 0) {
      kernels::multiply<Real>(layer.outputs, layer.inputs, n, {point + layer.weights, layer.inputs, 1},
                              memory.moved_activations[l].data(), n, product);
      for (std::size_t k = 0; k < layer.outputs * n; ++k) moved[k] += product[k];
    }
    const std::span<Real> moved_units{moved.data(), layer.outputs * n};
    kernels::add_bias<Real>({vector + layer.bias, layer.outputs}, n, false, moved_units);
    if (l + 1 == layers_.size()) break;
    const std::span<const Real> units{memory.activations[l + 1].data(), layer.outputs * n};
    if (rectified) kernels::rectifier_slopes<Real>(units, moved_units);
    else kernels::tanh_unit_slopes<Real>(units, moved_units);
  }

  // p moves by p (z' − Σ p z').
  const std::size_t classes = data_->classes;
  const std::vector<Real>& moved_logits = memory.moved_activations.back();
  resize(memory.moved_slopes, widest_ * n), resize(memory.moved_below, widest_ * n);
  for (std::size_t s = 0; s < n; ++s) {
    const std::size_t label = data_->labels[rows ? rows[s] : first + s];
    const auto share = [&](std::size_t c) { return memory.slopes[c * n + s] + Real(c == label); };
    Real mean = 0;
    for (std::size_t c = 0; c < classes; ++c) mean += share(c) * moved_logits[c * n + s];
    for (std::size_t c = 0; c < classes; ++c)
      memory.moved_slopes[c * n + s] = share(c) * (moved_logits[c * n + s] - mean);
  }

  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    resize(memory.turned, layer.inputs * n);
    const auto add_weights = [&](const std::vector<Real>& slopes, const std::vector<Real>& below) {
      kernels::transpose(layer.inputs, n, below.data(), n, memory.turned.data(), layer.inputs);
      kernels::multiply<Real>(layer.outputs, n, layer.inputs, {slopes.data(), n, 1}, memory.turned.data(), layer.inputs,
                              product);
      for (std::size_t k = 0; k < layer.inputs * layer.outputs; ++k) product_d[layer.weights + k] += product[k];
    };
    add_weights(memory.moved_slopes, memory.activations[l]);
    if (l > 0) add_weights(memory.slopes, memory.moved_activations[l]);
    resize(memory.sums, layer.outputs);
    kernels::sum_units<Real>({memory.moved_slopes.data(), layer.outputs * n}, n, {memory.sums.data(), layer.outputs});
    for (std::size_t u = 0; u < layer.outputs; ++u) product_d[layer.bias + u] += memory.sums[u];
    if (l == 0) break;
    const auto back = [&](const Real* weights, const std::vector<Real>& slopes, Real* out) {
      kernels::multiply<Real>(layer.inputs, layer.outputs, n, {weights + layer.weights, 1, layer.inputs}, slopes.data(),
                              n, out);
    };
    back(vector, memory.slopes, memory.moved_below.data());
    back(point, memory.moved_slopes, product);
    back(point, memory.slopes, memory.below.data());
    const std::vector<Real>&activation = memory.activations[l], &moved = memory.moved_activations[l];
    for (std::size_t k = 0; k < layer.inputs * n; ++k) {
      const Real a = activation[k], slope = rectified ? Real(a > 0) : 1 - a * a;
      memory.moved_below[k] = (memory.moved_below[k] + product[k]) * slope;
      if (!rectified) memory.moved_below[k] -= 2 * a * moved[k] * memory.below[k];
      memory.below[k] *= slope;
    }
    std::swap(memory.slopes, memory.below), std::swap(memory.moved_slopes, memory.moved_below);
  }
}

template <class Real>
void Classifier::product_in(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const {
  Memory<Real>& own = memory<Real>();
  const std::size_t d = dimension(), batch = noise ? options_.minibatch : 0;
  own.drawn.resize(batch);
  for (std::size_t& row : own.drawn) row = noise->below(data_->samples);
  // Of unit length, so that floats neither overflow nor vanish.
  double square = 0;
  for (const double v : vector_d) square += v * v;
  const double size = square > 0 ? std::sqrt(square) : 1;
  own.point.assign(point_d.begin(), point_d.end()), own.vector.resize(d);
  for (std::size_t i = 0; i < d; ++i) own.vector[i] = static_cast<Real>(vector_d[i] / size);
  own.sum.assign(d, Real{0});
  if (batch > 0) product_pass(own.drawn.data(), 0, batch, own, own.sum.data());
  else
    for (std::size_t first = 0; first < data_->samples; first += chunk)
      product_pass<Real>(nullptr, first, std::min(chunk, data_->samples - first), own, own.sum.data());
  const double share = size / static_cast<double>(batch > 0 ? batch : data_->samples);
  for (std::size_t i = 0; i < d; ++i) product_d[i] = static_cast<double>(own.sum[i]) * share;
}

void Classifier::hessian_product(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const {
  const FlushDenormals flush;
  if (options_.in_double) product_in<double>(point_d, vector_d, product_d, noise);
  else product_in<float>(point_d, vector_d, product_d, noise);
}

/// The mean over all data, and the gradient of the sum.
template <class Real>
double Classifier::mean_pass(const LabelledData& data, Memory<Real>& memory, Real* gradient_d) const {
  double loss = 0;
  std::size_t wrong = 0;
  for (std::size_t first = 0; first < data.samples; first += chunk) {
    loss += pass(data, nullptr, first, std::min(chunk, data.samples - first), memory, gradient_d, first > 0);
    wrong += memory.wrong;
  }
  memory.wrong = wrong;
  return loss / static_cast<double>(data.samples);
}

template <class Real>
void Classifier::look_in(Reals points_nd, double* values_n, double* gradients_nd, RandomStream* noise) const {
  Memory<Real>& own = memory<Real>();
  const std::size_t d = dimension(), batch = noise ? options_.minibatch : 0;
  own.drawn.resize(batch);
  for (std::size_t& row : own.drawn) row = noise->below(data_->samples);
  own.sum.resize(d);
  const double share = 1 / static_cast<double>(batch > 0 ? batch : data_->samples);
  own.point.resize(d);
  for (std::size_t p = 0; p * d < points_nd.size(); ++p) {
    convert(points_nd.subspan(p * d, d), std::span<Real>(own.point));
    Real* to = gradients_nd ? own.sum.data() : nullptr;
    const double loss =
        batch > 0 ? pass(*data_, own.drawn.data(), 0, batch, own, to, false) * share : mean_pass(*data_, own, to);
    if (values_n) values_n[p] = loss;
    if (gradients_nd) scale(std::span<const Real>(own.sum), share, {gradients_nd + p * d, d});
  }
}

void Classifier::look(Reals points_nd, double* values_n, double* gradients_nd, RandomStream* noise) const {
  const FlushDenormals flush;
  if (options_.in_double) look_in<double>(points_nd, values_n, gradients_nd, noise);
  else look_in<float>(points_nd, values_n, gradients_nd, noise);
}

/// A pass there and back takes three times the arithmetic of one there.
double Classifier::noise_free_cost() const {
  if (options_.minibatch == 0) return 1;
  return static_cast<double>(data_->samples) / (3 * static_cast<double>(options_.minibatch));
}

void Classifier::values(Reals points_nd, MutReals values_n, RandomStream* noise) const {
  look(points_nd, values_n.data(), nullptr, noise);
}
void Classifier::gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const {
  look(points_nd, nullptr, gradients_nd.data(), noise);
}
void Classifier::values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                                      RandomStream* noise) const {
  look(points_nd, values_n.data(), gradients_nd.data(), noise);
}

template <class Real>
double Classifier::validate(Reals point_d, std::size_t& wrong) const {
  Memory<Real>& own = memory<Real>();
  own.point.resize(point_d.size());
  convert(point_d, std::span<Real>(own.point));
  const double loss = mean_pass<Real>(*validation_, own, nullptr);
  wrong = own.wrong;
  return loss;
}

double Classifier::validation(Reals point_d) const {
  if (!validation_) return Landscape::validation(point_d);
  std::size_t wrong = 0;
  return options_.in_double ? validate<double>(point_d, wrong) : validate<float>(point_d, wrong);
}

double Classifier::validation_error(Reals point_d) const {
  if (!validation_) return Landscape::validation(point_d);
  std::size_t wrong = 0;
  (void)(options_.in_double ? validate<double>(point_d, wrong) : validate<float>(point_d, wrong));
  return static_cast<double>(wrong) / static_cast<double>(validation_->samples);
}

}  // namespace rover
