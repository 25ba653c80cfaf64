#include "imitation/torch/heading_trainer.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "imitation/heading_data.h"
#include "imitation/heading_walker.h"
#include "imitation/torch/twins_torch.h"
#include "training/adam.h"

namespace rover {
namespace {

std::unique_ptr<HeadingTwin> make_twin(const HeadingTrainerOptions& options, std::uint64_t seed) {
  if (options.network == "fit-net") return make_fit_net_twin({options.grid_size, options.hidden, options.robust}, seed);
  if (options.network == "conv")
    return make_conv_twin({options.grid_size, options.channels1, options.channels2, options.hidden, options.views},
                          seed);
  throw UsageError(unknown_name("network", options.network, {"fit-net", "conv"}));
}

const HeadingTrainerOptions& checked(const HeadingTrainerOptions& options) {
  check_options(options);
  check_collection(options.collection, options.grid_size);
  return options;
}

}  // namespace

struct HeadingTrainer::State {
  HeadingTrainerOptions options;
  std::uint64_t seed;
  std::vector<std::string> families;
  std::unique_ptr<HeadingTwin> twin;
  Adam<float> adam;
  HeadingData data;
  std::vector<float> prepared;              // [N, input_size]: the data as the twin reads it
  std::uint64_t shards = 0, updates = 0;    // done
  KeptMetrics measured;                     // the last angles
  mutable std::optional<Samples> held_out;  // collected when first needed
  // A batch and its tensors, which share the vectors' memory.
  std::vector<float> inputs, directions, negatives, gradient;
  torch::Tensor inputs_t, directions_t, negatives_t;
  std::vector<std::uint32_t> order;  // the samples as epoch `order_epoch` − 1 visits them
  std::uint64_t order_epoch = 0;

  State(const HeadingTrainerOptions& given, const TrainerPlace& place)
      : options(checked(given)),
        seed(place.seed),
        families(family_names(options.collection.families)),
        twin(make_twin(options, derive_seed(seed, 0, "heading-weights"))),
        adam(twin->weights().flat().size()),
        data(options.collection, options.grid_size, derive_seed(seed, 0, "heading-data"), place.folder),
        gradient(twin->weights().flat().size()) {
    torch::set_num_threads(1);  // small matrices; and sums in one order
  }

  std::uint64_t shards_total() const { return shard_count(options.collection); }
  std::uint64_t training_steps() const {
    return (options.updates + options.updates_per_step - 1) / options.updates_per_step;
  }

  void prepare_new_rows() {
    const std::size_t width = twin->input_size(), cells = options.grid_size * options.grid_size;
    const std::size_t done = prepared.size() / width, rows = data.size();
    if (prepared.empty()) prepared.reserve(options.collection.functions * options.collection.steps * width);
    prepared.resize(rows * width);
    twin->prepare(std::span(data.grids()).subspan(done * cells), std::span(prepared).subspan(done * width));
  }

  void make_batch_memory(std::size_t size) {
    if (directions.size() == 2 * size) return;
    inputs.resize(size * twin->input_size()), directions.resize(2 * size), negatives.resize(2 * size);
    const auto rows = static_cast<std::int64_t>(size);
    inputs_t = torch::from_blob(inputs.data(), {rows, static_cast<std::int64_t>(twin->input_size())}, torch::kFloat32);
    directions_t = torch::from_blob(directions.data(), {rows, 2}, torch::kFloat32);
    negatives_t = torch::from_blob(negatives.data(), {rows, 2}, torch::kFloat32);
  }

  // Batch number `updates`: each epoch visits the samples once in an order of its own, a last part of a batch left out.
  void fill_batch() {
    const std::size_t count = data.size(), size = std::min<std::size_t>(options.batch_size, count),
                      width = twin->input_size();
    make_batch_memory(size);
    const std::uint64_t batches = count / size, epoch = updates / batches, first = updates % batches * size;
    if (order_epoch != epoch + 1) {
      order.resize(count);
      std::iota(order.begin(), order.end(), 0u);
      RandomStream stream = make_stream(seed, epoch, "heading-order");
      for (std::size_t k = count; k > 1; --k) std::swap(order[k - 1], order[stream.below(k)]);
      order_epoch = epoch + 1;
    }
    RandomStream stream = make_stream(seed, updates, "heading-batch");
    for (std::size_t b = 0; b < size; ++b) {
      const std::size_t row = order[first + b];
      twin->fetch(std::span(prepared).subspan(row * width, width), &data.directions()[2 * row], stream,
                  std::span(inputs).subspan(b * width, width), &directions[2 * b]);
      draw_negative(&directions[2 * b], stream.uniform(), &negatives[2 * b]);
    }
  }

  double update() {
    fill_batch();
    const HeadingLoss kind = parse_heading_loss(options.loss);
    const auto y = twin->forward(inputs_t, true);
    auto loss = heading_loss(kind, y, directions_t, negatives_t);
    if (kind != HeadingLoss::nce && options.confidence > 0)
      loss = loss + options.confidence * heading_loss(HeadingLoss::nce, y, directions_t, negatives_t);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      throw std::runtime_error("the heading's loss is not a number after " + std::to_string(updates) +
                               " updates; a smaller learning_rate may help");
    twin->gradient(loss, gradient);
    const double progress = static_cast<double>(updates) / static_cast<double>(options.updates);
    const double fraction = options.final_learning_rate +
                            (1 - options.final_learning_rate) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
    adam.update(twin->weights().flat(), gradient, options.learning_rate * fraction);
    ++updates;
    return value;
  }

  void finish() {
    data.let_go(options.keep_data);
    prepared = {};
  }

  AngleErrors measure() const {
    if (!held_out) held_out = held_out_samples(options.collection, options.grid_size, seed, options.held_out);
    return angle_errors(*twin->heading(), *held_out, families);
  }
};

HeadingTrainer::HeadingTrainer(const HeadingTrainerOptions& options, const TrainerPlace& place)
    : state_(std::make_unique<State>(options, place)) {}
HeadingTrainer::~HeadingTrainer() = default;

std::uint64_t HeadingTrainer::steps_done() const {
  const State& s = *state_;
  return s.shards + (s.updates + s.options.updates_per_step - 1) / s.options.updates_per_step;
}
std::uint64_t HeadingTrainer::steps_total() const { return state_->shards_total() + state_->training_steps(); }
std::string HeadingTrainer::phase() const { return state_->shards < state_->shards_total() ? "collect" : "direction"; }

std::vector<std::string> HeadingTrainer::metric_names() const {
  std::vector<std::string> names{"heading/samples", "heading/loss"};
  for (const auto& family : state_->families)
    names.push_back("heading/angle_" + family), names.push_back("heading/median_" + family);
  return names;
}

void HeadingTrainer::step(Metrics& metrics) {
  State& s = *state_;
  if (s.shards < s.shards_total()) {
    s.data.collect(s.shards);
    s.prepare_new_rows();
    ++s.shards;
    metrics.log("heading/samples", static_cast<double>(s.data.size()));
    if (s.shards == s.shards_total() && s.data.size() == 0)
      throw std::runtime_error("the collection found no sample: no teacher could descend on any surface");
    return;
  }
  if (s.updates >= s.options.updates) return;
  const std::uint64_t end = std::min(s.options.updates, s.updates + s.options.updates_per_step), begin = s.updates;
  double sum = 0;
  while (s.updates < end) sum += s.update();
  metrics.log("heading/loss", sum / static_cast<double>(end - begin));
  const std::uint64_t step = steps_done() - s.shards;
  if (step % s.options.evaluate_every != 0 && s.updates < s.options.updates) return;
  const AngleErrors errors = s.measure();
  for (std::size_t k = 0; k < errors.families.size(); ++k) {
    s.measured.log(metrics, "heading/angle_" + errors.families[k], errors.mean[k]);
    s.measured.log(metrics, "heading/median_" + errors.families[k], errors.median[k]);
  }
  if (s.updates == s.options.updates) s.finish();
}

void HeadingTrainer::save(Checkpoint& out) const {
  const State& s = *state_;
  out.put_integer("shards", s.shards);
  out.put_integer("updates", s.updates);
  s.data.save(out, "data/");
  s.twin->weights().save(out, "weights/");
  s.twin->statistics().save(out, "statistics/");
  s.adam.save(out, "adam/");
  s.measured.save(out);
}

void HeadingTrainer::load(const Checkpoint& in) {
  State& s = *state_;
  s.shards = in.integer("shards");
  s.updates = in.integer("updates");
  if (s.shards > s.shards_total() || s.updates > s.options.updates)
    throw std::runtime_error("the checkpoint's heading was trained longer than these settings ask for");
  s.twin->weights().load(in, "weights/");
  s.twin->statistics().load(in, "statistics/");
  s.adam.load(in, "adam/");
  s.measured.load(in, metric_names());
  s.prepared.clear();
  if (s.updates == s.options.updates) return s.data.restore_let_go(in, "data/");
  s.data.restore(in, "data/", s.shards);
  s.order_epoch = 0;
  s.prepare_new_rows();
}

void HeadingTrainer::save_model(Checkpoint& out) const {
  state_->twin->save_model(out);
  state_->measured.save(out);
}
std::unique_ptr<Agent> HeadingTrainer::agent() const { return make_heading_walker(heading()); }
std::shared_ptr<const Heading> HeadingTrainer::heading() const { return state_->twin->heading(); }
AngleErrors HeadingTrainer::held_out() const { return state_->measure(); }
const KeptMetrics& HeadingTrainer::measured() const { return state_->measured; }

}  // namespace rover
