#include "agents/search/wide_descent.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rover::search {
namespace {

constexpr double narrowest = 3e-10;  // half-width at which a descent ends
constexpr double narrowest_in_noise = 1e-6;
constexpr double work = 1.2e6;  // multiplications that an evaluation may cost

}  // namespace

WideDescent::WideDescent(Probe& probe, RandomStream& stream, const SearchOptions& options)
    : probe_(probe),
      stream_(stream),
      options_(options.descent),
      noise_options_(options.noise),
      wide_(options.wide),
      d_(probe.dimension()),
      model_(probe, options.wide, options.descent.fit),
      axes_(d_),
      slope_(static_cast<Eigen::Index>(d_)),
      tried_(static_cast<Eigen::Index>(d_)) {
  const auto d = static_cast<double>(d_), n = static_cast<double>(model_.room());
  pace_ = static_cast<std::size_t>((n * n * n / 6 + 2 * static_cast<double>(wide_.krylov) * n * d) / work);
  const auto most =
      static_cast<std::size_t>(std::ceil(std::max(wide_.need, wide_.fresh) * d)) + 3 + pace_ + probe.batch();
  asked_.resize(static_cast<Eigen::Index>(d_), static_cast<Eigen::Index>(most));
  values_.resize(most), expected_.resize(most);
  std::iota(axes_.begin(), axes_.end(), std::size_t{0});
}

void WideDescent::miss(double value, double expected, double rate) {
  noise_ += rate * (std::min(1.0, std::abs(model_.scaled(value) - expected)) - noise_);
}

// Points at |z| = 1 along the axes whose turn it is, on the side where the model falls.
void WideDescent::look(std::size_t count, bool moves) {
  const Region& region = probe_.region();
  const bool valid = model_.valid();
  if (valid) model_.slope(model_.centre(), slope_);
  for (std::size_t k = 0; k < count; ++k) {
    if (next_axis_ == 0)
      for (std::size_t j = d_; j > 1; --j) std::swap(axes_[j - 1], axes_[stream_.below(j)]);
    const auto axis = static_cast<Eigen::Index>(axes_[next_axis_]);
    next_axis_ = (next_axis_ + 1) % d_;
    double side = valid && slope_[axis] != 0 ? (slope_[axis] > 0 ? -1 : 1) : (stream_.uniform() < 0.5 ? -1 : 1);
    if (k >= d_) side = -side;
    auto point = asked_.col(static_cast<Eigen::Index>(k));
    point = model_.centre();
    const double here = point[axis], out = here + side * model_.half_width();
    if (out < region.low[axis] || out > region.high[axis]) side = -side;
    point[axis] = here + side * model_.half_width();
  }
  probe_(asked_, count, values_.data(), false);
  const auto column = [&](std::size_t k) { return asked_.col(static_cast<Eigen::Index>(k)); };
  if (valid)
    for (std::size_t k = 0; k < count; ++k) tried_ = column(k), miss(values_[k], model_(tried_), 0.15);
  const auto best = static_cast<std::size_t>(
      std::min_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(count)) - values_.begin());
  for (std::size_t k = 0; k < count; ++k) model_.add(column(k), values_[k]);
  if (moves && values_[best] < value_) value_ = values_[best], model_.move_to(column(best));
}

bool WideDescent::attempt() {
  ratio_ = 0;
  model_.find_step(options_.step_limit);
  if (!(model_.length() > 1e-9) || !(model_.predicted() > 0)) return false;
  tried_ = model_.point();
  const double value = probe_({tried_.data(), d_});
  ratio_ = (model_.scaled(value_) - model_.scaled(value)) / model_.predicted();
  miss(value, model_.at_centre() - model_.predicted(), 0.2);
  const bool improved = value < value_;
  model_.add(tried_, value);
  if (improved) value_ = value, model_.move_to(tried_);
  return improved;
}

void WideDescent::begin(Reals start, double value, double half_width) {
  model_.begin(start, half_width);
  model_.add(Eigen::Map<const Vector>(start.data(), static_cast<Eigen::Index>(d_)), value);
  value_ = value, noise_ = 1e-2;
  recent_ = std::numeric_limits<double>::infinity();
  round_ = idle_ = next_axis_ = 0;
}

bool WideDescent::round(double rival) {
  const auto d = static_cast<double>(d_);
  const double before = value_;
  const std::size_t enough = std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(wide_.need * d))) + 1;
  std::size_t near = model_.near(), count = pace_;
  if (near < enough) {
    const std::size_t thin = enough - near, fresh = static_cast<std::size_t>(std::ceil(wide_.fresh * d));
    count = std::max(count, round_ == 0 ? thin : std::max<std::size_t>(1, std::min(thin, fresh)));
  }
  if (count > 0) {
    const std::size_t batch = probe_.batch();
    look((count + batch - 1) / batch * batch, true), near += count;
  }
  model_.fit(value_, noise_, 0);
  const bool valid = model_.valid(), improved = valid && attempt();
  const double length = valid ? model_.length() : 0;
  double factor = 0.8;
  if (improved && model_.clipped() && ratio_ > 0.3) factor = options_.growth;
  else if (improved) factor = std::clamp(1.5 * length, ratio_ > 0.7 ? 0.2 : 0.5, 1.0);
  else if (!(value_ < before) && near >= enough)
    factor = std::clamp(length, std::min(0.15, options_.shrink), options_.shrink);
  model_.scale(factor);
  const double widest = probe_.region().bounded ? 0.5 : 1e9;
  if (model_.half_width() > widest) model_.scale(widest / model_.half_width());

  const double gain = before - value_;
  idle_ = gain > 0 ? 0 : idle_ + 1;
  recent_ = std::isinf(recent_) ? gain : 0.7 * recent_ + 0.3 * gain;
  const double size = model_.half_width();
  if (!(size > narrowest) || static_cast<double>(idle_) >= options_.patience + std::floor(d / 2)) return false;
  if (valid && model_.range() * 4 < 1e-14 * std::abs(value_)) return false;
  if (value_ > rival && static_cast<double>(round_) > 2 * d &&
      value_ - options_.abandon * std::max(recent_, gain) > rival)
    return false;
  ++round_;
  return true;
}

const WideDescent::End& WideDescent::operator()(Reals start, double value, double half_width, double rival) {
  begin(start, value, half_width);
  while (round(rival)) {}
  return end();
}

const WideDescent::End& WideDescent::end() {
  const Vector& centre = model_.centre();
  end_.value = value_, end_.half_width = model_.half_width();
  end_.point.assign(centre.data(), centre.data() + centre.size());
  return end_;
}

const WideDescent::End& WideDescent::among_noise(Reals start, double value, double half_width, double deviation,
                                                 std::size_t patience, double rival) {
  begin(start, value, half_width);
  const std::size_t batch = probe_.batch(),
                    fresh = static_cast<std::size_t>(std::ceil(wide_.fresh * static_cast<double>(d_))),
                    enough = static_cast<std::size_t>(wide_.need * static_cast<double>(d_)) + 1;
  const double widest = probe_.region().bounded ? 0.5 : 1e9;
  std::size_t among = 0;
  while (among < patience && model_.half_width() > narrowest_in_noise) {
    const std::uint64_t before = probe_.evaluations();
    const std::size_t near = model_.near(),
                      count = std::max(
                          {near < enough ? std::min(enough - near, round_ == 0 ? d_ : fresh) : 1, fresh, pace_});
    look((count + batch - 1) / batch * batch, false);
    ++round_;
    model_.fit(value_, noise_, deviation);
    if (!model_.valid()) continue;
    model_.find_step(options_.step_limit);
    const double range = model_.range(), here = value_ + range * model_.at_centre(), gain = range * model_.predicted(),
                 noise = noise_options_.worth * deviation;
    double factor = 1;
    if (gain > noise) {
      tried_ = model_.point();
      const double found = probe_({tried_.data(), d_});
      model_.add(tried_, found);
      if (found < here) {
        factor = model_.clipped() && here - found > 0.3 * gain ? options_.growth
                                                               : std::clamp(1.5 * model_.length(), 0.5, 1.0);
        value_ = here - gain, model_.move_to(tried_);
      } else {
        factor = options_.shrink, value_ = here;
      }
      among -= std::min(among, static_cast<std::size_t>(probe_.evaluations() - before));
    } else {
      // No farther than samples are.
      model_.find_step(1);
      value_ = here - range * std::max(0.0, model_.predicted());
      if (model_.predicted() > 0) tried_ = model_.point(), model_.move_to(tried_);
      if (model_.rise() * range < noise_options_.rise * deviation) factor = 1.2;
      else if (noise_ * range > 3 * deviation) factor = 0.9;
      among += probe_.evaluations() - before;
    }
    model_.scale(factor);
    if (model_.half_width() > widest) model_.scale(widest / model_.half_width());
    if (value_ < rival) probe_.answer({model_.centre().data(), d_});
  }
  return end();
}

}  // namespace rover::search
