#include "agents/nn/recurrent_policy.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace rover {

float rate_of(float u) { return std::exp2(std::clamp(u, -1.f, 1.f)) - 1; }
float exponent_of(float rate) { return std::clamp(std::log2(1 + rate), -1.f, 1.f); }

float action_of(ActionMap map, float u) { return map == ActionMap::rates ? rate_of(u) : std::clamp(u, -1.f, 1.f); }
float exponent_of(ActionMap map, float action) {
  return map == ActionMap::rates ? exponent_of(action) : std::clamp(action, -1.f, 1.f);
}

namespace {

bool is_conv(const PolicyOptions& options) { return options.encoder == "conv"; }
bool is_linear(const PolicyOptions& options) { return options.encoder == "linear"; }
bool remembers(const PolicyOptions& options) { return options.memory == "lstm"; }

void check(const PolicyOptions& options, const PolicyShape& shape) {
  const std::size_t grid_size = shape.grid_size, observation_size = shape.observation_size;
  check_options(options);
  if (observation_size == 0 || observation_size > nn::largest_observation || grid_size > nn::largest_grid ||
      shape.actions == 0 || shape.actions > nn::largest_width)
    throw UsageError("a policy sees 1 to " + std::to_string(nn::largest_observation) +
                     " numbers with grids of at most " + std::to_string(nn::largest_grid) +
                     " cells a side, and decides 1 to " + std::to_string(nn::largest_width));
  if (is_linear(options) && remembers(options)) throw UsageError("a linear policy has no memory: set memory to none");
  if (is_conv(options) && (grid_size < 6 || observation_size < grid_size * grid_size))
    throw UsageError("the conv encoder needs observations that begin with a grid of at least 6×6");
}

std::size_t encoded(const PolicyOptions& options, const PolicyShape& shape) {
  if (!is_conv(options)) return shape.observation_size;
  const std::size_t n = shape.grid_size, side = nn::convolved(nn::convolved(n, 1), 2);
  return options.channels2 * side * side + shape.observation_size - n * n;
}

nn::Layout layout(const PolicyOptions& options, const PolicyShape& shape) {
  if (is_linear(options)) return {{"out.w", {shape.observation_size, shape.actions}}, {"out.b", {shape.actions}}};
  const std::size_t h = options.hidden, c1 = options.channels1, c2 = options.channels2;
  const std::size_t wide = remembers(options) ? 2 * h : h;
  nn::Layout out;
  if (is_conv(options))
    out = {
        {"conv1.weight", {c1, 1, 3, 3}}, {"conv1.bias", {c1}}, {"conv2.weight", {c2, c1, 3, 3}}, {"conv2.bias", {c2}}};
  out.push_back({"encode.w", {encoded(options, shape), h}}), out.push_back({"encode.b", {h}});
  if (remembers(options)) out.push_back({"lstm.w", {2 * h, 4 * h}}), out.push_back({"lstm.b", {4 * h}});
  out.push_back({"hidden.w", {wide, h}}), out.push_back({"hidden.b", {h}});
  out.push_back({"out.w", {h, shape.actions}}), out.push_back({"out.b", {shape.actions}});
  return out;
}

}  // namespace

RecurrentPolicy::RecurrentPolicy(const PolicyOptions& options, const PolicyShape& shape, std::uint64_t seed)
    : options_(options), shape_(shape) {
  check(options, shape);
  RandomStream stream = make_stream(seed, 0, "recurrent-policy");
  const std::size_t h = options.hidden, c1 = options.channels1, wide = has_memory() ? 2 * h : h;
  const auto fan_in = [&](const std::string& name) -> std::size_t {
    if (name.starts_with("out")) return linear() ? (name == "out.w" ? observation_size() : 1) : h;
    if (name.starts_with("conv1")) return 9;
    if (name.starts_with("conv2")) return 9 * c1;
    return name.starts_with("encode") ? encoded_size() : name.starts_with("lstm") ? h : wide;
  };
  for (auto& [name, sizes] : layout(options, shape)) {
    parameters_.add(name, std::move(sizes));
    parameters_.initialise(name, fan_in(name), stream, name == "out.w" ? options.output_scale : name != "out.b");
  }
}

std::size_t RecurrentPolicy::encoded_size() const { return encoded(options_, shape_); }

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
  return nn::from_file([&] {
    PolicyShape shape{in.integer("observation_size"), in.integer("grid_size"), in.get<float>("weights/out.b").size()};
    if (in.contains("action_map") && in.text("action_map") == "direct") shape.map = ActionMap::direct;
    const auto options = from_settings<PolicyOptions>(in.group("options").texts());
    check(options, shape);
    nn::require_layout(in, "weights/", layout(options, shape));  // before memory is taken for it
    RecurrentPolicy policy(options, shape, 0);
    policy.parameters_.load(in, "weights/");
    return policy;
  });
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
