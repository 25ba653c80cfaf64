#include <cmath>
#include <stdexcept>

#include "training/torch/networks_torch.h"

namespace rover {
namespace {

// x [B, T, I] → x·w + b [B, T, O], the bias inside the product.
torch::Tensor linear(const FlatLeaf::Views& weights, const std::string& name, const torch::Tensor& x) {
  const auto& w = weights.at(name + ".w");
  return torch::addmm(weights.at(name + ".b"), x.reshape({-1, x.size(2)}), w).view({x.size(0), x.size(1), w.size(1)});
}

// A 3×3 convolution without padding as one product over all patches of the batch: LibTorch's own works image by image,
// which costs ten times more on grids this small. x [B, side², C] → [B, side'², O]; weight [O, C, 3, 3].
torch::Tensor convolve3x3(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                          std::int64_t side, std::int64_t stride) {
  const auto out_side = (side - 3) / stride + 1;
  std::vector<std::int64_t> cells;
  for (std::int64_t i = 0; i < out_side; ++i)
    for (std::int64_t j = 0; j < out_side; ++j)
      for (std::int64_t k = 0; k < 9; ++k) cells.push_back((i * stride + k / 3) * side + j * stride + k % 3);
  const auto patches = x.index_select(1, torch::tensor(cells)).view({x.size(0) * out_side * out_side, 9 * x.size(2)});
  const auto product = torch::addmm(bias, patches, weight.permute({2, 3, 1, 0}).reshape({-1, weight.size(0)}));
  return product.view({x.size(0), out_side * out_side, weight.size(0)});
}

}  // namespace

FlatLeaf::FlatLeaf(nn::Parameters& parameters)
    : parameters_(&parameters),
      leaf_(torch::from_blob(parameters.flat().data(), {static_cast<std::int64_t>(parameters.flat().size())},
                             torch::kFloat32)) {
  leaf_.requires_grad_(true);
  for (const nn::Block& block : parameters.blocks()) sizes_.push_back(static_cast<std::int64_t>(block.size));
}

FlatLeaf::Views FlatLeaf::views() const {
  Views out;
  const auto parts = leaf_.split_with_sizes(sizes_);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const nn::Block& block = parameters_->blocks()[k];
    out[block.name] = parts[k].view(std::vector<std::int64_t>(block.shape.begin(), block.shape.end()));
  }
  return out;
}

FlatLeaf::Views FlatLeaf::constants() const {
  torch::NoGradGuard guard;
  return views();
}

void FlatLeaf::descend(const torch::Tensor& loss, Adam<float>& adam, double learning_rate, double largest_norm,
                       const char* what) {
  if (!std::isfinite(loss.item<float>()))
    throw std::runtime_error(std::string("the loss of the ") + what + " is not a number; try a smaller learning rate");
  const torch::Tensor gradient = torch::autograd::grad({loss}, {leaf_})[0].contiguous();
  const double norm = gradient.norm().item<double>();
  if (!std::isfinite(norm))
    throw std::runtime_error(std::string("the gradient of the ") + what +
                             " is not a number; try a smaller learning rate");
  if (norm > largest_norm) gradient.mul_(largest_norm / norm);
  adam.update(parameters_->flat(), {gradient.data_ptr<float>(), parameters_->flat().size()}, learning_rate);
}

torch::Tensor encoder_input(const FlatLeaf::Views& w, const torch::Tensor& observations, bool convolutional,
                            std::int64_t n) {
  if (!convolutional) return observations;
  const auto batch = observations.size(0), steps = observations.size(1), rest = observations.size(2) - n * n;
  auto x = (2 * observations.narrow(2, 0, n * n) - 1).reshape({batch * steps, n * n, 1});
  x = convolve3x3(x, w.at("conv1.weight"), w.at("conv1.bias"), n, 1).relu_();
  x = convolve3x3(x, w.at("conv2.weight"), w.at("conv2.bias"), n - 2, 2).relu_();
  return torch::cat({x.transpose(1, 2).reshape({batch, steps, -1}), observations.narrow(2, n * n, rest)}, 2);
}

torch::Tensor lstm_sequence(const torch::Tensor& weight, const torch::Tensor& bias, const torch::Tensor& inputs) {
  const auto batch = inputs.size(0), steps = inputs.size(1), size = inputs.size(2), width = bias.size(0) / 4;
  // time first: each step's rows lie together
  const auto by_time = inputs.transpose(0, 1).reshape({-1, size});
  const auto from_inputs =
      torch::addmm(bias, by_time, weight.narrow(0, 0, size)).view({steps, batch, 4 * width}).unbind(0);
  const auto recurrent = weight.narrow(0, size, width);
  auto hidden = torch::zeros({batch, width}), cell = torch::zeros({batch, width});
  std::vector<torch::Tensor> out;
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto gates = torch::addmm(from_inputs[static_cast<std::size_t>(t)], hidden, recurrent);
    const auto input_forget = torch::sigmoid(gates.narrow(1, 0, 2 * width));
    const auto update = torch::tanh(gates.narrow(1, 2 * width, width)),
               output = torch::sigmoid(gates.narrow(1, 3 * width, width));
    cell = input_forget.narrow(1, width, width) * cell + input_forget.narrow(1, 0, width) * update;
    hidden = output * torch::tanh(cell);
    out.push_back(hidden);
  }
  return torch::stack(out, 1);
}

torch::Tensor policy_logits(const FlatLeaf::Views& w, const RecurrentPolicy& shape, const torch::Tensor& observations) {
  if (shape.linear()) return linear(w, "out", observations);
  const auto x = encoder_input(w, observations, shape.convolutional(), static_cast<std::int64_t>(shape.grid_size()));
  const auto z = linear(w, "encode", x).tanh_();
  const auto read = shape.has_memory() ? torch::cat({z, lstm_sequence(w.at("lstm.w"), w.at("lstm.b"), z)}, 2) : z;
  return linear(w, "out", linear(w, "hidden", read).relu_());
}

nn::Parameters make_critic(const CriticShape& s, std::uint64_t seed) {
  nn::Parameters out;
  RandomStream stream = make_stream(seed, 0, "critic");
  const auto add = [&](const std::string& name, std::vector<std::size_t> shape, std::size_t fan_in) {
    out.add(name, std::move(shape));
    out.initialise(name, fan_in, stream);
  };
  std::size_t seen = s.observation_size + s.privileged_size;
  const std::size_t h = s.hidden, a = s.actions;
  if (s.convolutional) {
    const std::size_t side = nn::convolved(nn::convolved(s.grid_size, 1), 2);
    add("conv1.weight", {s.channels1, 1, 3, 3}, 9), add("conv1.bias", {s.channels1}, 9);
    add("conv2.weight", {s.channels2, s.channels1, 3, 3}, 9 * s.channels1),
        add("conv2.bias", {s.channels2}, 9 * s.channels1);
    seen += s.channels2 * side * side - s.grid_size * s.grid_size;
  }
  std::size_t state = seen;
  if (s.recurrent) {
    add("encode.w", {seen + a, h}, seen + a), add("encode.b", {h}, seen + a);
    add("lstm.w", {2 * h, 4 * h}, h), add("lstm.b", {4 * h}, h);
    state = h;
  }
  add("hidden1.w", {state + a, h}, state + a), add("hidden1.b", {h}, state + a);
  add("hidden2.w", {h, h}, h), add("hidden2.b", {h}, h);
  add("value.w", {h, 1}, h), add("value.b", {1}, h);
  return out;
}

torch::Tensor critic_state(const FlatLeaf::Views& w, const CriticShape& shape, const torch::Tensor& observations,
                           const torch::Tensor& privileged, const torch::Tensor& previous_actions) {
  auto x = encoder_input(w, observations, shape.convolutional, static_cast<std::int64_t>(shape.grid_size));
  if (shape.privileged_size > 0) x = torch::cat({x, privileged}, 2);
  if (!shape.recurrent) return x;
  const auto z = linear(w, "encode", torch::cat({x, previous_actions}, 2)).tanh_();
  return lstm_sequence(w.at("lstm.w"), w.at("lstm.b"), z);
}

torch::Tensor critic_value(const FlatLeaf::Views& w, const CriticShape&, const torch::Tensor& states,
                           const torch::Tensor& actions) {
  const auto x = linear(w, "hidden1", torch::cat({states, actions}, 2)).relu_();
  return linear(w, "value", linear(w, "hidden2", x).relu_()).squeeze(2);
}

}  // namespace rover
