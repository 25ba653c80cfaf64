#include "agents/rover/rover_agent.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "agents/register.h"
#include "agents/rover/conv_heading.h"
#include "env/analytic_heading.h"

namespace rover {
namespace {

class RoverAgent final : public Agent {
 public:
  RoverAgent(const RoverOptions& options, RoverModel model)
      : options_(options),
        model_(std::move(model)),
        n_(model_.grid_size),
        parts_(parse_observation(model_.observation)),
        random_policy_(options.policy == "random") {
    if (options.policy != "random" && options.policy != "learned")
      throw UsageError(unknown_name("policy", options.policy, {"learned", "random"}) + " (learned or random)");
    if (!random_policy_ && !model_.policy) throw UsageError("a rover without a model has no learned policy: add policy=random");
    if (!(options.window > 0) || options.step_size < 0 || options.resolution < 0)
      throw UsageError("the rover needs window > 0, step_size ≥ 0 and resolution ≥ 0");
    if (options.patience == 0) throw UsageError("the rover's safeguard needs patience ≥ 1");
    features_.resize(model_.heading->feature_count());
    rescaled_.resize(n_ * n_);
    observation_.resize(parts_.size(n_, features_.size()));
    if (!random_policy_ && observation_.size() != model_.policy->observation_size())
      throw std::runtime_error("the model's policy does not fit its observation");
  }

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (problem.dimension != 2) throw UsageError("the rover walks in 2 dimensions, not " + std::to_string(problem.dimension));
    double width = 1;  // geometric mean of the box's sides
    for (std::size_t i = 0; i < 2; ++i) width *= std::sqrt(problem.domain->high[i] - problem.domain->low[i]);
    const double window = options_.window * width;
    log_step_size_ = std::log(options_.step_size > 0 ? options_.step_size : window / 4);
    log_resolution_ = std::log(options_.resolution > 0 ? options_.resolution : window / static_cast<double>(n_));
    context_.reset();
    if (model_.policy) state_.reset(1, model_.policy->hidden());
    random_ = make_stream(seed, 0, "rover");
    best_value_ = std::numeric_limits<double>::infinity();
    since_best_ = 0;
    first.move.clear();
    look(first.query);
  }

  void act(const Observation& seen, Action& next) override {
    const GridScale scale = rescale_grid(seen.grids, rescaled_);
    remember(seen, scale.low);
    float direction[2], norm, rates[2];
    model_.heading->headings(rescaled_, n_, direction, {&norm, 1}, features_);
    float context[context_size];
    context_.observe(log_step_size_, log_resolution_, n_, scale.range, scale.mean, norm, context);
    decide(context, rates);

    next.move.resize(2);
    for (std::size_t i = 0; i < 2; ++i) next.move[i] = std::exp(log_step_size_) * direction[i];
    if (options_.safeguard && since_best_ >= options_.patience) {
      since_best_ = 0;
      for (std::size_t i = 0; i < 2; ++i) next.move[i] = best_point_[i] - seen.pose[i];
      rates[0] = rates[1] = -0.5f;
    }
    const double step_size_change = std::log1p(rates[0]), resolution_change = std::log1p(rates[1]);
    log_step_size_ = std::clamp(log_step_size_ + step_size_change, log_step_size_low, log_step_size_high);
    log_resolution_ = std::clamp(log_resolution_ + resolution_change, log_resolution_low, log_resolution_high);
    context_.last_action[0] = static_cast<float>(step_size_change / std::log(2.0));
    context_.last_action[1] = static_cast<float>(resolution_change / std::log(2.0));
    look(next.query);
  }

 private:
  void look(Query& query) const {
    query.kind = Query::Kind::slices;
    query.grid_size = n_;
    query.slices.assign(1, {0, 1, std::exp(log_resolution_)});
  }

  // The best sample so far and how many looks ago it was found.
  void remember(const Observation& seen, double low) {
    ++since_best_;
    if (!(low < best_value_)) return;
    const auto cell = static_cast<std::size_t>(std::min_element(seen.grids.begin(), seen.grids.end()) - seen.grids.begin());
    const double middle = (static_cast<double>(n_) - 1) / 2, resolution = std::exp(log_resolution_);
    best_value_ = low;
    best_point_[0] = seen.pose[0] + (static_cast<double>(cell / n_) - middle) * resolution;
    best_point_[1] = seen.pose[1] + (static_cast<double>(cell % n_) - middle) * resolution;
    since_best_ = 0;
  }

  void decide(const float* context, float rates[2]) {
    if (random_policy_) {
      for (std::size_t k = 0; k < 2; ++k) rates[k] = rate_of(static_cast<float>(random_.uniform(-1, 1)));
      return;
    }
    auto out = observation_.begin();
    if (parts_.grid) out = std::ranges::copy(rescaled_, out).out;
    if (parts_.context) out = std::copy_n(context, context_size, out);
    if (parts_.features) std::ranges::copy(features_, out);
    float u[2];
    model_.policy->forward(observation_, state_.hidden, state_.cell, u);
    for (std::size_t k = 0; k < 2; ++k) rates[k] = rate_of(u[k]);
  }

  RoverOptions options_;
  RoverModel model_;
  std::size_t n_;
  ObservationParts parts_;
  bool random_policy_;
  double log_step_size_ = 0, log_resolution_ = 0;
  ContextTracker context_;
  RecurrentPolicy::State state_;
  RandomStream random_;
  double best_value_ = 0, best_point_[2] = {0, 0};
  std::uint64_t since_best_ = 0;
  std::vector<float> rescaled_, features_, observation_;
};

std::unique_ptr<Agent> from_options(RoverOptions options) {
  RoverModel model;
  if (!options.from.empty()) {
    std::filesystem::path path = options.from;
    if (std::filesystem::is_directory(path)) path /= "model.h5";
    model = RoverModel::load(Checkpoint::read(path));
  } else if (!options.heading.empty()) {
    model.grid_size = options.grid_size;
  } else {
    throw UsageError("the rover needs a model: rover:RUN_FOLDER (rover train rover makes one)");
  }
  if (!options.heading.empty()) model.heading = make_analytic_heading(options.heading);
  return make_rover(options, std::move(model));
}

}  // namespace

std::unique_ptr<Agent> make_rover(const RoverOptions& options, RoverModel model) {
  return std::make_unique<RoverAgent>(options, std::move(model));
}

void RoverModel::save(Checkpoint& out) const {
  Checkpoint group;
  save_heading(*heading, group);
  out.put_group("heading", group);
  out.put_text("model", "rover");
  out.put_text("observation", observation);
  out.put_integer("grid_size", grid_size);
  if (!policy) return;
  Checkpoint weights;
  policy->save(weights);
  out.put_group("policy", weights);
}

RoverModel RoverModel::load(const Checkpoint& in) {
  if (!in.contains("model") || in.text("model") != "rover") throw std::runtime_error("the checkpoint holds no Rover model");
  RoverModel model;
  model.heading = load_heading(in.group("heading"));
  model.observation = in.text("observation");
  model.grid_size = in.integer("grid_size");
  if (in.contains("policy/grid_size")) model.policy = std::make_shared<RecurrentPolicy>(RecurrentPolicy::load(in.group("policy")));
  return model;
}

void register_rover(Registry<Agent>& agents) {
  agents.add("rover", "the Rover: learned direction, step size and resolution (rover:RUN_FOLDER)",
             [](const Settings& settings) { return from_options(from_settings<RoverOptions>(settings)); });
  agents.add("rover-random",
             "the null: the Rover with a random policy and the safeguard (rover-random:RUN_FOLDER, or its own fitted Newton heading)",
             [](const Settings& settings) {
               RoverOptions options;
               apply_settings(options, settings);
               options.policy = "random";
               if (options.from.empty() && options.heading.empty()) options.heading = "newton-fit";
               return from_options(options);
             });
}

}  // namespace rover
