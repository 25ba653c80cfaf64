#include "imitation/torch/twins_torch.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace rover {
namespace {

torch::Tensor share(nn::Parameters& parameters, const nn::Block& block) {
  const std::vector<std::int64_t> shape(block.shape.begin(), block.shape.end());
  return torch::from_blob(parameters.flat().data() + block.offset, shape, torch::kFloat32);
}

// Which cells of a square of `side` the 3×3 patches read, patch by patch.
torch::Tensor patch_cells(std::size_t side, std::size_t stride) {
  std::vector<std::int64_t> cells;
  const std::size_t out = nn::convolved(side, stride);
  for (std::size_t i = 0; i < out; ++i)
    for (std::size_t j = 0; j < out; ++j)
      for (std::size_t k = 0; k < 9; ++k)
        cells.push_back(static_cast<std::int64_t>((i * stride + k / 3) * side + j * stride + k % 3));
  return torch::tensor(cells);
}

// A 3×3 convolution without padding as one product over all patches of the batch: LibTorch's own works image by image.
// x [B, cells, C], weight [O, C, 3, 3] → [B·cells', O].
torch::Tensor convolve3x3(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& cells) {
  const auto patches = x.index_select(1, cells).view({-1, 9 * x.size(2)});
  return patches.mm(weight.permute({2, 3, 1, 0}).reshape({-1, weight.size(0)}));
}

class FitNetTwin final : public HeadingTwin {
 public:
  FitNetTwin(const FitNetOptions& options, std::uint64_t seed) : net_(options, seed) { share_weights(); }
  std::size_t input_size() const override { return 2 * net_.candidates() + net_.invariants(); }

  void prepare(std::span<const float> grids, std::span<float> inputs) const override {
    const std::size_t cells = net_.options().grid_size * net_.options().grid_size, rows = grids.size() / cells;
    const std::size_t k2 = 2 * net_.candidates(), count = net_.invariants();
    std::vector<float> candidates(rows * k2), invariants(rows * count);
    net_.proposals(grids, candidates, invariants);
    for (std::size_t b = 0; b < rows; ++b) {
      float* row = &inputs[b * (k2 + count)];
      std::copy_n(&candidates[b * k2], k2, row);
      std::copy_n(&invariants[b * count], count, row + k2);
    }
  }

  // The candidates turn with the surface and the invariants do not: turned views of a grid would teach nothing new.
  void fetch(std::span<const float> prepared, const float direction[2], RandomStream&, std::span<float> input,
             float* out) const override {
    std::ranges::copy(prepared, input.begin());
    out[0] = direction[0], out[1] = direction[1];
  }

  torch::Tensor forward(const torch::Tensor& inputs, bool) override {
    const auto k = static_cast<std::int64_t>(net_.candidates());
    const auto hidden1 = torch::relu(
        torch::addmm(leaf(1), inputs.narrow(1, 2 * k, static_cast<std::int64_t>(net_.invariants())), leaf(0)));
    const auto hidden2 = torch::tanh(torch::addmm(leaf(3), hidden1, leaf(2)));
    const auto weights = torch::addmm(leaf(5), hidden2, leaf(4));
    return torch::bmm(weights.unsqueeze(1), inputs.narrow(1, 0, 2 * k).reshape({-1, k, 2})).squeeze(1);
  }

  nn::Parameters& weights() override { return net_.parameters(); }
  std::unique_ptr<Heading> heading() const override { return std::make_unique<FitNet>(net_); }
  void save_model(Checkpoint& out) const override { net_.save(out); }

 private:
  FitNet net_;
};

class ConvTwin final : public HeadingTwin {
 public:
  ConvTwin(const ConvHeadingOptions& options, std::uint64_t seed)
      : net_(options, seed),
        n_(options.grid_size),
        cells1_(patch_cells(n_, net_.stride1())),
        cells2_(patch_cells(nn::convolved(n_, net_.stride1()), 2)) {
    const std::size_t c1 = options.channels1, c2 = options.channels2, h = options.hidden;
    for (const auto& [name, shape] :
         std::vector<std::pair<std::string, std::vector<std::size_t>>>{{"conv1.weight", {c1, 1, 3, 3}},
                                                                       {"norm1.scale", {c1}},
                                                                       {"norm1.shift", {c1}},
                                                                       {"conv2.weight", {c2, c1, 3, 3}},
                                                                       {"norm2.scale", {c2}},
                                                                       {"norm2.shift", {c2}},
                                                                       {"w1", {net_.flat(), h}},
                                                                       {"b1", {h}},
                                                                       {"w2", {h, 2}},
                                                                       {"b2", {2}}})
      weights_.add(name, shape);
    for (const char* name : {"conv1.weight", "conv2.weight", "w1", "b1", "w2", "b2"})
      std::ranges::copy(net_.parameters()[name], weights_[name].begin());
    for (const char* name : {"norm1.scale", "norm2.scale"}) std::ranges::fill(weights_[name], 1.f);
    for (const char* layer : {"norm1", "norm2"})
      for (const char* name : {".mean", ".variance"})
        statistics_.add(layer + std::string(name), {layer == std::string("norm1") ? c1 : c2});
    for (const char* name : {"norm1.variance", "norm2.variance"}) std::ranges::fill(statistics_[name], 1.f);
    share_weights();
    for (const nn::Block& block : statistics_.blocks()) running_.push_back(share(statistics_, block));
  }
  std::size_t input_size() const override { return n_ * n_; }

  void prepare(std::span<const float> grids, std::span<float> inputs) const override {
    std::ranges::copy(grids, inputs.begin());
  }

  // One of the 8 views: bit 0 mirrors the first index, bit 1 the second, bit 2 swaps them (in this order).
  void fetch(std::span<const float> prepared, const float direction[2], RandomStream& stream, std::span<float> input,
             float* out) const override {
    const std::uint64_t view = stream.below(8);
    for (std::size_t a = 0; a < n_; ++a)
      for (std::size_t b = 0; b < n_; ++b) {
        std::size_t i = view & 4 ? b : a, j = view & 4 ? a : b;
        if (view & 1) i = n_ - 1 - i;
        if (view & 2) j = n_ - 1 - j;
        input[a * n_ + b] = prepared[i * n_ + j];
      }
    out[0] = view & 1 ? -direction[0] : direction[0], out[1] = view & 2 ? -direction[1] : direction[1];
    if (view & 4) std::swap(out[0], out[1]);
  }

  torch::Tensor forward(const torch::Tensor& inputs, bool training) override {
    const std::int64_t rows = inputs.size(0);
    // [rows·cells, C]: batch normalisation over the rows is that over images and cells.
    const auto norm = [&](const torch::Tensor& x, std::size_t scale, std::size_t mean) {
      return torch::relu(torch::batch_norm(x, leaf(scale), leaf(scale + 1), running_[mean], running_[mean + 1],
                                           training, 0.1, epsilon, false));
    };
    auto x = inputs.view({rows, -1, 1}) * 2 - 1;
    x = norm(convolve3x3(x, leaf(0), cells1_), 1, 0);
    x = norm(convolve3x3(x.view({rows, -1, x.size(1)}), leaf(3), cells2_), 4, 2);
    x = x.view({rows, -1, x.size(1)}).transpose(1, 2).reshape({rows, -1});  // channels first, as w1 reads them
    return torch::addmm(leaf(9), torch::relu(torch::addmm(leaf(7), x, leaf(6))), leaf(8));
  }

  nn::Parameters& weights() override { return weights_; }
  nn::Parameters& statistics() override { return statistics_; }
  std::unique_ptr<Heading> heading() const override { return std::make_unique<ConvHeading>(folded()); }
  void save_model(Checkpoint& out) const override { folded().save(out); }

 private:
  static constexpr double epsilon = 1e-5;  // of batch normalisation

  // γ (w∗x − μ)/√(σ² + ε) + β is a convolution with weights w γ/√(σ² + ε) and bias β − μ γ/√(σ² + ε).
  ConvHeading folded() const {
    ConvHeading out = net_;
    nn::Parameters& to = out.parameters();
    for (const std::string layer : {"1", "2"}) {
      const auto from = weights_["conv" + layer + ".weight"], scale = weights_["norm" + layer + ".scale"],
                 shift = weights_["norm" + layer + ".shift"];
      const auto mean = statistics_["norm" + layer + ".mean"], variance = statistics_["norm" + layer + ".variance"];
      const auto weight = to["conv" + layer + ".weight"], bias = to["conv" + layer + ".bias"];
      const std::size_t patch = weight.size() / bias.size();
      for (std::size_t o = 0; o < bias.size(); ++o) {
        const double factor = scale[o] / std::sqrt(variance[o] + epsilon);
        for (std::size_t i = 0; i < patch; ++i)
          weight[o * patch + i] = static_cast<float>(from[o * patch + i] * factor);
        bias[o] = static_cast<float>(shift[o] - mean[o] * factor);
      }
    }
    for (const char* name : {"w1", "b1", "w2", "b2"}) std::ranges::copy(weights_[name], to[name].begin());
    return out;
  }

  ConvHeading net_;  // sizes and initial weights
  std::size_t n_;
  torch::Tensor cells1_, cells2_;  // see patch_cells
  nn::Parameters weights_, statistics_;
  std::vector<torch::Tensor> running_;
};

}  // namespace

void HeadingTwin::share_weights() {
  for (const nn::Block& block : weights().blocks()) leaves_.push_back(share(weights(), block).set_requires_grad(true));
}

void HeadingTwin::gradient(const torch::Tensor& loss, std::span<float> out) const {
  float* to = out.data();
  for (const auto& part : torch::autograd::grad({loss}, leaves_)) {
    const auto dense = part.contiguous();
    to = std::copy_n(dense.data_ptr<float>(), dense.numel(), to);
  }
}

std::unique_ptr<HeadingTwin> make_fit_net_twin(const FitNetOptions& options, std::uint64_t seed) {
  return std::make_unique<FitNetTwin>(options, seed);
}
std::unique_ptr<HeadingTwin> make_conv_twin(const ConvHeadingOptions& options, std::uint64_t seed) {
  return std::make_unique<ConvTwin>(options, seed);
}

HeadingLoss parse_heading_loss(std::string_view text) {
  if (text == "nce") return HeadingLoss::nce;
  if (text == "angle") return HeadingLoss::angle;
  if (text == "cosine") return HeadingLoss::cosine;
  throw UsageError("the loss of the heading is nce, angle or cosine, not '" + std::string(text) + "'");
}

torch::Tensor heading_loss(HeadingLoss kind, const torch::Tensor& y, const torch::Tensor& direction,
                           const torch::Tensor& negative) {
  const auto along = (y * direction).sum(1);
  if (kind == HeadingLoss::nce) return torch::softplus(-along).mean() + torch::softplus((y * negative).sum(1)).mean();
  if (kind == HeadingLoss::cosine) return (1 - along / y.norm(2, 1).clamp_min(1e-6)).mean();
  return torch::atan2(y.select(1, 0) * direction.select(1, 1) - y.select(1, 1) * direction.select(1, 0), along)
      .abs()
      .mean();
}

}  // namespace rover
