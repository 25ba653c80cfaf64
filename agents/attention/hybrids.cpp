#include "agents/attention/hybrids.h"

#include <cmath>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

/// Gradient descent in which another step may take the place of one: looks are gradients at the pose, or what the other
/// step asks for.
class PhasedDescent : public Agent {
 public:
  explicit PhasedDescent(double rate) : rate_(rate) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    box_ = problem.domain, descends_ = true;
    begin(problem, seed);
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    if (descends_) {
      to_.assign(seen.pose.begin(), seen.pose.end());
      for (std::size_t i = 0; i < to_.size(); ++i) to_[i] -= rate_ * seen.gradients[i];
      project(to_, *box_);
      descends_ = go_on_descending(seen.values[0]);
    } else {
      other(seen.pose, seen.values, to_);
      descends_ = !go_on_with_other();
    }
    if (descends_) restart(to_);
    move_to(to_, seen.pose, *box_, next.move);
    next.query.kind = descends_ ? Query::Kind::gradients : Query::Kind::values;
    if (descends_) next.query.points.clear();
    else ask(to_, next.query.points);
  }

  bool zeroth_order() const override { return false; }

 protected:
  const Box& box() const { return *box_; }
  virtual void begin(const Problem& problem, std::uint64_t seed) = 0;
  /// After a gradient step from where the loss was `value`: is the next one such, too?
  virtual bool go_on_descending(double value) = 0;
  virtual void restart(MutReals) {}  // where the next descent step begins may be moved
  virtual bool go_on_with_other() { return false; }
  virtual void ask(Reals, std::vector<double>&) {}
  virtual void other(Reals, Reals, std::vector<double>&) {}

 private:
  double rate_;
  const Box* box_ = nullptr;
  bool descends_ = true;
  std::vector<double> to_;
};

/// The other step is attention's.
class WithAttention : public PhasedDescent {
 public:
  WithAttention(double rate, std::uint64_t steps, const AttentionOptions& attention)
      : PhasedDescent(rate), attention_(attention), steps_(steps) {}

 protected:
  void begin(const Problem& problem, std::uint64_t seed) override {
    attention_.reset(problem, make_stream(seed, 0, "attention"));
    done_ = 0;
  }
  bool go_on_with_other() override {
    if (++done_ < steps_) return true;
    done_ = 0;
    return false;
  }
  void ask(Reals x, std::vector<double>& points) override { attention_.sample(x, points); }
  void other(Reals x, Reals values, std::vector<double>& to) override { attention_.move(x, values, to); }

 private:
  Attention attention_;
  std::uint64_t steps_, done_ = 0;
};

class Hybrid1 final : public WithAttention {
 public:
  explicit Hybrid1(const Hybrid1Options& options)
      : WithAttention(options.learning_rate, options.attention_steps, options.attention), options_(options) {}

 private:
  void begin(const Problem& problem, std::uint64_t seed) override {
    WithAttention::begin(problem, seed);
    in_window_ = plateaus_ = 0;
  }
  bool go_on_descending(double value) override {
    if (in_window_ == 0) before_ = value;
    if (in_window_++ < options_.window) return true;
    const bool plateau = !(before_ - value >= options_.tolerance * std::abs(before_));
    plateaus_ = plateau ? plateaus_ + 1 : 0;
    before_ = value, in_window_ = 1;
    if (plateaus_ < 2) return true;
    in_window_ = plateaus_ = 0;
    return false;
  }
  Hybrid1Options options_;
  double before_ = 0;
  std::uint64_t in_window_ = 0, plateaus_ = 0;
};

class Alternation final : public WithAttention {
 public:
  explicit Alternation(const AlternationOptions& options)
      : WithAttention(options.learning_rate, options.attention_steps, options.attention),
        steps_(options.gradient_steps) {}

 private:
  void begin(const Problem& problem, std::uint64_t seed) override {
    WithAttention::begin(problem, seed);
    done_ = 0;
  }
  bool go_on_descending(double) override {
    if (++done_ < steps_) return true;
    done_ = 0;
    return false;
  }
  std::uint64_t steps_, done_ = 0;
};

class GradientRestart final : public PhasedDescent {
 public:
  explicit GradientRestart(const GradientRestartOptions& options)
      : PhasedDescent(options.learning_rate), steps_(options.steps) {}

 private:
  void begin(const Problem&, std::uint64_t seed) override { stream_ = make_stream(seed, 0, "restart"), done_ = 0; }
  bool go_on_descending(double) override {
    ++done_;
    return true;
  }
  void restart(MutReals to) override {
    if (done_ < steps_) return;
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = stream_.uniform(box().low[i], box().high[i]);
    done_ = 0;
  }
  std::uint64_t steps_, done_ = 0;
  RandomStream stream_;
};

/// Looks at the gradient, then at the loss of each candidate rate, and moves by their weighted mean.
class Hybrid4 final : public Agent {
 public:
  explicit Hybrid4(const Hybrid4Options& options) {
    if (!(options.lowest_rate <= options.highest_rate))
      throw UsageError("lowest_rate=" + detail::to_text(options.lowest_rate) +
                       " is above highest_rate=" + detail::to_text(options.highest_rate));
    beta_ = options.beta;
    const auto last = static_cast<double>(std::max<std::uint64_t>(options.rates, 2) - 1);
    for (std::uint64_t k = 0; k < options.rates; ++k)
      rates_.push_back(options.lowest_rate *
                       std::pow(options.highest_rate / options.lowest_rate, static_cast<double>(k) / last));
  }

  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    box_ = problem.domain, has_gradient_ = false;
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    const std::size_t d = seen.pose.size();
    to_.assign(seen.pose.begin(), seen.pose.end());
    has_gradient_ = !has_gradient_;
    next.query.points.clear();
    if (has_gradient_) {
      gradient_.assign(seen.gradients.begin(), seen.gradients.end());
      for (const double rate : rates_) {
        for (std::size_t i = 0; i < d; ++i) next.query.points.push_back(seen.pose[i] - rate * gradient_[i]);
        project(MutReals(next.query.points).last(d), *box_);
      }
    } else {
      weights_.assign(seen.values.begin(), seen.values.end());
      attend(beta_, weights_);
      double rate = 0;
      for (std::size_t k = 0; k < rates_.size(); ++k) rate += weights_[k] * rates_[k];
      for (std::size_t i = 0; i < d; ++i) to_[i] -= rate * gradient_[i];
      project(to_, *box_);
    }
    move_to(to_, seen.pose, *box_, next.move);
    next.query.kind = has_gradient_ ? Query::Kind::values : Query::Kind::gradients;
    next.ends_iteration = !has_gradient_;
  }

  bool zeroth_order() const override { return false; }

 private:
  double beta_ = 0;
  const Box* box_ = nullptr;
  bool has_gradient_ = false;
  std::vector<double> rates_, gradient_, weights_, to_;
};

}  // namespace

std::unique_ptr<Agent> make_hybrid_1(const Hybrid1Options& options) {
  check_options(options);
  return std::make_unique<Hybrid1>(options);
}

std::unique_ptr<Agent> make_alternation(const AlternationOptions& options) {
  check_options(options);
  return std::make_unique<Alternation>(options);
}

std::unique_ptr<Agent> make_hybrid_4(const Hybrid4Options& options) {
  check_options(options);
  return std::make_unique<Hybrid4>(options);
}

std::unique_ptr<Agent> make_gradient_restart(const GradientRestartOptions& options) {
  check_options(options);
  return std::make_unique<GradientRestart>(options);
}

}  // namespace rover
