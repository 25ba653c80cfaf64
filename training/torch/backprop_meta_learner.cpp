#include "training/torch/backprop_meta_learner.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "agents/learned/rule_walk.h"
#include "core/parallel.h"
#include "training/torch/rule_twins_torch.h"

namespace rover {
namespace {

/// What the way back needs of a task's way there.
struct Unrolled {
  bool finite = true;
  double loss = 0;                           // its J
  std::vector<double> points;                // [T + 1, d]
  std::vector<std::vector<float>> slots;     // [T], before each step
  std::vector<std::vector<float>> gradient;  // [T], as the rule saw them
  std::vector<std::vector<double>> slope;    // [T]: ∂J/∂θ_{t+1} by the loss measured there, or empty
  std::vector<double> rate;                  // [T]
};

/// What the loss after step t counts in J; 0 where it is not measured.
std::vector<double> loss_shares(const BackpropMetaOptions& options, std::uint64_t steps) {
  std::vector<double> out(steps, 0.0);
  double sum = 0;
  for (std::uint64_t t = 0; t < steps; ++t) {
    const bool last = t + 1 == steps;
    if (!last && (options.loss == "final" || (t + 1) % options.loss_every != 0)) continue;
    sum += out[t] = options.loss == "weighted" ? static_cast<double>(t + 1) : 1;
  }
  for (double& share : out) share /= sum;
  if (options.loss != "weighted") return out;
  for (double& share : out) share /= 2;
  out.back() += 0.5;
  return out;
}

RandomStream minibatch(const DrawnTask& task, std::uint64_t t) { return make_stream(task.seed, t, "minibatch"); }

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
}

/// ln(L + c) or L, and what its derivative by L is.
std::pair<double, double> counted(const BackpropMetaOptions& options, double loss, const Landscape& judge) {
  if (!options.log_loss) return {loss, 1};
  const double shifted = loss + options.log_offset;
  if (shifted <= 0)
    throw std::runtime_error("log_loss needs losses above −log_offset, and '" + std::string(judge.name()) +
                             "' has one of " + std::to_string(loss));
  return {std::log(shifted), 1 / shifted};
}

Unrolled walk_there(const BackpropMetaOptions& options, const std::shared_ptr<const UpdateRule>& rule,
                    const DrawnTask& task, std::span<const double> shares, bool keep) {
  const Landscape& landscape = *task.task.landscape;
  const Landscape& judge = task.task.judge ? *task.task.judge : landscape;
  const std::size_t d = landscape.dimension(), steps = shares.size();
  Problem problem{.dimension = d, .domain = &landscape.domain(), .iterations = steps};
  problem.budget = std::uint64_t{1} << 62, problem.layout = landscape.layout();
  RuleWalk walk({rule, task.rate}, problem);
  Unrolled out;
  out.points = task.task.start;
  std::vector<double> point = task.task.start, gradient(d), move(d), slope(d);
  double unreached = 1;
  for (std::uint64_t t = 0; t < steps && out.finite; ++t) {
    RandomStream noise = minibatch(task, t);
    landscape.gradients(point, gradient, landscape.is_noisy() ? &noise : nullptr);
    if (keep) {
      out.slots.push_back(walk.state().slots);
      out.gradient.emplace_back(gradient.begin(), gradient.end());
      out.rate.push_back(walk.rate(t));
    }
    walk.next(point, gradient, move);
    for (std::size_t i = 0; i < d; ++i) point[i] += move[i];
    if (keep) out.points.insert(out.points.end(), point.begin(), point.end()), out.slope.emplace_back();
    out.finite = all_finite(point);
    if (shares[t] == 0 || !out.finite) continue;
    double loss = 0;
    RandomStream look = make_stream(task.seed, t, "loss");
    RandomStream* const noisy = judge.is_noisy() ? &look : nullptr;
    if (keep) judge.values_and_gradients(point, {&loss, 1}, slope, noisy);
    else judge.values(point, {&loss, 1}, noisy);
    out.finite = std::isfinite(loss) && (!keep || all_finite(slope));
    if (!out.finite) continue;
    const auto [value, derivative] = counted(options, loss, judge);
    out.loss += shares[t] * value, unreached -= shares[t];
    if (!keep) continue;
    for (double& s : slope) s *= shares[t] * derivative;
    out.slope.back() = slope;
  }
  if (!out.finite) out.loss += unreached * counted(options, 1.5 * judge.value(task.task.start), judge).first;
  return out;
}

double norm(std::span<const double> x) {
  double square = 0;
  for (const double entry : x) square += entry * entry;
  return std::sqrt(square);
}

torch::Tensor floats(const std::vector<const float*>& rows, std::size_t columns) {
  torch::Tensor out = torch::empty({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns)});
  for (std::size_t b = 0; b < rows.size(); ++b) std::copy_n(rows[b], columns, out.data_ptr<float>() + b * columns);
  return out;
}

/// Back through walks of one layout that stayed finite; adds to `gradient`.
void walk_back(const BackpropMetaOptions& options, std::span<const float> weights,
               const std::vector<const DrawnTask*>& tasks, const std::vector<const Unrolled*>& walks,
               std::uint64_t steps, std::span<double> gradient) {
  const Landscape& first = *tasks[0]->task.landscape;
  const RuleTwin twin = make_rule_twin(options.rule, first.layout());
  const std::size_t count = tasks.size(), d = first.dimension(), kept = walks[0]->slots[0].size();
  const auto leaf = [](torch::Tensor of) { return of.requires_grad_(true); };
  TwinInput in;
  in.horizon = steps;
  in.weights =
      leaf(torch::from_blob(const_cast<float*>(weights.data()), {static_cast<std::int64_t>(weights.size())}).clone());
  std::vector<std::vector<double>> back(count, std::vector<double>(d));  // ∂J/∂θ_{t+1}, then ∂J/∂θ_t
  torch::Tensor back_slots = torch::zeros({static_cast<std::int64_t>(count), static_cast<std::int64_t>(kept)});
  std::vector<std::vector<float>> points(count, std::vector<float>(d));
  torch::Tensor back_step = torch::empty({static_cast<std::int64_t>(count), static_cast<std::int64_t>(d)});
  for (std::uint64_t t = steps; t-- > 0;) {
    std::vector<const float*> point_rows, gradient_rows, slot_rows;
    for (std::size_t b = 0; b < count; ++b) {
      std::copy_n(walks[b]->points.begin() + static_cast<std::ptrdiff_t>(t * d), d, points[b].begin());
      point_rows.push_back(points[b].data());
      gradient_rows.push_back(walks[b]->gradient[t].data()), slot_rows.push_back(walks[b]->slots[t].data());
    }
    in.t = t, in.point = leaf(floats(point_rows, d)), in.gradient = leaf(floats(gradient_rows, d));
    in.slots = leaf(floats(slot_rows, kept));
    const TwinStep out = twin(in);
    const torch::Tensor step = out.step.detach().contiguous();
    const bool cut = options.truncation > 0 && t + 1 < steps && (t + 1) % options.truncation == 0;
    if (cut) back_slots.zero_();
    std::vector<bool> free(count * d);  // whether the box left the coordinate its step
    for (std::size_t b = 0; b < count; ++b) {
      if (cut) std::ranges::fill(back[b], 0.0);
      const std::vector<double>& slope = walks[b]->slope[t];
      for (std::size_t i = 0; i < slope.size(); ++i) back[b][i] += slope[i];
      const double size = norm(back[b]);
      // Beyond floats it has no direction either: this task's earlier steps do not count.
      const double factor = !(size < 1e30) ? 0 : options.step_clip > 0 ? std::min(1.0, options.step_clip / size) : 1;
      if (factor == 0) std::ranges::fill(back[b], 0.0), back_slots[static_cast<std::int64_t>(b)].zero_();
      const Box& box = tasks[b]->task.landscape->domain();
      for (std::size_t i = 0; i < d; ++i) {
        const double target =
            walks[b]->points[t * d + i] + walks[b]->rate[t] * static_cast<double>(step.data_ptr<float>()[b * d + i]);
        free[b * d + i] = target <= box.high[i] && target >= box.low[i];
        back[b][i] = free[b * d + i] ? back[b][i] * factor : 0;
        back_step.data_ptr<float>()[b * d + i] = static_cast<float>(walks[b]->rate[t] * back[b][i]);
      }
    }
    auto to = torch::autograd::grad({out.step, out.slots}, {in.weights, in.gradient, in.point, in.slots},
                                    {back_step, back_slots}, c10::nullopt, false, true);
    for (torch::Tensor& of : to)
      if (of.defined()) of = of.contiguous();
    if (to[0].isfinite().all().item<bool>())
      for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] += static_cast<double>(to[0].data_ptr<float>()[k]);
    std::vector<double> of_gradient(d), product(d);
    for (std::size_t b = 0; b < count; ++b) {
      if (to[2].defined())
        for (std::size_t i = 0; i < d; ++i) back[b][i] += static_cast<double>(to[2].data_ptr<float>()[b * d + i]);
      if (options.first_order) continue;
      for (std::size_t i = 0; i < d; ++i) of_gradient[i] = static_cast<double>(to[1].data_ptr<float>()[b * d + i]);
      const Landscape& landscape = *tasks[b]->task.landscape;
      RandomStream noise = minibatch(*tasks[b], t);
      landscape.hessian_product({walks[b]->points.data() + t * d, d}, of_gradient, product,
                                landscape.is_noisy() ? &noise : nullptr);
      for (std::size_t i = 0; i < d; ++i) back[b][i] += product[i];
    }
    back_slots = to[3];
  }
}

bool alike(const Layout& a, const Layout& b) {
  return std::ranges::equal(a, b, [](const rover::Tensor& x, const rover::Tensor& y) {
    return x.kind == y.kind && x.begin == y.begin && x.rows == y.rows && x.columns == y.columns && x.layer == y.layer;
  });
}

}  // namespace

double unrolled_loss(const BackpropMetaOptions& options, std::span<const float> weights,
                     std::span<const DrawnTask> tasks, std::uint64_t steps, std::span<double> gradient) {
  const auto rule = make_update_rule(options.rule, weights);
  const std::vector<double> shares = loss_shares(options, steps);
  // Tasks of one layout go back together, as many as make a LibTorch call worth its while.
  constexpr std::size_t most_tasks = 32, most_coordinates = 16384;
  std::vector<std::vector<std::size_t>> groups;
  std::vector<Layout> layouts;
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    layouts.push_back(tasks[k].task.landscape->layout());
    const auto fits = [&](const std::vector<std::size_t>& group) {
      return group.size() < most_tasks && (group.size() + 1) * size_of(layouts[k]) <= most_coordinates &&
             alike(layouts[group[0]], layouts[k]);
    };
    const auto found = std::ranges::find_if(groups, fits);
    if (found == groups.end()) groups.push_back({k});
    else found->push_back(k);
  }
  std::vector<double> losses(tasks.size());
  std::vector<std::vector<double>> parts(groups.size(), std::vector<double>(gradient.size()));
  in_parallel(groups.size(), options.threads, [&](std::size_t g, std::size_t) {
    at::set_num_threads(1);  // the groups are what is parallel
    std::vector<Unrolled> walks;
    for (const std::size_t k : groups[g])
      walks.push_back(walk_there(options, rule, tasks[k], shares, !gradient.empty()));
    std::vector<const DrawnTask*> finite_tasks;
    std::vector<const Unrolled*> finite_walks;
    for (std::size_t b = 0; b < walks.size(); ++b) {
      losses[groups[g][b]] = walks[b].loss;
      if (walks[b].finite) finite_tasks.push_back(&tasks[groups[g][b]]), finite_walks.push_back(&walks[b]);
    }
    if (!gradient.empty() && !finite_walks.empty())
      walk_back(options, weights, finite_tasks, finite_walks, steps, parts[g]);
  });
  std::ranges::fill(gradient, 0.0);
  const double share = 1 / static_cast<double>(tasks.size());
  for (const auto& part : parts)
    for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] += share * part[k];
  double sum = 0;
  for (const double loss : losses) sum += share * loss;
  return sum;
}

BackpropMetaLearner::BackpropMetaLearner(const BackpropMetaOptions& options, DrawTask draw, std::uint64_t seed)
    : options_((check_options(options), options)),
      draw_(std::move(draw)),
      seed_(seed),
      gradient_(rule_parameters(options.rule)),
      outer_(gradient_.size(), {options.learning_rate, options.weight_decay, options.clip, options.meta_steps}) {
  if (options.shortest > options.longest) throw UsageError("shortest must not be above longest");
  (void)make_rule_twin(options.rule, {});  // throws
  RandomStream stream = make_stream(seed, 0, "update-rule");
  current_ = initial_weights(options.rule, stream);
  weights_.assign(current_.begin(), current_.end());
}

BackpropMetaLearner::BackpropMetaLearner(const BackpropMetaOptions& options, std::uint64_t seed)
    : BackpropMetaLearner(
          options, [tasks = TaskDistribution(options.tasks)](std::uint64_t task) { return tasks.draw(task); }, seed) {}

std::uint64_t BackpropMetaLearner::horizon(std::uint64_t meta_step) const {
  const auto shortest = static_cast<double>(options_.shortest), longest = static_cast<double>(options_.longest);
  const double share =
      options_.curriculum == 0
          ? 1
          : std::min(1.0, static_cast<double>(meta_step + 1) / static_cast<double>(options_.curriculum));
  const double most = shortest * std::pow(longest / shortest, share);
  return static_cast<std::uint64_t>(std::llround(make_stream(seed_, meta_step, "horizon").log_uniform(shortest, most)));
}

double BackpropMetaLearner::step() {
  std::vector<DrawnTask> tasks(options_.batch);
  in_parallel(tasks.size(), options_.threads, [&](std::size_t k, std::size_t) {
    const std::uint64_t seed = derive_seed(seed_, steps_ * options_.batch + k, "meta-task");
    RandomStream stream = make_stream(seed, 0, "meta-task");
    tasks[k] = draw_task(options_, draw_, seed, stream);
  });
  const double loss = unrolled_loss(options_, current_, tasks, horizon(steps_), gradient_);
  outer_.update(weights_, gradient_, steps_);
  std::ranges::copy(weights_, current_.begin());
  ++steps_;
  return loss;
}

void BackpropMetaLearner::save(Checkpoint& out) const {
  out.put_integer("steps", steps_);
  out.put<double>("weights", weights_);
  outer_.save(out);
}

void BackpropMetaLearner::load(const Checkpoint& in) {
  steps_ = in.integer("steps");
  weights_ = in.get<double>("weights", weights_.size());
  std::ranges::copy(weights_, current_.begin());
  outer_.load(in);
}

}  // namespace rover
