#include "agents/search/descent.h"

#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double narrowest = 3e-10;  // half-width at which a descent ends

}  // namespace

Descent::Descent(Probe& probe, RandomStream& stream, const DescentOptions& options)
    : probe_(probe),
      stream_(stream),
      options_(options),
      d_(probe.dimension()),
      batch_(probe.batch()),
      local_(probe, stream, options),
      longer_(probe.region()) {
  const auto d = static_cast<Eigen::Index>(d_);
  const auto most =
      static_cast<std::size_t>(std::ceil(2 * std::max(options.need, options.fresh) * static_cast<double>(d_))) + 3 +
      batch_;
  z_.resize(d);
  asked_.resize(d, static_cast<Eigen::Index>(most)), around_.resize(d, static_cast<Eigen::Index>(most));
  values_.resize(most);
}

bool Descent::evaluate(std::size_t count, bool ends_iteration) {
  probe_(asked_, count, values_.data(), ends_iteration);
  best_ = static_cast<std::size_t>(std::min_element(values_.begin(), values_.begin() + static_cast<long>(count)) -
                                   values_.begin());
  return values_[best_] < value_;
}

// What the model missed at a new sample, a running mean of it.
void Descent::miss(double value, const Eigen::Ref<const Vector>& z, double rate) {
  noise_ += rate * (std::min(1.0, std::abs(local_.model().scaled(value) - local_.model()(z))) - noise_);
}

void Descent::look(std::size_t count) {
  const auto column = [](std::size_t k) { return static_cast<Eigen::Index>(k); };
  local_.place(count, true, asked_);
  const bool leads = evaluate(count, false), valid = local_.model().valid;
  for (std::size_t k = 0; k < count; ++k) {
    z_ = local_.z_of(asked_.col(column(k)));
    around_.col(column(k)) = z_;
    local_.note_near(z_.squaredNorm());
    if (valid) miss(values_[k], z_, 0.15);
  }
  if (leads || !valid || count > local_.room()) {
    if (leads) value_ = values_[best_], local_.window().move_to(column_of(asked_, best_));
    local_.fit(value_, noise_);
  } else {
    for (std::size_t k = 0; k < count; ++k) local_.add(around_.col(column(k)), values_[k]);
  }
}

Descent::Try Descent::try_step() {
  Try out;
  const Model& model = local_.model();
  local_.find_step(now_.limit * options_.step_limit);
  const TrustStep& step = local_.step();
  const double predicted = model.c - model(step.z());
  if (step.length() > 1e-9 && predicted > 0) {
    asked_.col(0) = step.point();
    std::size_t count = 1, longer = 0;
    if (batch_ > 1 && step.clipped()) {
      longer_(model, local_.window(), 2 * now_.limit * options_.step_limit);
      asked_.col(static_cast<Eigen::Index>(longer = count++)) = longer_.point();
    }
    if (count < batch_) {  // around the step's end, as wide as the next window
      const double width = step.clipped() ? 1 : std::clamp(1.5 * step.length(), 0.2, 1.0);
      local_.place(batch_ - count, false, around_);
      for (Eigen::Index k = 0; count < batch_; ++k, ++count) {
        auto point = asked_.col(static_cast<Eigen::Index>(count));
        point = step.point() + width * (around_.col(k) - local_.window().centre());
        probe_.region().project(point);
      }
    }
    z_ = step.z();
    out.improved = evaluate(count, true);
    out.ratio = (model.scaled(value_) - model.scaled(values_[0])) / predicted;
    out.longer = longer > 0 && out.improved && best_ == longer;
    miss(values_[0], z_, 0.2);
    if (out.improved) value_ = values_[best_], local_.window().move_to(column_of(asked_, best_));
  }
  local_.follow_shape();
  return out;
}

// A random step, where there is no model.
void Descent::try_anything() {
  for (std::size_t k = 0; k < batch_; ++k) {
    for (double& x : z_) x = stream_.normal() / std::sqrt(static_cast<double>(d_));
    asked_.col(static_cast<Eigen::Index>(k)) = local_.window().centre() + local_.window().transform() * z_;
  }
  if (evaluate(batch_, true)) value_ = values_[best_], local_.window().move_to(column_of(asked_, best_));
}

void Descent::begin(Reals start, double start_value, double half_width) {
  local_.begin(start, half_width);
  value_ = start_value, noise_ = 1e-2;
  recent_ = std::numeric_limits<double>::infinity();
  round_ = idle_ = 0;
  try_ = {};
}

bool Descent::round(double rival) {
  Window& window = local_.window();
  const auto d = static_cast<double>(d_);
  const double before = value_;
  local_.fit(value_, noise_);
  const auto enough =
      std::max<std::size_t>(
          2, static_cast<std::size_t>(
                 std::ceil(now_.need * options_.need * (1 + (round_ > 0 ? options_.need_noise * noise_ : 0)) * d))) +
      1;
  enough_ = enough;
  if (local_.near() < enough) {
    const std::size_t thin = enough - local_.near(),
                      fresh = static_cast<std::size_t>(std::ceil(now_.fresh * options_.fresh * d));
    const std::size_t count = round_ == 0 ? thin : std::max<std::size_t>(1, std::min(thin, fresh));
    look((count + batch_ - 1) / batch_ * batch_);
  }
  const bool valid = local_.model().valid;
  try_ = {};
  if (valid) try_ = try_step();
  else {
    const double held = value_;
    try_anything();
    try_.improved = value_ < held;
  }
  // The resolution.
  const double length = valid ? local_.step().length() : 0;
  double factor = 0.8;
  const double shrink = std::pow(options_.shrink, now_.shrink);
  if (try_.longer || (try_.improved && valid && local_.step().clipped() && try_.ratio > 0.3))
    factor = std::pow(options_.growth, now_.growth);
  else if (try_.improved) factor = std::clamp(1.5 * length, try_.ratio > 0.7 ? 0.2 : 0.5, 1.0);
  else if (!(value_ < before) && local_.near() >= enough) factor = std::clamp(length, std::min(0.15, shrink), shrink);
  window.scale(factor);
  if (window.half_width() > local_.widest()) window.scale(local_.widest() / window.half_width());

  const double gain = before - value_;
  idle_ = gain > 0 ? 0 : idle_ + 1;
  recent_ = std::isinf(recent_) ? gain : 0.7 * recent_ + 0.3 * gain;
  const double size = window.half_width();
  if (!(size > narrowest) || static_cast<double>(idle_) >= options_.patience + std::floor(d / 2)) return false;
  if (local_.model().valid && local_.model().range * 4 < 1e-14 * std::abs(value_)) return false;
  if (value_ > rival && static_cast<double>(round_) > 2 * d &&
      value_ - now_.abandon * options_.abandon * std::max(recent_, gain) > rival)
    return false;
  ++round_;
  return true;
}

double Descent::promise() const {
  const Model& model = local_.model();
  const auto& curvatures = local_.step().eigenvalues();
  if (!model.valid || curvatures.size() == 0) return 0;
  const double least = 1e-3 * curvatures.cwiseAbs().maxCoeff() + 1e-300;
  double out = 0;
  for (Eigen::Index i = 0; i < curvatures.size(); ++i) {
    const double slope = local_.step().eigenvectors().col(i).dot(model.gradient);
    out += 0.5 * slope * slope / std::max(std::abs(curvatures[i]), least);
  }
  return out * model.range;
}

double Descent::nearness() const { return static_cast<double>(local_.near()) / static_cast<double>(enough_); }

const Descent::End& Descent::operator()(Reals start, double start_value, double half_width, double rival) {
  begin(start, start_value, half_width);
  while (round(rival)) {}
  const Vector& centre = local_.window().centre();
  end_.value = value_;
  end_.point.assign(centre.data(), centre.data() + centre.size());
  return end_;
}

}  // namespace rover::search
