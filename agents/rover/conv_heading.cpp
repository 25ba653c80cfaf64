#include "agents/rover/conv_heading.h"

#include <algorithm>
#include <stdexcept>

#include "agents/rover/fit_net.h"
#include "env/analytic_heading.h"

namespace rover {
namespace {

constexpr std::size_t chunk = 64;

// View k of a grid: bit 0 mirrors its first index, bit 1 its second, bit 2 swaps them (in this order).
void view_grid(const float* grid, std::size_t n, unsigned k, float* out) {
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      std::size_t i = k & 4 ? b : a, j = k & 4 ? a : b;
      if (k & 1) i = n - 1 - i;
      if (k & 2) j = n - 1 - j;
      out[a * n + b] = grid[i * n + j];
    }
}

void undo_view(float y[2], unsigned k) {
  if (k & 4) std::swap(y[0], y[1]);
  if (k & 2) y[1] = -y[1];
  if (k & 1) y[0] = -y[0];
}

}  // namespace

namespace {

void check(const ConvHeadingOptions& options) {
  if (options.grid_size < 6 || options.grid_size > nn::largest_grid)
    throw UsageError("the convolutional heading needs grids of 6 to " + std::to_string(nn::largest_grid) +
                     " cells a side, not " + std::to_string(options.grid_size));
  for (const std::size_t width : {options.channels1, options.channels2, options.hidden})
    if (width == 0 || width > nn::largest_width)
      throw UsageError("the convolutional heading needs channels1, channels2 and hidden ≥ 1, at most " +
                       std::to_string(nn::largest_width));
}

std::size_t stride(const ConvHeadingOptions& options) { return options.grid_size < 12 ? 1 : 2; }

std::size_t flattened(const ConvHeadingOptions& options) {
  const std::size_t side = nn::convolved(nn::convolved(options.grid_size, stride(options)), 2);
  return options.channels2 * side * side;
}

nn::Layout layout(const ConvHeadingOptions& options) {
  const std::size_t c1 = options.channels1, c2 = options.channels2, hidden = options.hidden;
  return {{"conv1.weight", {c1, 1, 3, 3}},
          {"conv1.bias", {c1}},
          {"conv2.weight", {c2, c1, 3, 3}},
          {"conv2.bias", {c2}},
          {"w1", {flattened(options), hidden}},
          {"b1", {hidden}},
          {"w2", {hidden, 2}},
          {"b2", {2}}};
}

}  // namespace

ConvHeading::ConvHeading(const ConvHeadingOptions& options, std::uint64_t seed) : options_(options) {
  check(options);
  for (auto& [name, shape] : layout(options)) parameters_.add(name, std::move(shape));
  RandomStream stream = make_stream(seed, 0, "conv-heading");
  const std::size_t c1 = options.channels1, hidden = options.hidden;
  const std::size_t fan_in[] = {9, 9, 9 * c1, 9 * c1, flat(), flat(), hidden, hidden};
  for (std::size_t k = 0; k < 8; ++k) parameters_.initialise(parameters_.blocks()[k].name, fan_in[k], stream);
}

std::size_t ConvHeading::stride1() const { return stride(options_); }
std::size_t ConvHeading::flat() const { return flattened(options_); }

void ConvHeading::forward(std::span<const float> grids_bnn, std::span<float> outputs_b2,
                          std::span<float> features_bf) const {
  const std::size_t n = options_.grid_size, rows = outputs_b2.size() / 2, side1 = nn::convolved(n, stride1());
  thread_local std::vector<float> x, y1, y2;
  x.resize(grids_bnn.size()), y1.resize(rows * options_.channels1 * side1 * side1), y2.resize(rows * flat());
  std::ranges::transform(grids_bnn, x.begin(), [](float s) { return 2 * s - 1; });
  nn::conv3x3(parameters_["conv1.weight"], parameters_["conv1.bias"], 1, n, stride1(), x, y1);
  nn::relu(y1);
  nn::conv3x3(parameters_["conv2.weight"], parameters_["conv2.bias"], options_.channels1, side1, 2, y1, y2);
  nn::relu(y2);
  nn::dense(parameters_["w1"], parameters_["b1"], y2, features_bf);
  nn::relu(features_bf);
  nn::dense(parameters_["w2"], parameters_["b2"], features_bf, outputs_b2);
}

void ConvHeading::headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                           std::span<float> norms_b, std::span<float> features_bf) const {
  if (n != options_.grid_size)
    throw std::invalid_argument("this heading reads grids of " + std::to_string(options_.grid_size) + "×" +
                                std::to_string(options_.grid_size));
  const std::size_t cells = n * n, rows = norms_b.size(), hidden = options_.hidden;
  thread_local std::vector<float> viewed, outputs, features, sum;
  for (std::size_t begin = 0; begin < rows; begin += chunk) {
    const std::size_t size = std::min(chunk, rows - begin);
    const auto grids = grids_bnn.subspan(begin * cells, size * cells);
    viewed.resize(size * cells), outputs.resize(size * 2), features.resize(size * hidden), sum.assign(size * 2, 0);
    for (unsigned k = 0; k < (options_.views ? 8u : 1u); ++k) {
      for (std::size_t b = 0; b < size; ++b) view_grid(&grids[b * cells], n, k, &viewed[b * cells]);
      forward(viewed, outputs, features);
      if (k == 0 && !features_bf.empty())
        std::ranges::copy(features, features_bf.begin() + static_cast<std::ptrdiff_t>(begin * hidden));
      for (std::size_t b = 0; b < size; ++b) {
        undo_view(&outputs[b * 2], k);
        sum[b * 2] += outputs[b * 2], sum[b * 2 + 1] += outputs[b * 2 + 1];
      }
    }
    for (std::size_t b = 0; b < size; ++b)
      write_direction(sum[b * 2], sum[b * 2 + 1], directions_b2.subspan((begin + b) * 2, 2), norms_b[begin + b]);
  }
}

void ConvHeading::save(Checkpoint& out) const {
  out.put_text("kind", "conv");
  for (const auto& [key, text] : to_settings(options_)) out.put_text("options/" + key, text);
  parameters_.save(out, "weights/");
}

std::unique_ptr<ConvHeading> ConvHeading::load(const Checkpoint& in) {
  return nn::from_file([&] {
    const auto options = from_settings<ConvHeadingOptions>(in.group("options").texts());
    check(options);
    nn::require_layout(in, "weights/", layout(options));  // before memory is taken for it
    auto net = std::make_unique<ConvHeading>(options, 0);
    net->parameters_.load(in, "weights/");
    return net;
  });
}

void save_heading(const Heading& heading, Checkpoint& out) {
  if (const auto* fit = dynamic_cast<const FitNet*>(&heading)) fit->save(out);
  else if (const auto* conv = dynamic_cast<const ConvHeading*>(&heading)) conv->save(out);
  else out.put_text("kind", std::string(heading.name()));
}

std::shared_ptr<const Heading> load_heading(const Checkpoint& in) {
  const std::string& kind = in.text("kind");
  if (kind == "fit-net") return FitNet::load(in);
  if (kind == "conv") return ConvHeading::load(in);
  return nn::from_file([&] { return make_analytic_heading(kind); });
}

}  // namespace rover
