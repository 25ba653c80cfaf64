#include "training/meta/evolution_meta_learner.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/parallel.h"

namespace rover {

/// A task with two walks over it.
struct EvolutionMetaLearner::Particle {
  std::uint64_t seed = 0;     // of its task
  std::uint64_t horizon = 0;  // steps that the task has
  std::uint64_t t = 0;        // steps taken
  double first_loss = 0;
  MetaTask task;
  std::vector<double> points[2];
  std::vector<RuleWalk> walks;
  std::vector<double> xi, epsilon;
  std::vector<double> gradient, move;
  double losses[2] = {};
};

double bounded_log_loss(double loss, double first_loss, double floor) {
  const double bounded = loss < 1.5 * first_loss ? std::max(loss, 0.0) : 1.5 * first_loss, c = first_loss * floor;
  return std::log((bounded + c) / (first_loss + c));
}

EvolutionMetaLearner::EvolutionMetaLearner(const EvolutionMetaOptions& options, std::uint64_t seed)
    : options_((check_options(options), options)),
      seed_(seed),
      tasks_(options.tasks),
      gradient_(rule_parameters(options.rule)),
      outer_(rule_parameters(options.rule),
             {options.learning_rate, options.weight_decay, options.clip, options.meta_steps}) {
  if (options.change != "all") restrict_change(options.rule, options.change, gradient_);  // throws
  if (options.shortest > options.longest) throw UsageError("shortest must not be above longest");
  RandomStream stream = make_stream(seed, 0, "update-rule");
  current_ = initial_weights(options.rule, stream);
  weights_.assign(current_.begin(), current_.end());
  for (std::size_t k = 0; k < options.pairs; ++k) {
    particles_.push_back(std::make_unique<Particle>());
    particles_.back()->xi.assign(weights_.size(), 0), particles_.back()->epsilon.resize(weights_.size());
  }
}

EvolutionMetaLearner::~EvolutionMetaLearner() = default;

bool EvolutionMetaLearner::is_over(const Particle& p) const {
  return p.walks.empty() || p.t >= p.horizon || !options_.persistent;
}

/// Steps of a meta-step.
std::uint64_t EvolutionMetaLearner::window(const Particle& p) const {
  return options_.persistent ? options_.truncation : p.horizon;
}

/// A new task, as the particle's seed says.
void EvolutionMetaLearner::begin(Particle& p) const {
  RandomStream stream = make_stream(p.seed, 0, "meta-task");
  const DrawnTask drawn_task = draw_task(
      options_, [&](std::uint64_t seed) { return tasks_.draw(seed); }, p.seed, stream);
  p.task = drawn_task.task;
  const double drawn =
      stream.log_uniform(static_cast<double>(options_.shortest), static_cast<double>(options_.longest));
  p.horizon = static_cast<std::uint64_t>(std::llround(drawn));
  if (options_.persistent)  // whole windows
    p.horizon =
        options_.truncation * std::max<std::uint64_t>(1, (p.horizon + options_.truncation / 2) / options_.truncation);
  p.t = 0;
  const Landscape& landscape = *p.task.landscape;
  Problem problem{.dimension = landscape.dimension(), .domain = &landscape.domain(), .iterations = p.horizon};
  problem.budget = std::uint64_t{1} << 62, problem.layout = landscape.layout();
  const TrainedRule rule{make_update_rule(options_.rule, current_), drawn_task.rate};
  p.walks.assign(2, RuleWalk(rule, problem));
  for (auto& point : p.points) point = p.task.start;
  p.gradient.resize(landscape.dimension()), p.move.resize(landscape.dimension());
  RandomStream noise = make_stream(p.seed, 0, "first loss");
  landscape.values(p.task.start, {&p.first_loss, 1}, landscape.is_noisy() ? &noise : nullptr);
  if (!(p.first_loss > 0))
    throw std::runtime_error("meta-training needs losses above 0 at the start of every task; '" +
                             std::string(landscape.name()) + "' begins at " + std::to_string(p.first_loss));
}

/// The steps of one meta-step in one walk; the mean of its bounded losses.
double EvolutionMetaLearner::play(Particle& p, std::size_t side, const std::shared_ptr<const UpdateRule>& rule) const {
  const Landscape& landscape = *p.task.landscape;
  RuleWalk& walk = p.walks[side];
  std::vector<double>& point = p.points[side];
  walk.use(rule);
  double sum = 0;
  std::uint64_t measured = 0;
  const std::uint64_t steps = window(p);
  for (std::uint64_t k = 0; k < steps; ++k) {
    const std::uint64_t t = p.t + k;
    RandomStream noise = make_stream(p.seed, t, "minibatch");
    landscape.gradients(point, p.gradient, landscape.is_noisy() ? &noise : nullptr);
    walk.next(point, p.gradient, p.move);
    bool finite = true;
    for (std::size_t i = 0; i < point.size(); ++i) finite = finite && std::isfinite(point[i] += p.move[i]);
    if (!finite) point = p.task.start;  // it counts as diverged, and goes on from where it began
    const bool due = options_.loss_every > 0 && (t + 1) % options_.loss_every == 0;
    if (!due && k + 1 < steps && finite) continue;
    double loss = std::numeric_limits<double>::quiet_NaN();
    RandomStream look = make_stream(p.seed, t, "loss");
    if (finite) landscape.values(point, {&loss, 1}, landscape.is_noisy() ? &look : nullptr);
    sum += bounded_log_loss(loss, p.first_loss, options_.loss_floor), ++measured;
  }
  return sum / static_cast<double>(measured);
}

double EvolutionMetaLearner::step() {
  const std::size_t size = weights_.size();
  for (std::size_t k = 0; k < particles_.size(); ++k) {
    Particle& p = *particles_[k];
    if (is_over(p)) {
      p.seed = derive_seed(seed_, steps_ * particles_.size() + k, "meta-task");
      std::ranges::fill(p.xi, 0.0);
    }
    RandomStream stream = make_stream(seed_, steps_ * particles_.size() + k, "perturbation");
    stream.normals(p.epsilon);
    if (options_.change != "all") restrict_change(options_.rule, options_.change, p.epsilon);
    for (std::size_t i = 0; i < size; ++i) p.xi[i] += p.epsilon[i] *= options_.sigma;
  }
  in_parallel(particles_.size(), options_.threads, [&](std::size_t k, std::size_t) {
    Particle& p = *particles_[k];
    if (is_over(p)) {
      const bool first = p.walks.empty() && options_.persistent;
      begin(p);
      // Tasks would else end together: the first ones are shorter.
      if (first)
        p.horizon = options_.truncation * (1 + make_stream(p.seed, 0, "offset").below(p.horizon / options_.truncation));
    }
    for (std::size_t side = 0; side < 2; ++side) {
      std::vector<float> perturbed(size);
      for (std::size_t i = 0; i < size; ++i)
        perturbed[i] = static_cast<float>(side == 0 ? weights_[i] + p.epsilon[i] : weights_[i] - p.epsilon[i]);
      p.losses[side] = play(p, side, make_update_rule(options_.rule, perturbed));
    }
    p.t += window(p);
  });
  std::ranges::fill(gradient_, 0.0);
  double mean = 0;
  const double share = 1 / static_cast<double>(particles_.size());
  for (const auto& p : particles_) {
    mean += share * (p->losses[0] + p->losses[1]) / 2;
    const double factor = share * (p->losses[0] - p->losses[1]) / (2 * options_.sigma * options_.sigma);
    for (std::size_t i = 0; i < size; ++i) gradient_[i] += factor * p->xi[i];
  }
  outer_.update(weights_, gradient_, steps_);
  std::ranges::copy(weights_, current_.begin());
  ++steps_;
  return mean;
}

void EvolutionMetaLearner::save(Checkpoint& out) const {
  out.put_integer("steps", steps_);
  out.put<double>("weights", weights_);
  outer_.save(out);
  for (std::size_t k = 0; k < particles_.size(); ++k) {
    const Particle& p = *particles_[k];
    if (p.walks.empty() || !options_.persistent) continue;
    Checkpoint group;
    group.put_integer("seed", p.seed), group.put_integer("horizon", p.horizon), group.put_integer("t", p.t);
    group.put<double>("xi", p.xi);
    for (std::size_t side = 0; side < 2; ++side) {
      Checkpoint walk;
      p.walks[side].save(walk);
      walk.put<double>("point", p.points[side]);
      group.put_group(side == 0 ? "plus" : "minus", walk);
    }
    out.put_group("particle/" + std::to_string(k), group);
  }
}

void EvolutionMetaLearner::load(const Checkpoint& in) {
  steps_ = in.integer("steps");
  weights_ = in.get<double>("weights", weights_.size());
  std::ranges::copy(weights_, current_.begin());
  outer_.load(in);
  for (const auto& p : particles_) p->walks.clear(), std::ranges::fill(p->xi, 0.0);
  if (!options_.persistent || steps_ == 0) return;
  for (std::size_t k = 0; k < particles_.size(); ++k) {
    Particle& p = *particles_[k];
    const Checkpoint group = in.group("particle/" + std::to_string(k));
    p.seed = group.integer("seed");
    begin(p);
    p.horizon = group.integer("horizon"), p.t = group.integer("t");
    p.xi = group.get<double>("xi", p.xi.size());
    for (std::size_t side = 0; side < 2; ++side) {
      const Checkpoint walk = group.group(side == 0 ? "plus" : "minus");
      p.walks[side].load(walk);
      p.points[side] = walk.get<double>("point", p.points[side].size());
    }
  }
}

}  // namespace rover
