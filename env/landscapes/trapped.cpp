#include "env/landscapes/trapped.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/settings.h"
#include "env/landscapes/scratch.h"

namespace rover {
namespace {

class Trapped final : public Landscape {
 public:
  Trapped(const TrappedOptions& options, std::uint64_t seed)
      : name_(options.trap > 0 ? "trapped" : "linear-regression"),
        trap_(options.trap),
        frequency_(options.frequency),
        box_{std::vector<double>(options.dimension, -5), std::vector<double>(options.dimension, 5)} {
    const auto d = static_cast<Eigen::Index>(options.dimension), n = static_cast<Eigen::Index>(options.samples);
    RandomStream weights = make_stream(seed, 0, "regression weights"), data = make_stream(seed, 0, "regression data");
    Eigen::VectorXd truth(d), x(d);
    for (Eigen::Index i = 0; i < d; ++i) truth[i] = weights.uniform(-3, 3);
    a_.setZero(d, d), b_.setZero(d);
    for (Eigen::Index k = 0; k < n; ++k) {
      x[0] = 1;
      for (Eigen::Index i = 1; i < d; ++i) x[i] = data.normal();
      const double y = truth.dot(x) + options.noise * data.normal();
      a_ += x * x.transpose() / static_cast<double>(n), b_ += y * x / static_cast<double>(n);
      c_ += y * y / static_cast<double>(n);
    }
    optimum_ = lowest();
  }
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return box_.low.size(); }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }

  void values(Reals points, MutReals values, RandomStream*) const override {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = f(vector(points.subspan(k * d, d)));
  }
  void gradients(Reals points, MutReals out, RandomStream*) const override {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < points.size(); k += d) {
      const auto w = vector(points.subspan(k, d));
      auto g = Eigen::Map<Eigen::VectorXd>(out.data() + k, w.size());
      g.noalias() = 2 * (a_ * w - b_);
      g += 2 * trap_ * frequency_ * std::cos(frequency_ * w.squaredNorm()) * w;
    }
  }
  void hessians(Reals points, MutReals out) const override {
    const std::size_t d = dimension();
    for (std::size_t k = 0; k < points.size(); k += d) {
      const auto w = vector(points.subspan(k, d));
      auto h = Eigen::Map<Eigen::MatrixXd>(out.data() + k * d, w.size(), w.size());
      const double phase = frequency_ * w.squaredNorm();
      h = 2 * a_;
      h.diagonal().array() += 2 * trap_ * frequency_ * std::cos(phase);
      h -= 4 * trap_ * frequency_ * frequency_ * std::sin(phase) * w * w.transpose();
    }
  }

 private:
  using Map = Eigen::Map<const Eigen::VectorXd>;
  static Map vector(Reals x) { return {x.data(), static_cast<Eigen::Index>(x.size())}; }

  double f(const Eigen::Ref<const Eigen::VectorXd>& w) const {
    return w.dot(a_ * w) - 2 * b_.dot(w) + c_ + trap_ * std::sin(frequency_ * w.squaredNorm());
  }

  /// In the eigenbasis of A, where w(μ)_i = β_i/(α_i + μ) and everything is a sum.
  struct Curve {
    Eigen::ArrayXd alpha, beta;
    double constant;
    Eigen::ArrayXd at(double mu) const { return beta / (alpha + mu); }
    double error(const Eigen::ArrayXd& w) const { return (alpha * w.square() - 2 * beta * w).sum() + constant; }
    /// The w(μ) of a squared norm: it falls from infinity at μ = −α_min.
    Eigen::ArrayXd of_norm(double square) const {
      double low = -alpha[0], high = 1;
      while (at(high).square().sum() > square && high < 1e12) high *= 2;
      for (int k = 0; k < 100; ++k) {
        const double middle = low + (high - low) / 2;
        (at(middle).square().sum() > square ? low : high) = middle;
      }
      return at(high);
    }
  };

  Optimum lowest() const {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(a_);
    const Curve curve{eigen.eigenvalues(), (eigen.eigenvectors().transpose() * b_).array(), c_};
    Eigen::ArrayXd best = curve.at(0);
    if (trap_ > 0) {
      const auto value_at = [&](double square) {
        return curve.error(curve.of_norm(square)) + trap_ * std::sin(frequency_ * square);
      };
      const double period = 2 * std::numbers::pi / frequency_, plain = best.square().sum();
      double best_norm = plain, best_value = value_at(plain);
      const auto search = [&](double low, double high) {  // one trap, by golden section
        constexpr double golden = 0.6180339887498949;
        for (int k = 0; k < 60; ++k) {
          const double left = high - golden * (high - low), right = low + golden * (high - low);
          if (value_at(left) < value_at(right)) high = right;
          else low = left;
        }
        if (const double value = value_at(low); value < best_value) best_norm = low, best_value = value;
      };
      // All traps are as deep, and the regression's error grows with the distance from its own optimum's norm: the
      // lowest trap is the next one outwards or inwards.
      const double bottom = (std::floor(frequency_ * plain / (2 * std::numbers::pi)) + 0.75) * period;
      for (int k = -2; k <= 2; ++k)
        if (const double middle = bottom + k * period; middle > 0)
          search(std::max(middle - period / 2, 1e-12), middle + period / 2);
      best = curve.of_norm(best_norm);
    }
    Eigen::VectorXd w = eigen.eigenvectors() * best.matrix();
    for (int k = 0; k < 20; ++k) {  // Newton's steps to rounding
      const auto d = w.size();
      Eigen::VectorXd g(d);
      Eigen::MatrixXd h(d, d);
      const Reals at(w.data(), static_cast<std::size_t>(d));
      gradients(at, {g.data(), at.size()}, nullptr);
      hessians(at, {h.data(), at.size() * at.size()});
      const Eigen::VectorXd next = w - h.ldlt().solve(g);
      if (!(f(next) < f(w))) break;
      w = next;
    }
    return {{w.begin(), w.end()}, f(w)};
  }

  std::string name_;
  double trap_, frequency_;
  Box box_;
  Eigen::MatrixXd a_;
  Eigen::VectorXd b_;
  double c_ = 0;
  Optimum optimum_;
};

}  // namespace

std::unique_ptr<Landscape> make_trapped(const TrappedOptions& options, std::uint64_t seed) {
  return std::make_unique<Trapped>(options, seed);
}

}  // namespace rover
