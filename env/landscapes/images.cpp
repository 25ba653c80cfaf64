#include "env/landscapes/images.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "env/landscapes/classification.h"
#include "env/landscapes/idx.h"

namespace rover {
namespace {

namespace fs = std::filesystem;
struct Pair {
  Classifier::Data train, test;
};

Classifier::Data read_part(const fs::path& folder, const std::string& part, std::uint64_t side, std::uint64_t samples) {
  IdxArray images = read_idx(folder / (part + "-images-idx3-ubyte"), 3);
  const IdxArray labels = read_idx(folder / (part + "-labels-idx1-ubyte"), 1);
  if (images.shape[0] != labels.shape[0] || images.data.empty())
    throw std::runtime_error("'" + folder.string() + "' holds " + std::to_string(images.shape[0]) + " " + part +
                             " images and " + std::to_string(labels.shape[0]) + " labels");
  const std::size_t rows = images.shape[1], columns = images.shape[2];
  std::size_t count = images.shape[0];
  if (samples > 0) count = std::min<std::size_t>(count, samples);
  images.data.resize(count * rows * columns);
  auto out = std::make_shared<LabelledData>();
  out->samples = count;
  if (side == 0) out->inputs.assign(images.data.begin(), images.data.end());
  else if (side > std::min(rows, columns))
    throw UsageError("side=" + std::to_string(side) + " is more than the images' " + std::to_string(rows) + " × " +
                     std::to_string(columns));
  else out->inputs = reduce_images(images.data, rows, columns, side);
  out->features = out->inputs.size() / count;
  out->labels.assign(labels.data.begin(), labels.data.begin() + static_cast<std::ptrdiff_t>(count));
  out->classes = 1 + *std::max_element(labels.data.begin(), labels.data.end());
  return out;
}

void standardise(LabelledData& data, double mean, double deviation) {
  for (float& x : data.inputs) x = static_cast<float>((static_cast<double>(x) - mean) / deviation);
}

Pair read_pair(const ImagesOptions& options) {
  auto train = std::const_pointer_cast<LabelledData>(read_part(options.path, "train", options.side, options.samples));
  auto test = std::const_pointer_cast<LabelledData>(read_part(options.path, "t10k", options.side, 0));
  if (train->features != test->features)
    throw std::runtime_error("'" + options.path + "' holds training and test images of different sizes");
  train->classes = test->classes = std::max(train->classes, test->classes);
  double sum = 0, square = 0;
  for (const float x : train->inputs)
    sum += static_cast<double>(x), square += static_cast<double>(x) * static_cast<double>(x);
  const auto n = static_cast<double>(train->inputs.size());
  const double mean = sum / n, deviation = std::sqrt(std::max(square / n - mean * mean, 1e-12));
  standardise(*train, mean, deviation), standardise(*test, mean, deviation);
  return {train, test};
}

Pair shared_pair(const ImagesOptions& options) {
  static std::mutex mutex;
  static std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, Pair> read;
  const std::lock_guard lock(mutex);
  const auto key = std::tuple(options.path, options.side, options.samples);
  auto at = read.find(key);
  if (at == read.end()) at = read.emplace(key, read_pair(options)).first;
  return at->second;
}

}  // namespace

bool has_images(const std::string& path) {
  std::error_code ignored;
  const fs::path plain = fs::path(path) / "train-images-idx3-ubyte";
  return fs::exists(plain, ignored) || fs::exists(plain.string() + ".gz", ignored);
}

std::vector<float> reduce_images(const std::vector<std::uint8_t>& images, std::size_t rows, std::size_t columns,
                                 std::size_t side) {
  const std::size_t size = rows * columns, count = images.size() / size;
  // Pixel i of `old` covers [i, i + 1); a new one covers old/side of them, parts included.
  const auto share = [side](std::size_t old, std::size_t to, std::size_t from) {
    const double width = static_cast<double>(old) / static_cast<double>(side);
    const double low = std::max(static_cast<double>(from), static_cast<double>(to) * width),
                 high = std::min(static_cast<double>(from + 1), static_cast<double>(to + 1) * width);
    return std::max(0.0, high - low) / width;
  };
  std::vector<float> out(count * side * side);
  std::vector<double> narrow(rows * side);
  for (std::size_t k = 0; k < count; ++k) {
    std::ranges::fill(narrow, 0.0);
    for (std::size_t to = 0; to < side; ++to)
      for (std::size_t c = to * columns / side; c < std::min(columns, (to + 1) * columns / side + 1); ++c)
        if (const double weight = share(columns, to, c); weight > 0)
          for (std::size_t r = 0; r < rows; ++r) narrow[r * side + to] += weight * images[k * size + r * columns + c];
    for (std::size_t to = 0; to < side; ++to)
      for (std::size_t c = 0; c < side; ++c) {
        double sum = 0;
        for (std::size_t r = to * rows / side; r < std::min(rows, (to + 1) * rows / side + 1); ++r)
          sum += share(rows, to, r) * narrow[r * side + c];
        out[(k * side + to) * side + c] = static_cast<float>(sum);
      }
  }
  return out;
}

std::unique_ptr<Landscape> make_images(const ImagesOptions& options) {
  if (!has_images(options.path))
    throw UsageError("the landscape 'images' found no train-images-idx3-ubyte in '" + options.path +
                     "'; install Debian's package dataset-fashion-mnist, or set path=FOLDER");
  const Pair pair = shared_pair(options);
  return std::make_unique<Classifier>("images", pair.train,
                                      ClassifierOptions{.hidden = parse_widths(options.hidden),
                                                        .activation = parse_activation(options.activation),
                                                        .minibatch = options.minibatch,
                                                        .in_double = options.precision == "double"},
                                      pair.test);
}

}  // namespace rover
