#include "agents/search/portfolio.h"

#include <algorithm>
#include <cmath>

#include "agents/search/sweep.h"

namespace rover::search {
namespace {

constexpr double slice_share = 0.05;  // a slice lasts so long, of what was spent, but at least 4 + 2d evaluations
constexpr double after_sweep = 0.02;  // half-width of the window after a sweep
constexpr double rule_lead = 0.5;

class RandomSteering final : public SearchSteering {
 public:
  void reset(std::uint64_t seed) override { stream_ = make_stream(seed, 0, "random steering"); }
  void decide(std::span<const float>, std::span<float> u) override {
    for (float& x : u) x = static_cast<float>(stream_.uniform(-1, 1));
  }

 private:
  RandomStream stream_ = make_stream(0, 0, "random steering");
};

}  // namespace

Portfolio::Portfolio(const SearchOptions& options, Evaluator& evaluator, SearchSteering* steering)
    : options_(options),
      probe_(evaluator, probe_options(options, evaluator.problem().dimension, options.descent.fit)),
      stream_(make_stream(evaluator.seed(), 0, "search")),
      steering_(steering),
      first_(probe_, stream_, options.descent),
      second_(probe_, stream_, options.descent),
      populate_(probe_, stream_, options.population),
      restarts_(probe_, stream_),
      spent_(probe_),
      features_(SearchSteering::features),
      u_(SearchSteering::decisions) {
  if (steering_ != nullptr) steering_->reset(evaluator.seed());
}

void Portfolio::run() {
  best_ = HUGE_VAL;
  begin_descent(probe_.start(), probe_.start_value(), options_.first, HUGE_VAL);
  while (true) {
    slice();
    const Kind kind = steering_ == nullptr ? rule() : decide();
    if (kind != SearchDecision::go_on) begin(kind);
  }
}

// Ends what was begun; then, after some descents, each kind of restart gets its share of the evaluations, and a sweep
// that gained nothing is asked for less often.
Portfolio::Kind Portfolio::rule() const {
  if (process_ != Process::none) return SearchDecision::go_on;
  if (sweeping_) return SearchDecision::sweep;
  const auto d = static_cast<double>(probe_.dimension());
  if (options_.sweeps && spent_.sweeps * sweep_price_ <= spent_.descents + spent_.populations)
    return SearchDecision::sweep;
  if (static_cast<double>(ended_) * d * d * d > options_.alone &&
      spent_.populations < options_.populations * spent_.descents)
    return SearchDecision::population;
  return SearchDecision::descent;
}

Portfolio::Kind Portfolio::decide() {
  const Kind own = rule();
  observe(own);
  steering_->decide(features_, u_);
  for (float& u : u_) u = std::clamp(u, -1.f, 1.f);
  const double prior = options_.descent.fit.prior * std::pow(10, u_[SearchDecision::prior]);
  for (Descent* descent : {&first_, &second_}) {
    descent->set_prior(prior);
    descent->set({.need = std::exp2(u_[SearchDecision::need]),
                  .limit = std::exp2(u_[SearchDecision::limit]),
                  .abandon = std::pow(10, u_[SearchDecision::abandon]),
                  .fresh = std::exp2(u_[SearchDecision::fresh]),
                  .growth = std::exp2(u_[SearchDecision::growth]),
                  .shrink = std::exp2(u_[SearchDecision::shrink])});
  }
  width_ = std::pow(10, 0.5 * u_[SearchDecision::width]);
  candidates_ = std::pow(4, u_[SearchDecision::candidates]);
  Kind chosen = own;
  double best = -HUGE_VAL;
  for (std::size_t k = 0; k < SearchDecision::kinds; ++k) {
    const auto kind = static_cast<Kind>(k);
    if (kind == SearchDecision::go_on && process_ == Process::none) continue;
    if (kind == SearchDecision::back && left_ == nullptr) continue;
    const double score = u_[k] + (kind == own ? rule_lead : 0);
    if (score > best) best = score, chosen = kind;
  }
  return chosen;
}

// A descent under way that is left is kept, if it is the best; the other one, if none was kept or it is worse.
void Portfolio::make_room() {
  if (!descent_alive_) return;
  descent_alive_ = false;
  if (descent_->value() <= (left_ == nullptr ? probe_.best() : left_->value())) left_ = descent_, left_rival_ = rival_;
}

void Portfolio::begin_descent(Reals point, double value, double half_width, double rival) {
  if (descent_ == left_) descent_ = left_ == &first_ ? &second_ : &first_;
  descent_->begin(point, value, half_width);
  rival_ = rival;
  process_ = Process::descent, descent_alive_ = true;
}

void Portfolio::begin_population(const Vector& mean, std::size_t size, double sigma) {
  populate_.begin(mean, size, sigma);
  population_size_ = static_cast<double>(size);
  process_ = Process::population, population_alive_ = true;
}

void Portfolio::begin(Kind kind) {
  gain_ = earlier_gain_ = 0;
  if (kind == SearchDecision::back) descent_alive_ = false;
  else make_room();
  process_ = Process::none;
  process_begin_ = probe_.evaluations();
  if (kind != SearchDecision::sweep) sweeping_ = by_sweep_ = false;
  switch (kind) {
    case SearchDecision::descent: {
      const Restarts::Start& from = restarts_.best_of_random(candidates_);
      begin_descent(from.point, from.value, options_.first * from.shrink * width_, best_);
      break;
    }
    case SearchDecision::hop: {
      const double sigma = stream_.log_uniform(0.005, 0.3) * width_;
      std::vector<double> point = probe_.best_point();
      for (double& x : point) x += sigma * stream_.normal();
      const double value = probe_(point);
      begin_descent(point, value, std::min(sigma, options_.first), best_);
      break;
    }
    case SearchDecision::population:
      if (population_alive_) process_ = Process::population;
      else
        begin_population(restarts_.mean(probe_.best_point()), restarts_.population(doublings_++),
                         options_.population.sigma * width_);
      break;
    case SearchDecision::hand_over: {
      const double sigma = std::clamp(descent_->local().window().half_width() * 3 * width_, 1e-8, 0.3);
      const Vector mean = descent_->local().window().centre();
      begin_population(mean, restarts_.population(0), sigma);
      break;
    }
    case SearchDecision::sweep: {
      const double before = probe_.best();
      const bool gained = sweep(probe_, stream_, options_.sweep);
      sweep_gain_ = before - probe_.best();
      by_sweep_ = true;
      if (gained) {
        sweeping_ = true;
        const std::vector<double> start = probe_.best_point();
        begin_descent(start, probe_.best(), after_sweep, HUGE_VAL);
      } else {
        if (!sweeping_) sweep_price_ *= 3;
        sweeping_ = false;
        best_ = std::min(best_, probe_.best());
        charge();
        by_sweep_ = false;
      }
      break;
    }
    case SearchDecision::back:
      descent_ = left_, rival_ = left_rival_, left_ = nullptr;
      process_ = Process::descent, descent_alive_ = true;
      descent_->resume();
      break;
    default:
      break;
  }
}

void Portfolio::charge() {
  spent_.charge(by_sweep_ ? spent_.sweeps : process_ == Process::population ? spent_.populations : spent_.descents);
}

void Portfolio::slice() {
  const std::uint64_t now = probe_.evaluations(), least = 4 + 2 * probe_.dimension();
  const std::uint64_t end = now + std::max(least, static_cast<std::uint64_t>(slice_share * static_cast<double>(now)));
  earlier_gain_ = gain_;
  if (process_ == Process::descent) {
    const double before = descent_->value();
    bool goes_on = true;
    while (goes_on && (steering_ == nullptr || probe_.evaluations() < end)) goes_on = descent_->round(rival_);
    gain_ = before - descent_->value();
    charge();
    if (!goes_on) end_descent();
  } else if (process_ == Process::population) {
    const double before = populate_.lowest();
    bool goes_on = true;
    while (goes_on && (steering_ == nullptr || probe_.evaluations() < end)) goes_on = populate_.generation();
    gain_ = std::isfinite(before) ? before - populate_.lowest() : 0;
    charge();
    if (!goes_on) {
      ++ended_;
      best_ = std::min(best_, populate_.lowest());
      population_alive_ = false, process_ = Process::none;
    }
  }
}

void Portfolio::end_descent() {
  const double gained = probe_.start_value() - probe_.best();
  if (ended_ > 0 && descent_->value() < best_ - 1e-3 * gained) ++better_;
  ++ended_;
  if (steering_ != nullptr) ends_.push_back({descent_->value(), descent_->local().window().centre()});
  best_ = std::min(best_, by_sweep_ ? probe_.best() : descent_->value());
  descent_alive_ = false, process_ = Process::none;
}

double Portfolio::logarithm(double gain) const {
  const double unit = std::max(probe_.start_value() - probe_.best(), std::numeric_limits<double>::min());
  return std::log10(std::clamp(gain / unit, 0.0, 1e6) + 1e-12) / 6 + 1;
}

void Portfolio::observe(Kind own) {
  using F = SearchFeature;
  const auto d = static_cast<double>(probe_.dimension()), n = static_cast<double>(probe_.evaluations());
  const auto put = [&](F::Index at, double value) {
    features_[at] = static_cast<float>(std::isfinite(value) ? std::clamp(value, -4.0, 4.0) : 0);
  };
  const bool descending = process_ == Process::descent, populating = process_ == Process::population;
  put(F::dimension, std::log2(d) / 4), put(F::evaluations, std::log(n / (d + 1)) / 4 - 1);
  put(F::in_descent, descending), put(F::in_population, populating);
  put(F::rule_descent, own == SearchDecision::descent), put(F::rule_population, own == SearchDecision::population);
  put(F::rule_sweep, own == SearchDecision::sweep);
  const LocalModel& local = descent_->local();
  put(F::half_width, std::log10(local.window().half_width() + 1e-30) / 5 + 1), put(F::missed, descent_->missed());
  put(F::gain, logarithm(gain_)), put(F::earlier_gain, logarithm(earlier_gain_));
  const double value = populating ? populate_.lowest() : descent_->value();
  put(F::behind, logarithm(value - probe_.best()));
  put(F::idle, descent_->idle() / (options_.descent.patience + d / 2));
  put(F::clipped, local.step().clipped()), put(F::ratio, std::clamp(descent_->last_try().ratio, -1.0, 2.0));
  if (local.model().valid && local.step().eigenvalues().size() > 0) {
    const auto& lambda = local.step().eigenvalues();
    const auto sizes = lambda.cwiseAbs();
    put(F::spread, std::log10(sizes.maxCoeff() / (sizes.minCoeff() + 1e-300) + 1e-30) / 4);
    put(F::negative, static_cast<double>((lambda.array() < 0).count()) / d);
  } else {
    put(F::spread, 0), put(F::negative, 0);
  }
  put(F::samples,
      static_cast<double>(local.model().samples) / static_cast<double>(coefficients_of(probe_.dimension())));
  put(F::spent, std::log1p(static_cast<double>(probe_.evaluations() - process_begin_) / (d + 1)) / 4);
  const bool populated = doublings_ > 1 || populating;
  put(F::deviation, populated ? std::log10(populate_.deviation() + 1e-30) / 5 + 1 : 0);
  put(F::condition, populated ? std::log10(populate_.condition()) / 4 : 0);
  put(F::size, std::log2(population_size_ / static_cast<double>(restarts_.population(0))) / 4);
  put(F::ended, std::log1p(static_cast<double>(ended_)) / 2);
  const double gained = probe_.start_value() - probe_.best();
  double agreed = 0, scatter = 0, above = 0;
  const Eigen::Map<const Vector> best(probe_.best_point().data(), static_cast<Eigen::Index>(probe_.dimension()));
  for (const End& end : ends_) {
    agreed += end.value <= probe_.best() + 1e-3 * gained;
    scatter += (end.point - best).norm() / std::sqrt(d);
    above += end.value - probe_.best();
  }
  const double count = std::max<double>(1, static_cast<double>(ends_.size()));
  put(F::agreed, agreed / count), put(F::scatter, scatter / count), put(F::value_scatter, logarithm(above / count));
  put(F::improved, static_cast<double>(better_) / std::max<double>(1, static_cast<double>(ended_) - 1));
  history_.emplace_back(probe_.evaluations(), probe_.best());
  while (2 * history_[half_].first < probe_.evaluations() && half_ + 1 < history_.size()) ++half_;
  put(F::half_gain, logarithm(history_[half_].second - probe_.best()));
  put(F::by_populations, spent_.populations / n), put(F::by_sweeps, spent_.sweeps / n);
  put(F::sweep_gain, sweep_gain_ < 0 ? 0 : logarithm(sweep_gain_));
  put(F::left, left_ != nullptr);
  put(F::promise, logarithm(descent_->promise())), put(F::near, std::min(descent_->nearness(), 2.0) - 1);
  put(F::rounds, std::log1p(descent_->rounds()) / 4);
}

}  // namespace rover::search

namespace rover {
std::unique_ptr<SearchSteering> make_random_steering() { return std::make_unique<search::RandomSteering>(); }
}  // namespace rover
