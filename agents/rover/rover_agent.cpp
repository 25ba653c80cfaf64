#include "agents/rover/rover_agent.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "agents/rover/combine.h"
#include "agents/rover/conv_heading.h"
#include "agents/rover/pair_memory.h"
#include "env/analytic_heading.h"
#include "env/safeguard.h"

namespace rover {
namespace {

class RoverAgent final : public Agent {
 public:
  RoverAgent(const RoverOptions& options, RoverModel model)
      : options_(options),
        model_(std::move(model)),
        n_(model_.grid_size),
        parts_(parse_observation(model_.observation)),
        random_policy_(options.policy == "random"),
        sampler_(make_pair_sampler({options.pairs, options.pair_count, options.layers})) {
    check_options(options);
    if (!random_policy_ && !model_.policy)
      throw UsageError("a rover without a model has no learned policy: add policy=random");
    observation_size_ = parts_.size(n_, model_.heading->feature_count());
    if (!random_policy_ && observation_size_ != model_.policy->observation_size())
      throw std::runtime_error("the model's policy does not fit its observation");
  }

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    d_ = problem.dimension, domain_ = problem.domain;
    if (d_ < 2) throw UsageError("the rover walks in two dimensions or more, not in " + std::to_string(d_));
    const double window = options_.window * mean_width(*domain_);
    first_log_step_size_ = std::log(options_.step_size > 0 ? options_.step_size : window / 4);
    first_log_resolution_ = std::log(options_.resolution > 0 ? options_.resolution : window / static_cast<double>(n_));
    sampler_->reset(d_, seed);
    line_points_ = static_cast<std::size_t>(options_.line_search < 0 ? (d_ > 2 ? 10 : 0) : options_.line_search);
    random_ = make_stream(seed, 0, "rover");
    begin();
    step_.resize(d_);
    on_line_ = false;
    first.move.clear();
    first.ends_iteration = true;
    look(problem.budget, first.query);
  }

  void act(const Observation& seen, Action& next) override {
    next.ends_iteration = true;
    if (on_line_) {
      choose_on_line(seen, next.move);
    } else {
      see(seen);
      if (options_.safeguard && safeguard_.due(options_.patience)) {
        next.move.resize(d_);
        if (options_.restart && converged()) {
          for (std::size_t i = 0; i < d_; ++i)
            next.move[i] = random_.uniform(domain_->low[i], domain_->high[i]) - seen.pose[i];
          begin();
          carry_memory_ = d_ == 2 && model_.remembers && !random_policy_;
        } else {
          safeguard_.since_best = 0;
          for (std::size_t i = 0; i < d_; ++i) next.move[i] = safeguard_.best_point[i] - seen.pose[i];
          std::ranges::fill(rates_, Safeguard::rate);
          adapt();
        }
      } else if (adapt(); line_points_ > 0) {
        look_along(seen.pose, next);
        return;
      } else {
        next.move.assign(step_.begin(), step_.end());
      }
    }
    look(seen.budget - seen.evaluations, next.query);
  }

 private:
  /// Begins a walk.
  void begin() {
    memory_.reset(d_, random_policy_ ? 0 : model_.policy->hidden(), first_log_step_size_, first_log_resolution_,
                  PairMemory::parse_keeping(options_.memory));
    safeguard_.begin(d_);
    carry_memory_ = false;
  }

  /// Of the planes just seen.
  bool converged() {
    return std::ranges::all_of(slots_, [&](std::uint32_t slot) {
      return Safeguard::converged(memory_[slot].log_resolution, first_log_resolution_);
    });
  }

  /// The next slices, as many as `evaluations` pay for.
  void look(std::uint64_t evaluations, Query& query) {
    const std::uint64_t line = line_points_ == 0 ? 0 : line_points_ + 1;
    sampler_->sample((evaluations - std::min(evaluations, line)) / (n_ * n_), pairs_);
    memory_.visit(pairs_, slots_);
    if (std::exchange(carry_memory_, false)) {  // the one plane of d = 2 goes on with the state of its last look
      std::ranges::copy(hidden_, memory_.hidden(slots_[0]).begin());
      std::ranges::copy(cell_, memory_.cell(slots_[0]).begin());
    }
    query.kind = Query::Kind::slices;
    query.grid_size = n_;
    query.points.clear();
    query.slices.resize(pairs_.size());
    for (std::size_t p = 0; p < pairs_.size(); ++p)
      query.slices[p] = {pairs_[p].i, pairs_[p].j, std::exp(memory_[slots_[p]].log_resolution)};
  }

  /// From the grids to rates_ [pairs, 2] and the combined step_ [d].
  void see(const Observation& seen) {
    const std::size_t count = pairs_.size(), cells = n_ * n_, features = model_.heading->feature_count();
    rescaled_.resize(count * cells), directions_.resize(2 * count), norms_.resize(count),
        features_.resize(count * features);
    scales_.resize(count), rates_.resize(2 * count), updates_.resize(2 * count),
        observation_.resize(count * observation_size_);
    for (std::size_t p = 0; p < count; ++p)
      scales_[p] = rescale_grid(seen.grids.subspan(p * cells, cells), std::span(rescaled_).subspan(p * cells, cells));
    remember(seen);
    if (sampler_->learns()) report(seen.grids);
    model_.heading->headings(rescaled_, n_, directions_, norms_, features_);
    for (std::size_t p = 0; p < count; ++p) {
      StepControl& control = memory_[slots_[p]];
      const Look look{std::span(rescaled_).subspan(p * cells, cells), scales_[p], norms_[p],
                      std::span(features_).subspan(p * features, features)};
      control.observe(look, parts_, n_, &observation_[p * observation_size_]);
      control.step_along(&directions_[2 * p], &updates_[2 * p]);
    }
    combine_updates(pairs_, updates_, step_, counts_);
    decide();
  }

  /// The best sample so far and how many looks ago it was found.
  void remember(const Observation& seen) {
    ++safeguard_.since_best;
    const auto slice =
        static_cast<std::size_t>(std::ranges::min_element(scales_, {}, &GridScale::low) - scales_.begin());
    if (!safeguard_.improves(scales_[slice].low)) return;
    const Reals grid = seen.grids.subspan(slice * n_ * n_, n_ * n_);
    const auto cell = static_cast<std::size_t>(std::min_element(grid.begin(), grid.end()) - grid.begin());
    const double middle = (static_cast<double>(n_) - 1) / 2,
                 resolution = std::exp(memory_[slots_[slice]].log_resolution);
    std::vector<double>& point = safeguard_.best_point;
    std::ranges::copy(seen.pose, point.begin());
    point[pairs_[slice].i] += (static_cast<double>(cell / n_) - middle) * resolution;
    point[pairs_[slice].j] += (static_cast<double>(cell % n_) - middle) * resolution;
  }

  void report(Reals grids) {
    promises_.resize(pairs_.size());
    const std::size_t cells = n_ * n_, low = (n_ - 1) / 2, high = n_ / 2;  // an even grid has four cells in its middle
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      const Reals grid = grids.subspan(p * cells, cells);
      const double middle =
          (grid[low * n_ + low] + grid[low * n_ + high] + grid[high * n_ + low] + grid[high * n_ + high]) / 4;
      const GridFit fit = fit_grid(std::span(rescaled_).subspan(p * cells, cells), n_);
      const double u2 = fit.gradient[0] * fit.gradient[0], v2 = fit.gradient[1] * fit.gradient[1];
      const double curvatures = std::sqrt(std::abs(fit.h_uu * fit.h_vv));
      promises_[p] = {std::max(middle - scales_[p].low, 0.0), u2 + v2 > 0 ? u2 / (u2 + v2) : 0.5,
                      curvatures > 0 ? std::min(std::abs(fit.h_uv) / curvatures, 1.0) : 0};
    }
    sampler_->learn(pairs_, promises_);
  }

  void decide() {
    const std::size_t count = pairs_.size();
    if (random_policy_) {
      for (float& rate : rates_) rate = rate_of(static_cast<float>(random_.uniform(-1, 1)));
      return;
    }
    const std::size_t width = model_.policy->hidden();
    hidden_.resize(count * width), cell_.resize(count * width);
    for (std::size_t p = 0; p < count; ++p) {
      std::ranges::copy(memory_.hidden(slots_[p]), hidden_.begin() + static_cast<std::ptrdiff_t>(p * width));
      std::ranges::copy(memory_.cell(slots_[p]), cell_.begin() + static_cast<std::ptrdiff_t>(p * width));
    }
    model_.policy->forward(observation_, hidden_, cell_, rates_);
    for (std::size_t p = 0; p < count; ++p) {
      std::copy_n(&hidden_[p * width], width, memory_.hidden(slots_[p]).begin());
      std::copy_n(&cell_[p * width], width, memory_.cell(slots_[p]).begin());
    }
    for (float& rate : rates_) rate = rate_of(rate);
  }

  /// Eq. (4) for α and δ of the pairs just seen.
  void adapt() {
    for (std::size_t p = 0; p < pairs_.size(); ++p) memory_[slots_[p]].adapt(rates_[2 * p], rates_[2 * p + 1]);
    memory_.learn(pairs_, slots_);
  }

  /// Asks for the values at the pose and along the combined step.
  void look_along(Reals pose, Action& next) {
    on_line_ = true;
    next.move.clear();
    next.ends_iteration = false;
    next.query.kind = Query::Kind::values;
    next.query.slices.clear();
    line_.resize((line_points_ + 1) * d_);
    for (std::size_t k = 0; k <= line_points_; ++k) {
      const double scale = factor(k);
      for (std::size_t i = 0; i < d_; ++i)
        line_[k * d_ + i] = std::clamp(pose[i] + scale * step_[i], domain_->low[i], domain_->high[i]);
    }
    next.query.points = line_;
  }

  /// 0, then 2^-6 … 2^3 in geometric steps.
  double factor(std::size_t k) const {
    if (k == 0) return 0;
    if (line_points_ == 1) return 1;
    return std::exp2(-6 + 9 * static_cast<double>(k - 1) / static_cast<double>(line_points_ - 1));
  }

  void choose_on_line(const Observation& seen, std::vector<double>& move) {
    on_line_ = false;
    const auto best =
        static_cast<std::size_t>(std::min_element(seen.values.begin(), seen.values.end()) - seen.values.begin());
    const double* point = &line_[best * d_];
    if (safeguard_.improves(seen.values[best])) std::copy_n(point, d_, safeguard_.best_point.begin());
    else if (options_.recentre) point = safeguard_.best_point.data();
    move.resize(d_);
    for (std::size_t i = 0; i < d_; ++i) move[i] = point[i] - seen.pose[i];
  }

  RoverOptions options_;
  RoverModel model_;
  std::size_t n_;
  ObservationParts parts_;
  bool random_policy_;
  std::unique_ptr<PairSampler> sampler_;
  std::size_t observation_size_ = 0, d_ = 0, line_points_ = 0;
  const Box* domain_ = nullptr;
  PairMemory memory_;
  RandomStream random_;
  Safeguard safeguard_;
  double first_log_step_size_ = 0, first_log_resolution_ = 0;
  bool on_line_ = false, carry_memory_ = false;
  // Of the step: pairs and what belongs to each, the combined step, the points along it.
  std::vector<Pair> pairs_;
  std::vector<std::uint32_t> slots_, counts_;
  std::vector<GridScale> scales_;
  std::vector<Promise> promises_;
  std::vector<float> rescaled_, features_, directions_, norms_, observation_, rates_, hidden_, cell_;
  std::vector<double> updates_, step_, line_;
};

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
  if (remembers) out.put_integer("remembers", 1);
  if (!policy) return;
  Checkpoint weights;
  policy->save(weights);
  out.put_group("policy", weights);
}

bool RoverModel::is_in(const Checkpoint& in) { return in.contains("model") && in.text("model") == "rover"; }

RoverModel RoverModel::load(const Checkpoint& in) {
  if (!is_in(in)) throw std::runtime_error("the checkpoint holds no Rover model");
  RoverModel model;
  model.heading = load_heading(in.group("heading"));
  model.observation = in.text("observation");
  model.grid_size = in.integer("grid_size");
  if (model.grid_size < 2 || model.grid_size > nn::largest_grid)
    throw std::runtime_error("the model is damaged: its grid has " + std::to_string(model.grid_size) +
                             " cells a side, not 2 to " + std::to_string(nn::largest_grid));
  model.remembers = in.contains("remembers");
  if (in.contains("policy/grid_size"))
    model.policy = std::make_shared<RecurrentPolicy>(RecurrentPolicy::load(in.group("policy")));
  const std::size_t seen = model.heading->grid_size();  // 0: any
  if ((seen != 0 && seen != model.grid_size) ||
      (model.policy && (model.policy->actions() != 2 || model.policy->shape().map != ActionMap::rates)))
    throw std::runtime_error("the model is damaged: its heading or its policy does not fit a Rover");
  return model;
}

}  // namespace rover
