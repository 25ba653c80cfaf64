#include "agents/search/descent.h"

#include <algorithm>
#include <numbers>

#include "core/settings.h"

namespace rover {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double finest = 3e-9, widest = 0.5;   // half-widths of the box; below the finest there is rounding error
constexpr double turn_of_ring = 0.6;            // radians from look to look
constexpr double flat = 1e-14;                  // a range that is rounding error, of the value
constexpr double threshold = 0.8;               // of yes-or-no decisions
constexpr std::uint64_t first_abandonment = 1;  // rounds that every descent gets beyond its first
constexpr double rounds_ahead = 6;              // for which a descent's gains are extrapolated
constexpr double old_gain = 0.6;                // weight of earlier rounds in a descent's recent gain
constexpr double ring_centre = 1e-3;            // half-widths: a ring's centre is the best sample, seldom worth another
constexpr double short_try = 0.4;               // of the step: the second try after one that gained nothing
constexpr double most_widening = 4;             // by doubled tries, of the window
constexpr double deep = 1e-3;                   // half-widths of the box: a flat window that is smaller has converged
constexpr std::size_t enough_samples = 6;       // for a quadratic in the plane: with them it is degenerate, not unknown
constexpr std::uint64_t degenerate_rounds = 3;  // without gain, that end a descent whose samples determine no model

// How far decisions u ∈ [−1, 1] reach: factors 2^(reach·u), and parts of the heading's length.
constexpr double reach_of_limit = 1.5, reach_of_resolution = 1.5, reach_of_tolerance = 3;
constexpr double reach_of_mixing = 0.7;
constexpr float reach_of_top_up = 2;

}  // namespace

void SearchMemory::clear() {
  archive.clear();
  best = infinity, best_point[0] = best_point[1] = 0.5, evaluations = descents = rounds = 0;
}

void SearchMemory::add(double x, double y, double value) {
  archive.add(x, y, value);
  ++evaluations;
  if (value < best) best = value, best_point[0] = x, best_point[1] = y;
}

Descent::Descent(const SearchOptions& options)
    : options_(options),
      stencil_(options.stencil, options.stencil_size),
      heading_(options.heading == "newton"     ? Heading::newton
               : options.heading == "gradient" ? Heading::gradient
                                               : Heading::random),
      resolution_rule_(options) {
  check_options(options);
  // Otherwise looks and tries may cost nothing, and the search could run for ever without an evaluation.
  if (options.tries == 0 && !(options.top_up < 1))
    throw UsageError("a search without tries needs looks that see something new: top_up < 1");
  points_.reserve(2 * stencil_.size());
  place_a_.reserve(stencil_.size());
  place_b_.reserve(stencil_.size());
}

void Descent::begin(SearchMemory& memory, const SearchWindow& window, double value) {
  window_ = window;
  first_resolution_ = window.resolution;
  best_ = std::isnan(value) ? infinity : value;
  best_x_ = window.x, best_y_ = window.y;
  rounds_ = bad_ = 0;
  recent_gain_ = infinity;
  last_step_[0] = last_step_[1] = last_ratio_ = last_range_ = 0;
  last_limit_ = 1;
  top_up_ = options_.top_up;
  leave_out_look_ = false;
  angle_ = stencil_.turns() ? memory.random.uniform(0, 2 * std::numbers::pi) : 0;
  start_round(memory);
}

std::size_t Descent::first_remembered(const SearchMemory& memory) const {
  const std::size_t size = memory.archive.size();
  return options_.memory && size > options_.memory ? size - options_.memory : 0;
}

void Descent::start_round(SearchMemory& memory) {
  round_ = {};
  ++memory.rounds;
  round_.before = best_;
  points_.clear();
  if (leave_out_look_) {
    see(memory);
    if (round_.model.valid) return;
  }
  if (look(memory)) {
    stage_ = Stage::look;
  } else {
    see(memory);
  }
}

// Asks for the stencil's places, projected into the square, except those near an old sample. False when none is left.
bool Descent::look(const SearchMemory& memory) {
  const Whitening to_window = window_.whitening();
  const double c = std::cos(angle_), s = std::sin(angle_);
  points_.clear(), place_a_.clear(), place_b_.clear();
  double farthest = 0;
  for (std::size_t k = 0; k < stencil_.size(); ++k) {
    double dx, dy;
    window_.to_square(c * stencil_.a(k) - s * stencil_.b(k), s * stencil_.a(k) + c * stencil_.b(k), dx, dy);
    const double x = std::clamp(window_.x + dx, 0.0, 1.0), y = std::clamp(window_.y + dy, 0.0, 1.0);
    dx = x - window_.x, dy = y - window_.y;
    const double a = to_window.xx * dx + to_window.xy * dy, b = to_window.xy * dx + to_window.yy * dy;
    points_.insert(points_.end(), {x, y});
    place_a_.push_back(a), place_b_.push_back(b);
    farthest = std::max(farthest, a * a + b * b);
  }
  if (stencil_.turns()) angle_ += turn_of_ring;
  find_neighbours(memory.archive, first_remembered(memory), to_window, std::sqrt(farthest) + top_up_, near_);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < stencil_.size(); ++k) {
    const double a = place_a_[k], b = place_b_[k];
    const double radius =
        stencil_.turns() && k == 0 ? std::min(top_up_, ring_centre) : top_up_;  // a ring's centre is the best sample
    if (any_within(near_, a, b, radius)) continue;
    near_.add(a, b);
    points_[2 * kept] = points_[2 * k], points_[2 * kept + 1] = points_[2 * k + 1];
    ++kept;
  }
  points_.resize(2 * kept);
  round_.fresh = kept;
  return kept > 0;
}

// Whether one of the newest samples is the descent's new best.
bool Descent::take(const SearchMemory& memory, std::size_t count) {
  const Archive& archive = memory.archive;
  const double before = best_;
  for (std::size_t k = archive.size() - count; k < archive.size(); ++k)
    if (archive.value(k) < best_) best_ = archive.value(k), best_x_ = archive.x(k), best_y_ = archive.y(k);
  return best_ < before;
}

// Fits the model about the best sample and asks for a decision.
void Descent::see(SearchMemory& memory) {
  const Whitening to_window = window_.whitening();
  const double dx = best_x_ - window_.x, dy = best_y_ - window_.y;
  round_.best_distance = std::hypot(to_window.xx * dx + to_window.xy * dy, to_window.xy * dx + to_window.yy * dy);
  if (options_.recentre) window_.x = best_x_, window_.y = best_y_;
  round_.origin[0] = window_.x, round_.origin[1] = window_.y;
  find_neighbours(memory.archive, first_remembered(memory), window_.whitening(), options_.reach, near_);
  round_.model = fit_quadratic(near_, options_.decay);
  if (round_.model.valid) round_.curvature = eigen(round_.model.hessian);
  if (!round_.model.valid || heading_ == Heading::random) {
    const double angle = memory.random.uniform(0, 2 * std::numbers::pi);
    double length = 1;
    if (round_.model.valid)
      newton_step(round_.model, round_.curvature, round_.step), length = std::hypot(round_.step[0], round_.step[1]);
    round_.step[0] = length * std::cos(angle), round_.step[1] = length * std::sin(angle);
  } else if (heading_ == Heading::newton) {
    newton_step(round_.model, round_.curvature, round_.step);
  } else {
    gradient_step(round_.model, round_.step);
  }
  stage_ = Stage::decision;
}

void Descent::advance(SearchMemory& memory) {
  if (stage_ == Stage::look) {
    round_.look_improved = take(memory, round_.fresh);
    return see(memory);
  }
  const bool improved = take(memory, 1);
  Attempt& attempt = round_.attempt;
  const float second = u_[SearchDecision::second_try];
  if (++round_.tries == 1 || !attempt.improved) {
    attempt.improved = improved;
    const double actual = round_.before_try - memory.archive.value(memory.archive.size() - 1);
    attempt.ratio = round_.predicted > 0 ? std::clamp(actual / round_.predicted, -1.0, 2.0) : actual > 0 ? 1 : -1;
    if (round_.tries == 1 && !improved && second > threshold) return try_at(short_try);
    if (round_.tries == 2) return review();
  }
  if (improved && second >= -threshold &&
      (second > threshold ? round_.tries == 1 : attempt.clipped && round_.tries < options_.tries)) {
    if (round_.tries > 1) round_.multiple *= 2;
    return try_at(2 * round_.multiple);
  }
  if (improved && round_.tries > 1) round_.multiple *= 2;
  review();
}

// Applies the decision to the heading, within the step limit.
void Descent::choose_step(const float* u) {
  Round& r = round_;
  double* s = r.step;
  const double limit_factor = std::exp2(reach_of_limit * u[SearchDecision::step_limit]),
               limit = options_.step_limit * limit_factor;
  last_limit_ = limit_factor;
  if (r.model.valid) {
    const double* g = r.model.gradient;
    const double length = std::hypot(s[0], s[1]), slope = std::hypot(g[0], g[1]) + 1e-12,
                 last = std::hypot(last_step_[0], last_step_[1]);
    const double downhill = reach_of_mixing * u[SearchDecision::downhill] * length / slope;
    const double momentum = last > 0 ? reach_of_mixing * u[SearchDecision::momentum] * length / last : 0,
                 scale = std::exp2(u[SearchDecision::step_size]);
    for (int i = 0; i < 2; ++i) s[i] = scale * (s[i] - downhill * g[i] + momentum * last_step_[i]);
  }
  const double length = std::hypot(s[0], s[1]);
  r.attempt.clipped = length > limit;
  r.attempt.step_length = std::min(length, limit);
  if (r.attempt.clipped)
    for (int i = 0; i < 2; ++i) s[i] *= limit / length;
  if (r.model.valid) r.predicted = r.model.gain(s[0], s[1]);
}

void Descent::decide(SearchMemory& memory, std::span<const float> u) {
  for (std::size_t k = 0; k < SearchDecision::count; ++k) u_[k] = std::clamp(u[k], -1.f, 1.f);
  if (stage_ == Stage::review) return finish_round(memory);
  choose_step(u_);
  round_.before_try = best_;
  const bool no_try = u_[SearchDecision::look] < -threshold && round_.fresh > 0;  // each round costs something
  if (options_.tries == 0 || no_try) return review();
  stage_ = Stage::attempt;
  try_at(1);
}

void Descent::try_at(double multiple) {
  double dx, dy;
  window_.to_square(multiple * round_.step[0], multiple * round_.step[1], dx, dy);
  points_.assign({std::clamp(round_.origin[0] + dx, 0.0, 1.0), std::clamp(round_.origin[1] + dy, 0.0, 1.0)});
}

// Moves the window and asks how to go on.
void Descent::review() {
  Round& r = round_;
  Attempt& attempt = r.attempt;
  const double gain = best_ < r.before ? r.before - best_ : 0;  // both are infinite before the first sample of its own
  attempt.look_improved = r.look_improved, attempt.gained = gain > 0, attempt.best_distance = r.best_distance;
  bad_ = attempt.gained ? 0 : bad_ + 1;
  recent_gain_ = std::isfinite(recent_gain_) ? old_gain * recent_gain_ + (1 - old_gain) * gain : gain;

  if (options_.recentre) {
    window_.x = best_x_, window_.y = best_y_;
  } else if (r.tries > 0) {
    double dx, dy;
    window_.to_square(r.step[0], r.step[1], dx, dy);
    window_.x = std::clamp(r.origin[0] + dx, 0.0, 1.0), window_.y = std::clamp(r.origin[1] + dy, 0.0, 1.0);
  }
  stage_ = Stage::review;
}

void Descent::finish_round(SearchMemory& memory) {
  Round& r = round_;
  const Attempt& attempt = r.attempt;
  double factor =
      resolution_rule_.factor(attempt, memory.random) * std::exp2(reach_of_resolution * u_[SearchDecision::resolution]);
  if (r.multiple > 2) factor *= std::min(r.multiple / 2, most_widening);
  window_.resolution = std::min(window_.resolution * factor, widest);
  if (options_.aspect > 1 && r.model.valid) window_.stretch(r.model.hessian, options_.aspect);

  last_step_[0] = r.step[0], last_step_[1] = r.step[1], last_ratio_ = attempt.ratio, last_range_ = r.model.range;
  top_up_ = options_.top_up * std::exp2(reach_of_top_up * u_[SearchDecision::top_up]);
  leave_out_look_ = u_[SearchDecision::look] > threshold;
  if (finished(memory)) {
    stage_ = Stage::ended;
    points_.clear();
    return;
  }
  ++rounds_;
  start_round(memory);
}

// What the next rounds may gain, if they go on like the last ones or as the model says.
double Descent::promise() const { return rounds_ahead * std::max({recent_gain_, round_.predicted, 0.0}); }

bool Descent::finished(const SearchMemory& memory) const {
  const LocalModel& model = round_.model;
  if (window_.resolution < finest || bad_ >= options_.patience) return true;
  if (model.valid && model.range < flat * std::fabs(best_) && window_.resolution < deep) return true;
  if (!model.valid && model.count >= enough_samples && bad_ >= degenerate_rounds) return true;
  if (best_ <= memory.best) return false;
  const double tolerance = options_.abandon * std::exp2(reach_of_tolerance * u_[SearchDecision::tolerance]);
  if (options_.abandon > 0 && rounds_ >= first_abandonment && best_ - tolerance * promise() > memory.best) return true;
  return u_[SearchDecision::restart] > threshold && rounds_ >= 1;
}

// Scaled so that each lies within about [−1, 1] on training surfaces.
void Descent::features(const SearchMemory& memory, std::span<float> out) const {
  const Round& r = round_;
  const LocalModel& model = r.model;
  const auto log_part = [&](double value) {  // log10 of a part of the range: −1 at 1e-12 and less, 1 at the range
    const double part = model.range > 0 ? value / model.range : 1;
    return std::clamp(std::log10(std::max(part, 1e-12)) / 6 + 1, -1.0, 2.0);
  };
  const auto cosine = [](const double* p, const double* q) {
    const double lengths = std::hypot(p[0], p[1]) * std::hypot(q[0], q[1]);
    return lengths > 0 ? (p[0] * q[0] + p[1] * q[1]) / lengths : 0;
  };
  const double high = r.curvature.high, low = r.curvature.low, gap = best_ - memory.best;
  const double length = std::hypot(r.step[0], r.step[1]), slope = std::hypot(model.gradient[0], model.gradient[1]);
  const auto set = [&](SearchFeature::Index k, double value) {
    out[k] = static_cast<float>(std::clamp(value, -3.0, 3.0));
  };
  set(SearchFeature::resolution, std::log10(window_.resolution) / 3 + 0.5);
  set(SearchFeature::depth, std::log(window_.resolution / first_resolution_) / 3);
  set(SearchFeature::newton_length, std::log(length + 1e-6) / 3);
  set(SearchFeature::gradient, std::log(slope + 1e-6) / 3);
  set(SearchFeature::curvature_high, high);
  set(SearchFeature::curvature_low, low);
  set(SearchFeature::curvature_sign, low < 0 ? -1 : 1);
  set(SearchFeature::curvature_ratio, std::log((std::fabs(low) + 1e-6) / (std::fabs(high) + 1e-6)) / 3);
  set(SearchFeature::newton_angle, -cosine(r.step, model.gradient));
  set(SearchFeature::turn, cosine(r.step, last_step_));
  set(SearchFeature::residual, model.valid ? std::log10(model.residual + 1e-6) / 3 + 1 : 1);
  set(SearchFeature::neighbours, static_cast<double>(model.count) / 40);
  set(SearchFeature::fresh, static_cast<double>(r.fresh) / static_cast<double>(stencil_.size()));
  set(SearchFeature::look_improved, r.look_improved);
  set(SearchFeature::best_distance, r.best_distance);
  set(SearchFeature::look_gain, log_part(best_ < r.before ? r.before - best_ : 0));
  const bool reviewing = stage_ == Stage::review;
  set(SearchFeature::prediction, reviewing ? r.attempt.ratio : last_ratio_);
  set(SearchFeature::range_change, last_range_ > 0 && model.range > 0 ? std::log(model.range / last_range_) / 3 : 0);
  set(SearchFeature::bad_looks, static_cast<double>(bad_) / 3);
  set(SearchFeature::looks, static_cast<double>(std::min<std::uint64_t>(rounds_, 12)) / 6 - 1);
  set(SearchFeature::gap, gap > 0 ? log_part(gap) : -1);
  set(SearchFeature::promise, gap == infinity ? -1
                              : gap > 0       ? std::clamp(std::log10(std::max(promise() / gap, 1e-6)) / 3, -1.0, 1.0)
                                              : 1);
  set(SearchFeature::aspect, std::log(window_.aspect()) / 3);
  set(SearchFeature::evaluations, std::log(static_cast<double>(memory.evaluations + 1) / 100) / 2);
  set(SearchFeature::restarts, static_cast<double>(std::min<std::uint64_t>(memory.descents, 5)) / 5);
  set(SearchFeature::last_limit, std::log2(last_limit_) / 2);
  set(SearchFeature::review, reviewing);
  set(SearchFeature::try_improved, reviewing && r.attempt.improved);
  set(SearchFeature::try_clipped, reviewing && r.attempt.clipped);
}

}  // namespace rover
