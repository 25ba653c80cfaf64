#include "agents/nn/recurrent_policy.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {

float rate_of(float u) { return std::exp2(std::clamp(u, -1.f, 1.f)) - 1; }
float exponent_of(float rate) { return std::clamp(std::log2(1 + rate), -1.f, 1.f); }

float action_of(ActionMap map, float u) { return map == ActionMap::rates ? rate_of(u) : std::clamp(u, -1.f, 1.f); }
float exponent_of(ActionMap map, float action) {
  return map == ActionMap::rates ? exponent_of(action) : std::clamp(action, -1.f, 1.f);
}

RecurrentPolicy::RecurrentPolicy(const PolicyOptions& options, const PolicyShape& shape, std::uint64_t seed)
    : options_(options), shape_(shape) {
  const std::size_t grid_size = shape.grid_size, observation_size = shape.observation_size;
  if (options.encoder != "dense" && options.encoder != "conv" && options.encoder != "linear")
    throw UsageError(unknown_name("encoder", options.encoder, {"dense", "conv", "linear"}) +
                     " (dense, conv or linear)");
  if (options.memory != "lstm" && options.memory != "none")
    throw UsageError(unknown_name("memory", options.memory, {"lstm", "none"}) + " (lstm or none)");
  if (options.hidden == 0) throw UsageError("a policy needs hidden ≥ 1");
  if (!(options.output_scale >= 0)) throw UsageError("a policy needs output_scale ≥ 0");
  if (linear() && has_memory()) throw UsageError("a linear policy has no memory: set memory to none");
  if (convolutional() && (grid_size < 6 || observation_size < grid_size * grid_size))
    throw UsageError("the conv encoder needs observations that begin with a grid of at least 6×6");
  if (convolutional() && (options.channels1 == 0 || options.channels2 == 0))
    throw UsageError("the conv encoder needs channels1 and channels2 ≥ 1");
  const std::size_t h = options.hidden, c1 = options.channels1, c2 = options.channels2;
  RandomStream stream = make_stream(seed, 0, "recurrent-policy");
  const auto add = [&](const std::string& name, std::vector<std::size_t> sizes, std::size_t fan_in, double scale = 1) {
    parameters_.add(name, std::move(sizes));
    parameters_.initialise(name, fan_in, stream, scale);
  };
  if (linear()) {
    add("out.w", {observation_size, shape.actions}, observation_size, options.output_scale),
        add("out.b", {shape.actions}, 1, 0);
    return;
  }
  if (convolutional()) {
    add("conv1.weight", {c1, 1, 3, 3}, 9), add("conv1.bias", {c1}, 9);
    add("conv2.weight", {c2, c1, 3, 3}, 9 * c1), add("conv2.bias", {c2}, 9 * c1);
  }
  add("encode.w", {encoded_size(), h}, encoded_size()), add("encode.b", {h}, encoded_size());
  const std::size_t wide = has_memory() ? 2 * h : h, actions = shape.actions;
  if (has_memory()) add("lstm.w", {2 * h, 4 * h}, h), add("lstm.b", {4 * h}, h);
  add("hidden.w", {wide, h}, wide), add("hidden.b", {h}, wide);
  add("out.w", {h, actions}, h, options.output_scale), add("out.b", {actions}, h, 0);
}

std::size_t RecurrentPolicy::encoded_size() const {
  if (!convolutional()) return observation_size();
  const std::size_t n = grid_size(), side = nn::convolved(nn::convolved(n, 1), 2);
  return options_.channels2 * side * side + observation_size() - n * n;
}

std::span<const float> RecurrentPolicy::block(std::size_t index) const {
  const nn::Block& found = parameters_.blocks()[index];
  return parameters_.flat().subspan(found.offset, found.size);
}

void RecurrentPolicy::forward(std::span<const float> observations_bo, std::span<float> hidden_bh,
                              std::span<float> cell_bh, std::span<float> u_ba) const {
  const std::size_t h = options_.hidden, rows = u_ba.size() / actions(), o = observation_size(), n = grid_size();
  if (linear()) {
    nn::dense(block(0), block(1), observations_bo, u_ba);
    return nn::tanh(u_ba);
  }
  thread_local std::vector<float> image, y1, y2, encoded, z, joined, gates, hidden;
  std::size_t k = 0;
  std::span<const float> input = observations_bo;
  if (convolutional()) {
    const std::size_t cells = n * n, side1 = nn::convolved(n, 1), wide = encoded_size(), rest = o - cells;
    image.resize(rows * cells), y1.resize(rows * options_.channels1 * side1 * side1), y2.resize(rows * (wide - rest)),
        encoded.resize(rows * wide);
    for (std::size_t b = 0; b < rows; ++b)
      for (std::size_t c = 0; c < cells; ++c) image[b * cells + c] = 2 * observations_bo[b * o + c] - 1;
    nn::conv3x3(block(0), block(1), 1, n, 1, image, y1);
    nn::relu(y1);
    nn::conv3x3(block(2), block(3), options_.channels1, side1, 2, y1, y2);
    nn::relu(y2);
    k = 4;
    for (std::size_t b = 0; b < rows; ++b) {
      std::copy_n(&y2[b * (wide - rest)], wide - rest, &encoded[b * wide]);
      std::copy_n(observations_bo.data() + b * o + cells, rest, encoded.data() + b * wide + wide - rest);
    }
    input = encoded;
  }
  z.resize(rows * h), hidden.resize(rows * h);
  nn::dense(block(k), block(k + 1), input, z);
  nn::tanh(z);
  k += 2;
  std::span<const float> read = z;
  if (has_memory()) {
    joined.resize(rows * 2 * h), gates.resize(rows * 4 * h);
    const auto join = [&] {
      for (std::size_t b = 0; b < rows; ++b) {
        std::copy_n(&z[b * h], h, &joined[b * 2 * h]);
        std::copy_n(&hidden_bh[b * h], h, &joined[b * 2 * h + h]);
      }
    };
    join();
    nn::dense(block(k), block(k + 1), joined, gates);
    nn::lstm_cell(gates, cell_bh, hidden_bh, h);
    join();
    read = joined;
    k += 2;
  }
  nn::dense(block(k), block(k + 1), read, hidden);
  nn::relu(hidden);
  nn::dense(block(k + 2), block(k + 3), hidden, u_ba);
  nn::tanh(u_ba);
}

void RecurrentPolicy::save(Checkpoint& out) const {
  for (const auto& [key, text] : to_settings(options_)) out.put_text("options/" + key, text);
  out.put_integer("observation_size", observation_size());
  out.put_integer("grid_size", grid_size());
  out.put_text("action_map", shape_.map == ActionMap::rates ? "rates" : "direct");
  parameters_.save(out, "weights/");
}

RecurrentPolicy RecurrentPolicy::load(const Checkpoint& in) {
  PolicyShape shape{in.integer("observation_size"), in.integer("grid_size"), in.get<float>("weights/out.b").size()};
  if (in.contains("action_map") && in.text("action_map") == "direct") shape.map = ActionMap::direct;
  RecurrentPolicy policy(from_settings<PolicyOptions>(in.group("options").texts()), shape, 0);
  policy.parameters_.load(in, "weights/");
  return policy;
}

void RecurrentBatchPolicy::reset(std::span<const std::uint64_t> seeds_b) {
  const std::size_t batch_size = seeds_b.size();
  if (batch_size % policies_.size() != 0) throw std::logic_error("the batch does not divide among the policies");
  state_.reset(batch_size, policies_.front()->hidden());
  const std::size_t entries = batch_size * policies_.front()->actions();
  process_.assign(entries, 0);
  u_.resize(entries);
  streams_.resize(batch_size);
  for (std::size_t b = 0; b < batch_size; ++b) streams_[b] = make_stream(seeds_b[b], 0, "exploration");
}

void RecurrentBatchPolicy::act(std::span<const float> observations_bo, std::span<float> actions_ba) {
  const std::size_t a = policies_.front()->actions();
  const ActionMap map = policies_.front()->shape().map;
  const std::size_t rows = u_.size() / a / policies_.size(), o = policies_.front()->observation_size(),
                    h = policies_.front()->hidden();
  for (std::size_t p = 0; p < policies_.size(); ++p)
    policies_[p]->forward(
        observations_bo.subspan(p * rows * o, rows * o), std::span(state_.hidden).subspan(p * rows * h, rows * h),
        std::span(state_.cell).subspan(p * rows * h, rows * h), std::span(u_).subspan(p * rows * a, rows * a));
  for (std::size_t k = 0; k < u_.size(); ++k) {
    if (noise_ > 0) {
      process_[k] = 0.85 * process_[k] + noise_ * std::sqrt(1 - 0.85 * 0.85) * streams_[k / a].normal();
      u_[k] += static_cast<float>(process_[k]);
    }
    if (std::isnan(u_[k])) throw std::runtime_error("the policy's action is not a number; try a smaller learning rate");
    actions_ba[k] = action_of(map, u_[k]);
  }
}

}  // namespace rover
