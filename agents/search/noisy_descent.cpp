#include "agents/search/noisy_descent.h"

#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double narrowest = 1e-6;
constexpr std::size_t repeats = 20;                               // pairs of values after which the noise is known
constexpr double widening = 1.2, narrowing = 0.9, tolerated = 2;  // … on what predictions miss, in variances

DescentOptions averaging(DescentOptions options, double samples) {
  options.fit.samples = samples;
  return options;
}

}  // namespace

NoisyDescent::NoisyDescent(Probe& probe, RandomStream& stream, const DescentOptions& descent, const NoiseOptions& noise)
    : probe_(probe),
      options_(descent),
      noise_(noise),
      d_(probe.dimension()),
      fresh_(std::max(static_cast<std::size_t>(std::ceil(descent.fresh * static_cast<double>(d_))), probe.batch())),
      coefficients_(1 + static_cast<double>(d_) * (1.5 + 0.5 * static_cast<double>(d_))),
      local_(probe, stream, averaging(descent, noise.samples)) {
  const std::size_t most = std::max(d_, fresh_) + 1 + probe.batch();
  asked_.resize(static_cast<Eigen::Index>(d_), static_cast<Eigen::Index>(most)), values_.resize(most);
}

// The first columns; learns how much the model misses them.
void NoisyDescent::evaluate(std::size_t count, bool ends_iteration) {
  probe_(asked_, count, values_.data(), ends_iteration);
  if (!local_.model().valid) return;
  for (std::size_t k = 0; k < count; ++k) {
    const double miss = (values_[k] - predicted(local_.z_of(asked_.col(static_cast<Eigen::Index>(k))))) /
                        std::max(deviation_, std::numeric_limits<double>::min());
    missed_ += 0.1 * (std::min(miss * miss, 100.0) - missed_);
  }
}

void NoisyDescent::look(std::size_t count) {
  local_.place(count, false, asked_);
  evaluate(count, true);
  looked_ = count;
}

// The last look's points again: as good as others for the fit, and their differences are nothing but noise.
void NoisyDescent::repeat() {
  const std::vector<double> before = values_;
  evaluate(looked_, true);
  for (std::size_t k = 0; k < looked_; ++k) known_->pair(before[k], values_[k]);
  deviation_ = known_->value();
  looked_ = 0;
}

// Towards the model's minimum; where the model then says that it is no lower, the window is too wide.
void NoisyDescent::step() {
  const Vector z = local_.step().z();
  const double length = local_.step().length(), promised = local_.model().c - local_.model()(z);
  const bool clipped = local_.step().clipped();
  asked_.col(0) = local_.step().point();
  const std::size_t company = probe_.batch() - 1;
  if (company > 0) {
    Matrix around(asked_.rows(), static_cast<Eigen::Index>(company));
    local_.place(company, false, around);
    asked_.middleCols(1, static_cast<Eigen::Index>(company)) = around;
  }
  looked_ = 0;
  evaluate(1 + company, true);
  for (std::size_t k = 0; k <= company; ++k)
    local_.add(k == 0 ? z : local_.z_of(asked_.col(static_cast<Eigen::Index>(k))), values_[k]);
  const double here = local_.model().c, there = local_.model()(z), ratio = (here - there) / promised;
  const bool improved = there < here;
  value_ = local_.model().offset + local_.model().range * std::min(here, there);
  if (improved) local_.window().move_to(column_of(asked_, 0));
  local_.follow_shape(deviation_ / local_.model().range);
  double factor = std::clamp(length, std::min(0.15, options_.shrink), options_.shrink);
  if (improved && clipped && ratio > 0.3) factor = options_.growth;
  else if (improved) factor = std::clamp(1.5 * length, ratio > 0.7 ? 0.2 : 0.5, 1.0);
  local_.window().scale(factor);
}

// More samples around, and to the minimum of what they all say.
void NoisyDescent::average() {
  if (looked_ > 0 && known_->freedom() < repeats) repeat();
  else look(fresh_);
  fit();
  const Model& model = local_.model();
  if (!model.valid) return;
  local_.find_step(1);
  const double lowest = model(local_.step().z());
  value_ = model.offset + model.range * std::min(model.c, lowest);
  if (lowest < model.c) {
    const Vector& point = local_.step().point();
    local_.window().move_to({point.data(), d_});
  }
  local_.follow_shape(deviation_ / model.range);
  const double edge = 0.5 * model.range * local_.step().eigenvalues().cwiseAbs().mean();
  if (edge < noise_.rise * deviation_) local_.window().scale(widening);
  else if (missed_ > tolerated) local_.window().scale(narrowing);
}

void NoisyDescent::stand(const End& rival) {
  const Vector& centre = local_.window().centre();
  end_.value = value_, end_.half_width = local_.window().half_width();
  end_.error = deviation_ * std::sqrt(coefficients_ / static_cast<double>(std::max<std::size_t>(1, local_.near())));
  end_.point.assign(centre.data(), centre.data() + centre.size());
  if (end_.leads(rival)) probe_.answer(end_.point);
}

const NoisyDescent::End& NoisyDescent::operator()(Reals start, double start_value, double half_width,
                                                  Deviation& deviation, std::size_t patience, const End& rival) {
  Window& window = local_.window();
  local_.begin(start, half_width);
  known_ = &deviation, value_ = start_value, deviation_ = deviation.value(), missed_ = 1, looked_ = 0;
  const std::size_t enough =
      std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(options_.need * static_cast<double>(d_)))) + 1;
  std::size_t among = 0;
  while (true) {
    const std::uint64_t before = probe_.evaluations();
    fit();
    const Model& model = local_.model();
    if (local_.near() < enough || !model.valid) {
      const std::size_t thin = enough - std::min(local_.near(), enough - 1);
      look(std::min(thin, model.valid ? fresh_ : d_ + 1));
      fit();
      if (!model.valid) continue;
      value_ = model.offset + model.range * model.c;
      fit();
    }
    local_.find_step(options_.step_limit);
    if ((model.c - model(local_.step().z())) * model.range > noise_.worth * deviation_) {
      step();
      among -= std::min(among, static_cast<std::size_t>(probe_.evaluations() - before));
    } else {
      average();
      among += probe_.evaluations() - before;
    }
    if (window.half_width() > local_.widest()) window.scale(local_.widest() / window.half_width());
    stand(rival);
    if (among >= patience || !(window.half_width() > narrowest)) return end_;
  }
}

}  // namespace rover::search
