#include "env/landscapes/classification.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "env/kernels/matrix.h"

namespace rover {
namespace {

/// What was asked for, and what was drawn in its place.
struct Drawn {
  std::size_t inputs, classes, samples, validation;
  ClassifierOptions network;
};

std::size_t drawn_or(std::uint64_t given, RandomStream& stream, double low, double high) {
  const auto drawn =
      static_cast<std::size_t>(std::lround(stream.log_uniform(low, high)));  // always: the draws below stay
  return given > 0 ? given : drawn;
}

Drawn draw_shape(const ClassificationOptions& options, RandomStream& stream) {
  Drawn out{};
  out.inputs = drawn_or(options.inputs, stream, 8, 64);
  out.classes = drawn_or(options.classes, stream, 3, 10);
  out.samples = drawn_or(options.samples, stream, 500, 4000);
  if (out.samples * out.inputs > std::size_t{1} << 25)
    throw UsageError("samples=" + std::to_string(out.samples) + " of inputs=" + std::to_string(out.inputs) +
                     " features are too many for a drawn task: at most 2^25 numbers");
  out.validation = std::max<std::size_t>(100, out.samples / 4);
  out.network.minibatch = drawn_or(0, stream, 16, 128);
  if (options.minibatch >= 0) out.network.minibatch = static_cast<std::size_t>(options.minibatch);
  out.network.in_double = options.precision == "double";
  const std::size_t layers = 1 + stream.below(2), first = drawn_or(0, stream, 8, 64),
                    second = drawn_or(0, stream, 8, 64);
  out.network.hidden = parse_widths(options.hidden);
  if (options.hidden.empty()) out.network.hidden = layers == 1 ? std::vector{first} : std::vector{first, second};
  const bool rectified = stream.below(2) == 0;
  out.network.activation = options.activation.empty() ? (rectified ? Activation::relu : Activation::tanh)
                                                      : parse_activation(options.activation);
  return out;
}

using Floats = std::vector<float>;

Floats normals(std::size_t count, double deviation, RandomStream& stream) {
  std::vector<double> drawn(count);
  stream.normals(drawn);
  Floats out(count);
  for (std::size_t k = 0; k < count; ++k) out[k] = static_cast<float>(deviation * drawn[k]);
  return out;
}

/// a [rows, inner] · b [inner, columns].
Floats product(std::size_t rows, std::size_t inner, std::size_t columns, const Floats& a, const Floats& b) {
  Floats out(rows * columns);
  kernels::multiply<float>(rows, inner, columns, {a.data(), inner, 1}, b.data(), columns, out.data());
  return out;
}

/// [latent, inputs]: z · basis has falling deviations along random, nearly orthogonal directions.
Floats draw_basis(std::size_t inputs, RandomStream& stream) {
  const double power = stream.uniform(0, 1.5);
  Floats basis = normals(inputs * inputs, 1 / std::sqrt(static_cast<double>(inputs)), stream);
  for (std::size_t r = 0; r < inputs; ++r) {
    const auto scale = static_cast<float>(std::pow(static_cast<double>(r + 1), -power));
    for (std::size_t c = 0; c < inputs; ++c) basis[r * inputs + c] *= scale;
  }
  return basis;
}

/// All inputs have mean 0 and deviation 1 together, as images are standardised.
void standardise(Floats& inputs) {
  double sum = 0, square = 0;
  for (const float x : inputs) sum += static_cast<double>(x), square += static_cast<double>(x) * static_cast<double>(x);
  const double mean = sum / static_cast<double>(inputs.size());
  const double deviation = std::sqrt(std::max(square / static_cast<double>(inputs.size()) - mean * mean, 1e-30));
  for (float& x : inputs) x = static_cast<float>((static_cast<double>(x) - mean) / deviation);
}

/// The first samples are for training, the others for validation.
std::unique_ptr<Landscape> make(const char* name, const Drawn& shape, const Floats& inputs,
                                const std::vector<std::uint8_t>& labels) {
  const auto part = [&](std::size_t first, std::size_t count) {
    auto data = std::make_shared<LabelledData>(LabelledData{count, shape.inputs, shape.classes, {}, {}});
    const auto from = inputs.begin() + static_cast<std::ptrdiff_t>(first * shape.inputs);
    data->inputs.assign(from, from + static_cast<std::ptrdiff_t>(count * shape.inputs));
    data->labels.assign(labels.begin() + static_cast<std::ptrdiff_t>(first),
                        labels.begin() + static_cast<std::ptrdiff_t>(first + count));
    return data;
  };
  return std::make_unique<Classifier>(name, part(0, shape.samples), shape.network,
                                      part(shape.samples, shape.validation));
}

}  // namespace

std::vector<std::size_t> parse_widths(const std::string& text) {
  std::vector<std::size_t> out;
  const char *at = text.data(), *end = at + text.size();
  while (at != end) {
    std::size_t width = 0;
    const auto [next, error] = std::from_chars(at, end, width);
    if (error != std::errc() || width == 0 || width > 8192 || (next != end && *next != 'x') || next + 1 == end)
      throw UsageError("hidden=" + text + " is no list of widths such as 64 or 64x32, each at most 8192");
    out.push_back(width);
    at = next == end ? end : next + 1;
  }
  return out;
}

std::unique_ptr<Landscape> make_teacher_student(const ClassificationOptions& options) {
  RandomStream stream = make_stream(options.seed, 0, "teacher-student");
  const Drawn shape = draw_shape(options, stream);
  const std::size_t all = shape.samples + shape.validation, d = shape.inputs;
  Floats inputs = product(all, d, d, normals(all * d, 1, stream), draw_basis(d, stream));
  standardise(inputs);
  // The teacher's hidden units see inputs of deviation about 2, so that they bend.
  const std::size_t layers = 1 + stream.below(2);
  Floats units = inputs;
  std::size_t width = d;
  for (std::size_t l = 0; l < layers; ++l) {
    const std::size_t next = 16 + stream.below(33);
    units = product(all, width, next, units, normals(width * next, 2 / std::sqrt(static_cast<double>(width)), stream));
    kernels::tanh_in_place(units);
    width = next;
  }
  const Floats logits = product(all, width, shape.classes, units, normals(width * shape.classes, 1, stream));
  std::vector<std::uint8_t> labels(all);
  for (std::size_t s = 0; s < all; ++s) {
    const float* row = &logits[s * shape.classes];
    const bool anew = stream.uniform() < 0.1;
    const std::uint64_t other = stream.below(shape.classes);
    labels[s] = static_cast<std::uint8_t>(
        anew ? other : static_cast<std::uint64_t>(std::max_element(row, row + shape.classes) - row));
  }
  return make("teacher-student", shape, inputs, labels);
}

std::unique_ptr<Landscape> make_mixture(const ClassificationOptions& options) {
  RandomStream stream = make_stream(options.seed, 0, "mixture");
  const Drawn shape = draw_shape(options, stream);
  const std::size_t all = shape.samples + shape.validation, d = shape.inputs;
  const std::size_t parts = 1 + stream.below(4), clusters = parts * shape.classes;
  // In the latent space: centres of deviation .5 … 1.5 around 0, and each cluster has deviations of its own around 1.
  const Floats centres = normals(clusters * d, stream.uniform(0.5, 1.5), stream);
  Floats scales = normals(clusters * d, 0.5, stream), latent = normals(all * d, 1, stream);
  for (float& scale : scales) scale = std::exp(scale);
  std::vector<std::uint8_t> labels(all);
  for (std::size_t s = 0; s < all; ++s) {
    const std::size_t cluster = stream.below(clusters);
    labels[s] = static_cast<std::uint8_t>(cluster % shape.classes);
    for (std::size_t i = 0; i < d; ++i)
      latent[s * d + i] = centres[cluster * d + i] + scales[cluster * d + i] * latent[s * d + i];
  }
  Floats inputs = product(all, d, d, latent, draw_basis(d, stream));
  standardise(inputs);
  return make("mixture", shape, inputs, labels);
}

}  // namespace rover
