#include "agents/classical/gradient.h"

#include <algorithm>
#include <cmath>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

// Looks at the gradient at the pose and moves by what the rule says.
class FirstOrder : public Agent {
 public:
  explicit FirstOrder(const ScheduleOptions& rate) : rate_(rate) {}
  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    box_ = problem.domain;
    schedule_ = Schedule(rate_, problem), steps_ = 0;
    start(problem.dimension);
    first = {};
    first.query.kind = Query::Kind::gradients;
    first.move.assign(problem.dimension, 0);
  }
  void act(const Observation& seen, Action& next) override {
    next.query.kind = Query::Kind::gradients;
    next.move.resize(seen.pose.size());
    update(seen.pose, seen.gradients, schedule_.at(steps_++), next.move);
    if (keep_inside(seen.pose, *box_, next.move)) stopped(next.move);
    look(seen.pose, next.move, next.query);
  }
  bool zeroth_order() const override { return false; }

 protected:
  const Box& box() const { return *box_; }
  virtual void start(std::size_t) {}
  virtual void update(Reals pose_d, Reals gradient_d, double rate, MutReals move_d) = 0;
  virtual void stopped(Reals) {}              // the boundary shortened the move to this
  virtual void look(Reals, Reals, Query&) {}  // where to look after the move; by default where it ends

 private:
  const Box* box_ = nullptr;
  ScheduleOptions rate_;
  Schedule schedule_;
  std::uint64_t steps_ = 0;
};

class GradientDescent final : public FirstOrder {
 public:
  using FirstOrder::FirstOrder;

 private:
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    for (std::size_t i = 0; i < move.size(); ++i) move[i] = -rate * gradient[i];
  }
};

class Momentum : public FirstOrder {
 public:
  explicit Momentum(const MomentumOptions& options) : FirstOrder(options.rate), options_(options) {}

 protected:
  void start(std::size_t dimension) override { velocity_.assign(dimension, 0); }
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    for (std::size_t i = 0; i < move.size(); ++i)
      move[i] = velocity_[i] = options_.momentum * velocity_[i] - rate * gradient[i];
  }
  void stopped(Reals move) override { velocity_.assign(move.begin(), move.end()); }  // the velocity is cut, too

  MomentumOptions options_;
  std::vector<double> velocity_;
};

class Nesterov final : public Momentum {
 public:
  using Momentum::Momentum;

 private:
  void look(Reals pose, Reals move, Query& query) override {
    query.points.resize(pose.size());
    for (std::size_t i = 0; i < pose.size(); ++i)
      query.points[i] = pose[i] + move[i] + options_.momentum * velocity_[i];
    project(query.points, box());
  }
};

class Adam final : public FirstOrder {
 public:
  explicit Adam(const AdamOptions& options, double weight_decay = 0)
      : FirstOrder(options.rate), options_(options), weight_decay_(weight_decay) {}

 private:
  void start(std::size_t dimension) override {
    mean_.assign(dimension, 0), square_.assign(dimension, 0);
    decay1_ = decay2_ = 1;
  }
  void update(Reals pose, Reals gradient, double rate, MutReals move) override {
    const double beta1 = options_.beta1, beta2 = options_.beta2;
    decay1_ *= beta1, decay2_ *= beta2;
    for (std::size_t i = 0; i < move.size(); ++i) {
      mean_[i] = beta1 * mean_[i] + (1 - beta1) * gradient[i];
      square_[i] = beta2 * square_[i] + (1 - beta2) * gradient[i] * gradient[i];
      move[i] = -rate * (mean_[i] / (1 - decay1_)) / (std::sqrt(square_[i] / (1 - decay2_)) + options_.epsilon);
      if (weight_decay_ > 0) move[i] -= rate * weight_decay_ * pose[i];
    }
  }
  AdamOptions options_;
  double weight_decay_;
  std::vector<double> mean_, square_;
  double decay1_ = 1, decay2_ = 1;  // βᵗ
};

class RmsProp final : public FirstOrder {
 public:
  explicit RmsProp(const RmsPropOptions& options) : FirstOrder(options.rate), options_(options) {}

 private:
  void start(std::size_t dimension) override { square_.assign(dimension, 0); }
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    for (std::size_t i = 0; i < move.size(); ++i) {
      square_[i] = options_.decay * square_[i] + (1 - options_.decay) * gradient[i] * gradient[i];
      move[i] = -rate * gradient[i] / (std::sqrt(square_[i]) + options_.epsilon);
    }
  }
  RmsPropOptions options_;
  std::vector<double> square_;
};

class AdaGrad final : public FirstOrder {
 public:
  explicit AdaGrad(const AdaGradOptions& options) : FirstOrder(options.rate), options_(options) {}

 private:
  void start(std::size_t dimension) override { sum_.assign(dimension, 0); }
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    for (std::size_t i = 0; i < move.size(); ++i) {
      sum_[i] += gradient[i] * gradient[i];
      move[i] = -rate * gradient[i] / (std::sqrt(sum_[i]) + options_.epsilon);
    }
  }
  AdaGradOptions options_;
  std::vector<double> sum_;
};

class Adadelta final : public FirstOrder {
 public:
  explicit Adadelta(const AdadeltaOptions& options) : FirstOrder(options.rate), options_(options) {}

 private:
  void start(std::size_t dimension) override { square_.assign(dimension, 0), moved_.assign(dimension, 0); }
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    const double decay = options_.decay, epsilon = options_.epsilon;
    for (std::size_t i = 0; i < move.size(); ++i) {
      square_[i] = decay * square_[i] + (1 - decay) * gradient[i] * gradient[i];
      const double step = -gradient[i] * std::sqrt((moved_[i] + epsilon) / (square_[i] + epsilon));
      moved_[i] = decay * moved_[i] + (1 - decay) * step * step;
      move[i] = rate * step;
    }
  }
  AdadeltaOptions options_;
  std::vector<double> square_, moved_;
};

class AdamsBashforth final : public FirstOrder {
 public:
  explicit AdamsBashforth(const AdamsBashforthOptions& options) : FirstOrder(options.rate), order_(options.order) {}

 private:
  static constexpr std::size_t most = 4;
  static constexpr double weights[most][most] = {
      {1}, {3.0 / 2, -1.0 / 2}, {23.0 / 12, -16.0 / 12, 5.0 / 12}, {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}};
  void start(std::size_t dimension) override { past_.assign(most * dimension, 0), known_ = 0; }
  void update(Reals, Reals gradient, double rate, MutReals move) override {
    const std::size_t d = move.size();
    std::copy_backward(past_.begin(), past_.end() - static_cast<std::ptrdiff_t>(d), past_.end());  // newest first
    std::ranges::copy(gradient, past_.begin());
    known_ = std::min<std::size_t>(known_ + 1, order_);
    for (std::size_t i = 0; i < d; ++i) {
      move[i] = 0;
      for (std::size_t k = 0; k < known_; ++k) move[i] -= rate * weights[known_ - 1][k] * past_[k * d + i];
    }
  }
  std::size_t order_, known_ = 0;
  std::vector<double> past_;
};

}  // namespace

std::unique_ptr<Agent> make_gradient_descent(const GradientDescentOptions& options) {
  check_options(options);
  return std::make_unique<GradientDescent>(options);
}

std::unique_ptr<Agent> make_momentum(const MomentumOptions& options) {
  check_options(options);
  return std::make_unique<Momentum>(options);
}

std::unique_ptr<Agent> make_nesterov(const MomentumOptions& options) {
  check_options(options);
  return std::make_unique<Nesterov>(options);
}

std::unique_ptr<Agent> make_adam(const AdamOptions& options) {
  check_options(options);
  return std::make_unique<Adam>(options);
}

std::unique_ptr<Agent> make_adamw(const AdamWOptions& options) {
  check_options(options);
  return std::make_unique<Adam>(options.adam, options.weight_decay);
}

std::unique_ptr<Agent> make_rmsprop(const RmsPropOptions& options) {
  check_options(options);
  return std::make_unique<RmsProp>(options);
}

std::unique_ptr<Agent> make_adagrad(const AdaGradOptions& options) {
  check_options(options);
  return std::make_unique<AdaGrad>(options);
}

std::unique_ptr<Agent> make_adadelta(const AdadeltaOptions& options) {
  check_options(options);
  return std::make_unique<Adadelta>(options);
}

std::unique_ptr<Agent> make_adams_bashforth(const AdamsBashforthOptions& options) {
  check_options(options);
  return std::make_unique<AdamsBashforth>(options);
}

}  // namespace rover
