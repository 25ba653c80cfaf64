#include "agents/nn/layers.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace rover::nn {

void dense_reference(std::span<const float> weight_io, std::span<const float> bias_o, std::span<const float> x_bi,
                     std::span<float> y_bo) {
  const std::size_t outputs = bias_o.size(), inputs = weight_io.size() / outputs, rows = y_bo.size() / outputs;
  for (std::size_t b = 0; b < rows; ++b)
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = bias_o[o];
      for (std::size_t i = 0; i < inputs; ++i) sum += double{x_bi[b * inputs + i]} * weight_io[i * outputs + o];
      y_bo[b * outputs + o] = static_cast<float>(sum);
    }
}

// As one matrix product a batch: patches [b·s'·s', C·9] times the transposed weight [C·9, O], then channels first
// again.
void conv3x3(std::span<const float> weight_oc33, std::span<const float> bias_o, std::size_t channels, std::size_t side,
             std::size_t stride, std::span<const float> x, std::span<float> y) {
  const std::size_t outputs = bias_o.size(), patch = channels * 9, out_side = convolved(side, stride),
                    pixels = out_side * out_side;
  const std::size_t batch = x.size() / (channels * side * side);
  thread_local std::vector<float> weight, patches, product;
  weight.resize(patch * outputs), patches.resize(batch * pixels * patch), product.resize(batch * pixels * outputs);
  for (std::size_t o = 0; o < outputs; ++o)
    for (std::size_t i = 0; i < patch; ++i) weight[i * outputs + o] = weight_oc33[o * patch + i];
  float* row = patches.data();
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t i = 0; i < out_side; ++i)
      for (std::size_t j = 0; j < out_side; ++j)
        for (std::size_t c = 0; c < channels; ++c)
          for (std::size_t k = 0; k < 3; ++k, row += 3)
            std::copy_n(x.data() + ((b * channels + c) * side + i * stride + k) * side + j * stride, 3, row);
  dense(weight, bias_o, patches, product);
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t p = 0; p < pixels; ++p)
        y[(b * outputs + o) * pixels + p] = product[(b * pixels + p) * outputs + o];
}

void Parameters::add(const std::string& name, std::vector<std::size_t> shape) {
  const std::size_t size = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
  blocks_.push_back({name, std::move(shape), values_.size(), size});
  values_.resize(values_.size() + size);
}

namespace {
const Block& find(const std::vector<Block>& blocks, const std::string& name) {
  const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const Block& block) { return block.name == name; });
  if (found == blocks.end()) throw std::logic_error("no parameters named '" + name + "'");
  return *found;
}
}  // namespace

std::span<float> Parameters::operator[](const std::string& name) {
  const Block& block = find(blocks_, name);
  return flat().subspan(block.offset, block.size);
}

std::span<const float> Parameters::operator[](const std::string& name) const {
  const Block& block = find(blocks_, name);
  return flat().subspan(block.offset, block.size);
}

void Parameters::initialise(const std::string& name, std::size_t fan_in, RandomStream& stream, double scale) {
  const double bound = scale / std::sqrt(static_cast<double>(fan_in));
  for (float& value : (*this)[name]) value = static_cast<float>(stream.uniform(-bound, bound));
}

void Parameters::save(Checkpoint& out, const std::string& prefix) const {
  for (const Block& block : blocks_)
    out.put<float>(prefix + block.name, flat().subspan(block.offset, block.size), block.shape);
}

void Parameters::load(const Checkpoint& in, const std::string& prefix) {
  for (const Block& block : blocks_) {
    const auto& values = in.get<float>(prefix + block.name, block.size);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
      throw std::runtime_error("the weights '" + prefix + block.name + "' hold a number that is not finite");
    std::ranges::copy(values, values_.begin() + static_cast<std::ptrdiff_t>(block.offset));
  }
}

void require_layout(const Checkpoint& in, const std::string& prefix, const Layout& layout) {
  for (const auto& [name, shape] : layout)
    (void)in.get<float>(prefix + name,
                        std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()));
}

}  // namespace rover::nn
