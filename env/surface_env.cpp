#include "env/surface_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/settings.h"
#include "env/bad_value.h"

namespace rover {
namespace {

using Kind = Query::Kind;

class Surface final : public SurfaceEnv {
 public:
  Surface(std::shared_ptr<const Landscape> landscape, SurfaceEnvOptions options);
  const Landscape& landscape() const override { return *landscape_; }
  const EpisodeInfo& info() const override { return info_; }
  Problem problem() const override {
    return {.dimension = d_,
            .domain = &landscape_->domain(),
            .budget = options_.budget,
            .start_known = !options_.start.empty(),
            .noisy = noisy_,
            .layout = landscape_->layout(),
            .gradient_evaluations = options_.gradient_evaluations > 0 ? options_.gradient_evaluations : 2 * d_};
  }
  StepResult reset(std::uint64_t seed, const Query& first) override;
  StepResult step(const Action& action) override;

 private:
  void check(const Query& query) const;
  bool pays(const QueryCost& cost) const { return cost.evaluations <= options_.budget - info_.evaluations; }
  StepResult end(bool terminated);
  StepResult look(const Query& query, const QueryCost& cost);
  void look_at_slices(const Query& query);
  void look_at_points(const Query& query);
  bool leaves_domain(const Slice& slice, std::size_t n) const;
  void cell_point(const Slice& slice, std::size_t n, std::size_t cell);
  template <class Place>
  void see(MutReals values, Place&& place);
  void check_derivatives(MutReals entries, Reals points, std::size_t per_point, const char* what) const;
  void clamp(MutReals points) const;

  std::shared_ptr<const Landscape> landscape_;
  SurfaceEnvOptions options_;
  std::size_t d_;
  bool noisy_;
  bool started_ = false, ended_ = false;
  RandomStream noise_;
  std::vector<double> pose_, points_, values_, gradients_, hessians_, grids_, candidate_;
  Observation seen_;
  EpisodeInfo info_;
  std::optional<double> worst_;  // the highest finite value seen
};

Surface::Surface(std::shared_ptr<const Landscape> landscape, SurfaceEnvOptions options)
    : landscape_(std::move(landscape)),
      options_(std::move(options)),
      d_(landscape_->dimension()),
      noisy_(options_.noisy && landscape_->is_noisy()),
      pose_(d_),
      candidate_(d_) {
  check_landscape(*landscape_, options_.infinite_domain);
  if (!options_.start.empty() && options_.start.size() != d_)
    throw UsageError("the start has " + std::to_string(options_.start.size()) + " coordinates, but the landscape '" +
                     std::string(landscape_->name()) + "' has " + std::to_string(d_));
  for (const double x : options_.start)
    if (!std::isfinite(x)) throw UsageError("the start " + point_text(options_.start) + " is not finite");
}

StepResult Surface::reset(std::uint64_t seed, const Query& first) {
  check(first);
  noise_ = make_stream(seed, 0, "noise");
  if (options_.start.empty()) {
    RandomStream stream = make_stream(seed, 0, "start");
    landscape_->sample_start(stream, pose_);
  } else {
    pose_ = options_.start;
  }
  if (options_.clamp) clamp(pose_);
  info_.iterations = info_.evaluations = info_.gradients = info_.hessians = 0;
  info_.best_value = info_.look_value = std::numeric_limits<double>::infinity();
  info_.best_point.assign(pose_.begin(), pose_.end());
  info_.look_point.assign(pose_.begin(), pose_.end());
  worst_.reset();
  started_ = true;
  const QueryCost cost = cost_of(first, d_, options_.gradient_evaluations);
  return pays(cost) ? look(first, cost) : end(false);
}

StepResult Surface::step(const Action& action) {
  if (!started_ || ended_)
    throw std::logic_error(started_ ? "the episode has ended: reset the environment first"
                                    : "reset the environment before the first step");
  if (action.stop) return end(true);
  if (!action.move.empty() && action.move.size() != d_)
    throw std::invalid_argument("the move has " + std::to_string(action.move.size()) +
                                " coordinates, but the landscape '" + std::string(landscape_->name()) + "' has " +
                                std::to_string(d_));
  for (const double x : action.move)
    if (!std::isfinite(x)) throw std::invalid_argument("the move " + point_text(action.move) + " is not finite");
  check(action.query);
  const QueryCost cost = cost_of(action.query, d_, options_.gradient_evaluations);
  if (!pays(cost)) return end(false);
  for (std::size_t k = 0; k < action.move.size(); ++k) pose_[k] += action.move[k];
  if (options_.clamp) clamp(pose_);
  info_.iterations += action.ends_iteration;
  return look(action.query, cost);
}

void Surface::check(const Query& query) const {
  const std::string name(landscape_->name());
  if (query.kind != Kind::slices) {
    if (query.points.size() % d_ != 0)
      throw std::invalid_argument("the query's points have " + std::to_string(query.points.size()) +
                                  " coordinates, no multiple of " + std::to_string(d_));
    if (query.kind != Kind::values && !landscape_->has_gradient())
      throw UsageError("the landscape '" + name + "' has no gradient: choose an agent that needs none");
    if (query.kind == Kind::hessians && !landscape_->has_hessian())
      throw UsageError("the landscape '" + name + "' has no Hessian: choose an agent that needs none");
    return;
  }
  if (query.slices.empty() || query.grid_size == 0)
    throw std::invalid_argument("a query for slices needs at least one slice and a grid size ≥ 1");
  for (const Slice& slice : query.slices) {
    if (slice.i >= d_ || slice.j >= d_ || slice.i == slice.j)
      throw std::invalid_argument("a slice along coordinates " + std::to_string(slice.i) + " and " +
                                  std::to_string(slice.j) + " does not exist in " + std::to_string(d_) + " dimensions");
    if (!(slice.resolution > 0) || !std::isfinite(slice.resolution))
      throw std::invalid_argument("a slice's resolution must be positive and finite");
  }
}

/// Ends the episode without carrying out the action: the agent stops, or the budget cannot pay.
StepResult Surface::end(bool terminated) {
  ended_ = true;
  seen_ = {};
  seen_.pose = pose_;
  seen_.evaluations = info_.evaluations, seen_.budget = options_.budget;
  return {seen_, -info_.best_value, terminated, !terminated};
}

StepResult Surface::look(const Query& query, const QueryCost& cost) {
  ended_ = true;  // set back below, unless evaluating the surface throws
  info_.evaluations += cost.evaluations, info_.gradients += cost.gradients, info_.hessians += cost.hessians;
  info_.look_value = std::numeric_limits<double>::infinity();
  seen_ = {};
  if (query.kind == Kind::slices) look_at_slices(query);
  else look_at_points(query);
  seen_.pose = pose_;
  seen_.evaluations = info_.evaluations, seen_.budget = options_.budget;
  ended_ = false;
  return {seen_, -info_.best_value, false, false};
}

void Surface::look_at_slices(const Query& query) {
  const std::size_t n = query.grid_size, cells = n * n, count = query.slices.size();
  RandomStream* noise = noisy_ ? &noise_ : nullptr;
  grids_.resize(count * cells);
  const bool outside =
      options_.clamp && std::ranges::any_of(query.slices, [&](const Slice& slice) { return leaves_domain(slice, n); });
  if (outside) {
    points_.resize(cells * d_);
    for (std::size_t s = 0; s < count; ++s) {
      slice_points(pose_, query.slices[s], n, points_);
      clamp(points_);
      landscape_->values(points_, MutReals(grids_).subspan(s * cells, cells), noise);
    }
  } else {
    landscape_->slices(pose_, query.slices, n, grids_, noise);
  }
  const auto place = [&](std::size_t k) {
    cell_point(query.slices[k / cells], n, k % cells);
    return Reals(candidate_);
  };
  see(grids_, place);
  seen_.grids = grids_;
}

void Surface::look_at_points(const Query& query) {
  Reals points = query.points.empty() ? Reals(pose_) : Reals(query.points);
  if (options_.clamp && !query.points.empty()) {
    points_ = query.points;
    clamp(points_);
    points = points_;
  }
  const std::size_t count = points.size() / d_;
  RandomStream* noise = noisy_ ? &noise_ : nullptr;
  values_.resize(count);
  if (query.kind == Kind::values) {
    landscape_->values(points, values_, noise);
  } else {
    gradients_.resize(count * d_);
    if (query.kind == Kind::gradients) {
      landscape_->values_and_gradients(points, values_, gradients_, noise);
    } else {
      hessians_.resize(count * d_ * d_);
      landscape_->values_and_derivatives(points, values_, gradients_, hessians_, noise);
    }
  }
  see(values_, [&](std::size_t k) { return points.subspan(k * d_, d_); });
  seen_.values = values_;
  if (query.kind != Kind::values) {
    check_derivatives(gradients_, points, d_, "a gradient");
    seen_.gradients = gradients_;
  }
  if (query.kind == Kind::hessians) {
    check_derivatives(hessians_, points, d_ * d_, "a Hessian");
    seen_.hessians = hessians_;
  }
}

/// The values of a look: what is not finite fails or counts as worst, the lowest of the others is remembered.
template <class Place>
void Surface::see(MutReals values, Place&& place) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  constexpr double worst_of_none = 1e100;
  std::size_t lowest = none, bad = none;
  for (std::size_t k = values.size(); k-- > 0;) {
    if (!std::isfinite(values[k])) {
      bad = k;
      continue;
    }
    if (lowest == none || values[k] <= values[lowest]) lowest = k;
    if (!worst_ || values[k] > *worst_) worst_ = values[k];
  }
  if (lowest != none) {
    const Reals point = place(lowest);
    info_.look_value = values[lowest], info_.look_point.assign(point.begin(), point.end());
    if (info_.look_value < info_.best_value) info_.best_value = info_.look_value, info_.best_point = info_.look_point;
  }
  if (bad == none) return;
  if (options_.on_bad_value == BadValue::fail) throw_bad_value(landscape_->name(), values[bad], place(bad));
  for (double& value : values)
    if (!std::isfinite(value)) value = worst_.value_or(worst_of_none);
}

void Surface::check_derivatives(MutReals entries, Reals points, std::size_t per_point, const char* what) const {
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (std::isfinite(entries[k])) continue;
    if (options_.on_bad_value == BadValue::fail)
      throw_bad_value(landscape_->name(), entries[k], points.subspan(k / per_point * d_, d_), what);
    entries[k] = 0;
  }
}

/// Is the window of this slice partly outside the domain?
bool Surface::leaves_domain(const Slice& slice, std::size_t n) const {
  const double reach = (static_cast<double>(n) - 1) / 2 * slice.resolution;
  const Box& box = landscape_->domain();
  for (const std::uint32_t k : {slice.i, slice.j})
    if (pose_[k] - reach < box.low[k] || pose_[k] + reach > box.high[k]) return true;
  return false;
}

/// Where a cell of a slice's grid lies, into candidate_.
void Surface::cell_point(const Slice& slice, std::size_t n, std::size_t cell) {
  const double middle = (static_cast<double>(n) - 1) / 2;
  candidate_.assign(pose_.begin(), pose_.end());
  candidate_[slice.i] += (static_cast<double>(cell / n) - middle) * slice.resolution;
  candidate_[slice.j] += (static_cast<double>(cell % n) - middle) * slice.resolution;
  if (options_.clamp) clamp(candidate_);
}

void Surface::clamp(MutReals points) const {
  const Box& box = landscape_->domain();
  for (std::size_t p = 0; p < points.size(); p += d_)
    for (std::size_t k = 0; k < d_; ++k) points[p + k] = std::clamp(points[p + k], box.low[k], box.high[k]);
}

}  // namespace

std::unique_ptr<SurfaceEnv> make_surface_env(std::shared_ptr<const Landscape> landscape, SurfaceEnvOptions options) {
  if (!landscape) throw std::invalid_argument("the environment needs a landscape");
  return std::make_unique<Surface>(std::move(landscape), std::move(options));
}

}  // namespace rover
