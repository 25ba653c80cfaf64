#include "env/landscapes/network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/settings.h"
#include "env/kernels/columns.h"
#include "env/kernels/softmax.h"
#include "env/landscapes/iris_data.h"

namespace rover {

/// One thread's working memory, grown once. Everything but the copies of the point is columns of n samples.
struct Network::Memory {
  std::vector<double> activations;      ///< [units], logits last
  std::vector<double> sums;             ///< [units] before tanh, for slices
  std::vector<double> changed;          ///< [4]: up to two changed units, then their changes
  std::vector<double> work;             ///< [2 · widest]
  std::vector<double> inputs, targets;  ///< a minibatch
  std::vector<double> point, turned,
      picked;  ///< a moved copy of the point, a transposed matrix, two columns of a matrix
  static MutReals use(std::vector<double>& memory, std::size_t size) {
    if (memory.size() < size) memory.resize(size);
    return {memory.data(), size};
  }
};

Network::Memory& Network::memory() {
  thread_local Memory memory;
  return memory;
}

Activation parse_activation(const std::string& name) {
  if (name == "tanh") return Activation::tanh;
  if (name == "relu") return Activation::relu;
  throw UsageError(unknown_name("activation", name, {"tanh", "relu"}));
}

Network::Network(std::string name, NetworkData data, NetworkOptions options, NetworkData validation)
    : name_(std::move(name)), data_(std::move(data)), validation_(std::move(validation)), options_(std::move(options)) {
  const auto& widths = options_.widths;
  std::size_t at = 0;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    layers_.push_back({widths[l], widths[l + 1], at, at + widths[l] * widths[l + 1], units_});
    at = layers_.back().bias + widths[l + 1];
    units_ += widths[l + 1];
  }
  widest_ = *std::max_element(widths.begin(), widths.end());
  domain_ = {std::vector<double>(at, -20), std::vector<double>(at, 20)};
}

void Network::sample_start(RandomStream& stream, MutReals start_d) const {
  stream.normals(start_d);
  for (const Layer& layer : layers_) {
    const double inputs = options_.start == NetworkStart::normal ? 1 : static_cast<double>(layer.inputs);
    for (std::size_t k = layer.weights; k < layer.bias + layer.outputs; ++k)
      start_d[k] *= options_.start_deviation / std::sqrt(inputs);
    if (options_.start == NetworkStart::scaled_weights) std::fill_n(&start_d[layer.bias], layer.outputs, 0.0);
  }
}

Layout Network::layout() const {
  Layout out;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const std::string name = "layer" + std::to_string(l);
    out.push_back({name + ".weights", Tensor::Kind::weights, layer.weights, layer.outputs, layer.inputs, l});
    out.push_back({name + ".bias", Tensor::Kind::bias, layer.bias, layer.outputs, 1, l});
  }
  return out;
}

Network::Place Network::find(std::size_t coordinate) const {
  std::size_t l = 0;
  while (coordinate >= layers_[l].bias + layers_[l].outputs) ++l;
  const Layer& layer = layers_[l];
  if (coordinate >= layer.bias) return {l, coordinate - layer.bias, layer.inputs};
  return {l, (coordinate - layer.weights) / layer.inputs, (coordinate - layer.weights) % layer.inputs};
}

Network::Batch Network::draw_batch(RandomStream* noise, Memory& memory) const {
  if (noise == nullptr || options_.minibatch == 0) return all_of(data_);
  const std::size_t all = kernels::padded(data_.samples);
  const std::size_t samples = options_.minibatch, n = kernels::padded(samples);
  const std::size_t inputs = options_.widths.front(), classes = options_.widths.back();
  const MutReals x = Memory::use(memory.inputs, inputs * n), y = Memory::use(memory.targets, classes * n);
  std::fill(x.begin(), x.end(), 0.0);
  std::fill(y.begin(), y.end(), 0.0);
  for (std::size_t s = 0; s < samples; ++s) {
    const std::size_t from = noise->below(data_.samples);
    for (std::size_t k = 0; k < inputs; ++k) x[k * n + s] = data_.inputs[k * all + from];
    for (std::size_t c = 0; c < classes; ++c) y[c * n + s] = data_.targets[c * all + from];
  }
  return {x, y, samples, n};
}

Network::Batch Network::all_of(const NetworkData& data) {
  return {data.inputs, data.targets, data.samples, kernels::padded(data.samples)};
}

void Network::activate(MutReals sums) const {
  if (options_.activation == Activation::tanh) return kernels::tanh_in_place(sums);
  for (double& x : sums) x = x < 0 ? 0 : x;  // NaN stays
}

/// slopes *= the activation's derivative where it came to `activations`.
void Network::activation_slopes(Reals activations, MutReals slopes) const {
  if (options_.activation == Activation::tanh) return kernels::tanh_slopes(activations, slopes);
  for (std::size_t k = 0; k < slopes.size(); ++k) slopes[k] = activations[k] <= 0 ? 0 : slopes[k];
}

/// Fills memory.activations.
void Network::forward(const Batch& batch, Reals point_d, Memory& memory) const {
  const MutReals activations = Memory::use(memory.activations, units_ * batch.n);
  Reals below = batch.inputs;
  for (const Layer& layer : layers_) {
    const MutReals out = activations.subspan(layer.unit * batch.n, layer.outputs * batch.n);
    kernels::multiply_columns(batch.n, point_d.subspan(layer.weights, layer.inputs * layer.outputs), below,
                              point_d.subspan(layer.bias, layer.outputs), out);
    if (&layer != &layers_.back()) activate(out);
    below = out;
  }
}

double Network::loss(const Batch& batch, Reals outputs) const {
  const auto samples = static_cast<double>(batch.samples);
  if (options_.loss == NetworkLoss::cross_entropy)
    return kernels::cross_entropy(outputs, batch.targets, batch.n, batch.samples) / samples;
  double sum = 0;
  for (std::size_t u = 0; u < options_.widths.back(); ++u)
    for (std::size_t k = u * batch.n; k < u * batch.n + batch.samples; ++k)
      sum += (outputs[k] - batch.targets[k]) * (outputs[k] - batch.targets[k]);
  return sum / (samples * static_cast<double>(options_.widths.back()));
}

/// The loss's derivatives with respect to the outputs; 0 in the padding.
void Network::loss_slopes(const Batch& batch, Reals outputs, MutReals slopes) const {
  const double share = 1 / static_cast<double>(batch.samples);
  if (options_.loss == NetworkLoss::cross_entropy)
    return kernels::cross_entropy_slopes(outputs, batch.targets, batch.n, batch.samples, share, slopes);
  const double factor = 2 * share / static_cast<double>(options_.widths.back());
  for (std::size_t u = 0; u < options_.widths.back(); ++u)
    for (std::size_t s = 0; s < batch.n; ++s) {
      const std::size_t k = u * batch.n + s;
      slopes[k] = s < batch.samples ? factor * (outputs[k] - batch.targets[k]) : 0;
    }
}

double Network::forward_loss(const Batch& batch, Reals point_d, Memory& memory) const {
  forward(batch, point_d, memory);
  return loss(batch,
              Reals(memory.activations).subspan(layers_.back().unit * batch.n, layers_.back().outputs * batch.n));
}

double Network::validation(Reals point_d) const {
  if (!has_validation()) return Landscape::validation(point_d);
  return forward_loss(all_of(validation_), point_d, memory());
}

void Network::values(Reals points_nd, MutReals values_n, RandomStream* noise) const {
  const std::size_t d = dimension();
  Memory& own = memory();
  const Batch batch = draw_batch(noise, own);
  for (std::size_t p = 0; p < values_n.size(); ++p) values_n[p] = forward_loss(batch, points_nd.subspan(p * d, d), own);
}

/// Gradients, and values unless they are null.
void Network::look(Reals points_nd, double* values_n, MutReals gradients_nd, RandomStream* noise) const {
  const std::size_t d = dimension();
  Memory& own = memory();
  const Batch batch = draw_batch(noise, own);
  for (std::size_t p = 0; p * d < points_nd.size(); ++p) {
    const Reals point = points_nd.subspan(p * d, d);
    if (values_n) values_n[p] = forward_loss(batch, point, own);
    else forward(batch, point, own);
    backward(batch, point, own, gradients_nd.subspan(p * d, d));
  }
}

void Network::gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const {
  look(points_nd, nullptr, gradients_nd, noise);
}
void Network::values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                                   RandomStream* noise) const {
  look(points_nd, values_n.data(), gradients_nd, noise);
}

/// A pass there and back takes three times the arithmetic of one there.
double Network::noise_free_cost() const {
  if (options_.minibatch == 0) return 1;
  return static_cast<double>(data_.samples) / (3 * static_cast<double>(options_.minibatch));
}

void Network::backward(const Batch& batch, Reals point_d, Memory& memory, MutReals gradient_d) const {
  const std::size_t n = batch.n;
  const MutReals work = Memory::use(memory.work, 2 * widest_ * n);
  const Reals activations(memory.activations);
  MutReals slopes =
      work.first(layers_.back().outputs * n);  // df/dz of the layer at hand; the next one's go to the other half
  loss_slopes(batch, activations.subspan(layers_.back().unit * n, slopes.size()), slopes);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    const Reals below = l == 0 ? batch.inputs : activations.subspan(layers_[l - 1].unit * n, layer.inputs * n);
    for (std::size_t u = 0; u < layer.outputs; ++u) {
      const Reals column = slopes.subspan(u * n, n);
      kernels::dot_columns(below, column, gradient_d.subspan(layer.weights + u * layer.inputs, layer.inputs));
      double sum = 0;
      for (std::size_t s = 0; s < batch.samples; ++s) sum += column[s];
      gradient_d[layer.bias + u] = sum;
    }
    if (l == 0) break;
    const MutReals turned = Memory::use(memory.turned, layer.inputs * layer.outputs);
    for (std::size_t u = 0; u < layer.outputs; ++u)
      for (std::size_t k = 0; k < layer.inputs; ++k)
        turned[k * layer.outputs + u] = point_d[layer.weights + u * layer.inputs + k];
    const std::size_t half = (layers_.size() - l) % 2 * widest_ * n;
    const MutReals next = work.subspan(half, layer.inputs * n);
    kernels::multiply_columns(n, turned, slopes, {}, next);
    activation_slopes(below, next);
    slopes = next;
  }
}

// ---- slices

void Network::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                     RandomStream* noise) const {
  Memory& own = memory();
  const Batch batch = draw_batch(noise, own);
  forward(batch, point_d, own);
  const MutReals sums = Memory::use(own.sums, units_ * batch.n);
  Reals below = batch.inputs;
  for (const Layer& layer : layers_) {
    kernels::multiply_columns(batch.n, point_d.subspan(layer.weights, layer.inputs * layer.outputs), below,
                              point_d.subspan(layer.bias, layer.outputs),
                              sums.subspan(layer.unit * batch.n, layer.outputs * batch.n));
    below = Reals(own.activations).subspan(layer.unit * batch.n, layer.outputs * batch.n);
  }
  const MutReals point = Memory::use(own.point, point_d.size());
  std::copy(point_d.begin(), point_d.end(), point.begin());
  const double middle = (static_cast<double>(n) - 1) / 2;
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const Slice& slice = slices[s];
    Place places[2] = {find(slice.i), find(slice.j)};
    const bool swapped = places[1].layer < places[0].layer;
    if (swapped) std::swap(places[0], places[1]);
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        double steps[2] = {(static_cast<double>(a) - middle) * slice.resolution,
                           (static_cast<double>(b) - middle) * slice.resolution};
        point[slice.i] += steps[0], point[slice.j] += steps[1];
        if (swapped) std::swap(steps[0], steps[1]);
        grids_snn[(s * n + a) * n + b] = changed_loss(batch, places, steps, own);
        point[slice.i] = point_d[slice.i], point[slice.j] = point_d[slice.j];
      }
  }
}

/// The loss at memory.point, which differs from the point of memory.sums and memory.activations in two coordinates by
/// `steps`; places[0] is in no higher layer than places[1].
double Network::changed_loss(const Batch& batch, const Place (&places)[2], const double (&steps)[2],
                             Memory& memory) const {
  const std::size_t n = batch.n, l = places[0].layer;
  const Reals point(memory.point), sums(memory.sums), activations(memory.activations);
  const Layer& layer = layers_[l];
  const Reals below = l == 0 ? batch.inputs : activations.subspan(layers_[l - 1].unit * n, layer.inputs * n);
  // column += step · (what the coordinate multiplies)
  const auto add = [n](MutReals column, const Layer& owner, const Place& place, double step, Reals under) {
    const double* factor = place.column < owner.inputs ? &under[place.column * n] : nullptr;
    for (std::size_t s = 0; s < n; ++s) column[s] += factor ? step * factor[s] : step;
  };
  const bool both = places[1].layer == l, one_unit = both && places[1].row == places[0].row;
  const std::size_t count = both && !one_unit ? 2 : 1;
  const MutReals changed = Memory::use(memory.changed, 4 * n).first(count * n);
  for (std::size_t c = 0; c < count; ++c) {
    const MutReals column = changed.subspan(c * n, n);
    const Reals old = sums.subspan((layer.unit + places[c].row) * n, n);
    std::copy(old.begin(), old.end(), column.begin());
    add(column, layer, places[c], steps[c], below);
    if (one_unit) add(column, layer, places[1], steps[1], below);
  }
  const MutReals work = Memory::use(memory.work, 2 * widest_ * n);
  if (l + 1 == layers_.size()) {
    const MutReals logits = work.first(layer.outputs * n);
    const Reals old = sums.subspan(layer.unit * n, layer.outputs * n);
    std::copy(old.begin(), old.end(), logits.begin());
    for (std::size_t c = 0; c < count; ++c) std::copy_n(&changed[c * n], n, &logits[places[c].row * n]);
    return loss(batch, logits);
  }
  activate(changed);
  for (std::size_t c = 0; c < count; ++c)
    for (std::size_t s = 0; s < n; ++s) changed[c * n + s] -= activations[(layer.unit + places[c].row) * n + s];
  // The next layer: z = z₀ + W′(a′ − a) + (W′ − W)a, W′ the moved matrix.
  const Layer& next = layers_[l + 1];
  const MutReals picked = Memory::use(memory.picked, next.outputs * count), out = work.first(next.outputs * n);
  for (std::size_t u = 0; u < next.outputs; ++u)
    for (std::size_t c = 0; c < count; ++c)
      picked[u * count + c] = point[next.weights + u * next.inputs + places[c].row];
  kernels::multiply_columns(n, picked, changed, sums.subspan(next.unit * n, next.outputs * n), out);
  if (places[1].layer == l + 1)
    add(out.subspan(places[1].row * n, n), next, places[1], steps[1],
        activations.subspan(layer.unit * n, layer.outputs * n));
  return upper_loss(batch, point, l + 1, out, memory);
}

/// The loss given the sums of `layer`, which lie at the start of memory.work.
double Network::upper_loss(const Batch& batch, Reals point_d, std::size_t layer, Reals sums, Memory& memory) const {
  const std::size_t n = batch.n;
  for (std::size_t l = layer + 1, half = 1; l < layers_.size(); ++l, half ^= 1) {
    const MutReals below = MutReals(memory.work).subspan((half ^ 1) * widest_ * n, layers_[l].inputs * n);
    activate(below);
    const MutReals out = MutReals(memory.work).subspan(half * widest_ * n, layers_[l].outputs * n);
    kernels::multiply_columns(n, point_d.subspan(layers_[l].weights, layers_[l].inputs * layers_[l].outputs), below,
                              point_d.subspan(layers_[l].bias, layers_[l].outputs), out);
    sums = out;
  }
  return loss(batch, sums);
}

// ---- the surfaces

std::unique_ptr<Landscape> make_iris() {
  constexpr std::size_t rows = 150, n = kernels::padded(rows);
  NetworkData data{rows, std::vector<double>(4 * n), std::vector<double>(3 * n)};
  for (std::size_t k = 0; k < 4; ++k) {
    double mean = 0, variance = 0;
    for (const auto& row : iris_data) mean += row[k] / static_cast<double>(rows);
    for (const auto& row : iris_data) variance += (row[k] - mean) * (row[k] - mean) / static_cast<double>(rows);
    for (std::size_t s = 0; s < rows; ++s) data.inputs[k * n + s] = (iris_data[s][k] - mean) / std::sqrt(variance);
  }
  for (std::size_t s = 0; s < rows; ++s) data.targets[s / 50 * n + s] = 1;
  return std::make_unique<Network>(
      "iris", std::move(data),
      NetworkOptions{.widths = {4, 10, 10, 3}, .start = NetworkStart::scaled, .start_deviation = 1 / std::sqrt(3.0)});
}

std::unique_ptr<Landscape> make_mlp(std::uint64_t seed, std::size_t minibatch) {
  constexpr std::size_t rows = 512, n = kernels::padded(rows), inputs = 64, hidden = 32, classes = 10;
  RandomStream stream = make_stream(seed, 0, "mlp");
  const auto normals = [&stream](std::size_t count, double deviation) {
    std::vector<double> out(count);
    stream.normals(out);
    for (double& x : out) x *= deviation;
    return out;
  };
  NetworkData data{rows, normals(inputs * n, 1), std::vector<double>(classes * n)};
  const std::vector<double> first = normals(hidden * inputs, 1 / std::sqrt(inputs)),
                            second = normals(classes * hidden, 1);
  std::vector<double> middle(hidden * n), scores(classes * n);
  kernels::multiply_columns(n, first, data.inputs, {}, middle);
  kernels::tanh_in_place(middle);
  kernels::multiply_columns(n, second, middle, {}, scores);
  for (std::size_t s = 0; s < rows; ++s) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < classes; ++c)
      if (scores[c * n + s] > scores[best * n + s]) best = c;
    data.targets[best * n + s] = 1;
  }
  return std::make_unique<Network>(
      "mlp", std::move(data),
      NetworkOptions{.widths = {inputs, 100, 32, classes}, .start = NetworkStart::scaled, .minibatch = minibatch});
}

}  // namespace rover
