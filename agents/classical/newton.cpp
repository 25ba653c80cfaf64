#include "agents/classical/newton.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

class Newton final : public Agent {
 public:
  explicit Newton(const NewtonOptions& options) : options_(options) {}

  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    const auto d = static_cast<Eigen::Index>(problem.dimension);
    box_ = problem.domain;
    solver_.compute(Eigen::MatrixXd::Identity(d, d));  // takes the memory
    coordinates_.resize(d), step_.resize(d);
    base_.assign(problem.dimension, 0), target_.assign(problem.dimension, 0);
    base_value_ = std::numeric_limits<double>::infinity();
    damping_ = options_.damping;
    first = {};
    first.query.kind = Query::Kind::hessians;
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    const double value = seen.values[0];
    if (options_.adaptive && value > base_value_) {
      damping_ = std::max(4 * damping_, 1e-3);
    } else {
      if (base_value_ < std::numeric_limits<double>::infinity()) damping_ = std::max(damping_ / 4, options_.damping);
      decompose(seen, value);
    }
    next.query.kind = Query::Kind::hessians;
    next.query.points.clear();
    step();
    for (std::size_t i = 0; i < base_.size(); ++i) target_[i] = base_[i] + step_[static_cast<Eigen::Index>(i)];
    project(target_, *box_);
    move_to(target_, seen.pose, *box_, next.move);
  }

  bool zeroth_order() const override { return false; }

 private:
  void decompose(const Observation& seen, double value) {
    const auto d = step_.size();
    solver_.compute(Eigen::Map<const Eigen::MatrixXd>(seen.hessians.data(), d, d));
    coordinates_.noalias() =
        solver_.eigenvectors().transpose() * Eigen::Map<const Eigen::VectorXd>(seen.gradients.data(), d);
    base_.assign(seen.pose.begin(), seen.pose.end());
    base_value_ = value;
  }

  // From the base point, in the Hessian's own coordinates.
  void step() {
    const auto& eigenvalues = solver_.eigenvalues();
    const double largest = std::max(eigenvalues.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min()),
                 smallest = 1e-12 * largest;
    step_.setZero();
    for (Eigen::Index k = 0; k < step_.size(); ++k) {
      double divisor = (options_.saddle_free ? std::abs(eigenvalues[k]) : eigenvalues[k]) + damping_ * largest;
      if (std::abs(divisor) < smallest) divisor = std::copysign(smallest, divisor);
      step_ -= options_.step_size * coordinates_[k] / divisor * solver_.eigenvectors().col(k);
    }
  }

  NewtonOptions options_;
  const Box* box_ = nullptr;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver_;
  Eigen::VectorXd coordinates_, step_;  // the gradient in the eigenbasis; the step
  std::vector<double> base_, target_;
  double base_value_ = 0, damping_ = 0;
};

}  // namespace

std::unique_ptr<Agent> make_newton(const NewtonOptions& options) {
  check_options(options);
  return std::make_unique<Newton>(options);
}

}  // namespace rover
