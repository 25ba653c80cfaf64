#pragma once
#include <deque>

#include "agents/search/space/options.h"
#include "agents/search/space/probe.h"
#include "agents/search/space/trust_step.h"
#include "core/random.h"

namespace rover::space {

/// The distribution of an active CMA-ES (Hansen 2016, "The CMA Evolution Strategy: A Tutorial") in the unit cube.
class Distribution {
 public:
  Distribution(std::size_t dimension, std::size_t population);
  void begin(const Vector& mean, double sigma);

  std::size_t population() const { return population_; }
  const Vector& mean() const { return mean_; }
  double sigma() const { return sigma_; }
  /// A point of the cube; drawn again where it would lie outside, as often as twenty times, then projected.
  void sample(RandomStream& stream, Vector& point);
  /// Coordinates in which the distribution is a standard normal one, and back.
  void whiten(const Vector& point, Vector& out) const;
  void colour(const Vector& white, Vector& out) const;
  /// The generation's points [d, population], best first.
  void tell(const Matrix& points);
  /// Deviation along the longest axis, and the longest axis over the shortest.
  double deviation() const;
  double condition() const;

 private:
  void decompose();

  Eigen::Index d_;
  std::size_t population_;
  Vector weights_, mean_, sigma_path_, covariance_path_, deviations_, step_, white_;
  Matrix covariance_, axes_;
  double effective_, c_path_, c_sigma_, c_one_, c_mu_, damping_, expected_, sigma_ = 0;
  std::uint64_t generation_ = 0, decomposed_ = 0;
  Eigen::SelfAdjointEigenSolver<Matrix> solver_;
};

/// A quadratic through the population's recent samples in whitened coordinates, linear, diagonal or full by how many
/// there are (Hansen 2019, "A Global Surrogate Assisted CMA-ES": lq-CMA-ES).
class Surrogate {
 public:
  explicit Surrogate(std::size_t dimension);
  void add(const Vector& point, double value, std::size_t population);
  std::size_t size() const { return samples_.size(); }
  void fit(const Distribution& distribution);
  bool valid() const { return valid_; }
  double operator()(const Vector& point, const Distribution& distribution) const;
  /// The minimum in whitened coordinates; null where the model has none.
  const Vector* minimum() const { return bowl_ ? &minimum_ : nullptr; }
  /// Kendall's rank correlation of model and values over the newest `count` samples.
  double agreement(std::size_t count, const Distribution& distribution) const;

 private:
  enum class Order { linear, diagonal, full };
  Eigen::Index terms(Order order) const;
  void features(const Vector& white, Vector& out) const;

  struct Sample {
    Vector point;
    double value;
  };
  Eigen::Index d_;
  std::deque<Sample> samples_;
  Order order_ = Order::linear;
  Vector coefficients_, minimum_;
  mutable Vector white_, row_;
  double offset_ = 0, range_ = 1;
  bool valid_ = false, bowl_ = false;
};

/// One run of lq-CMA-ES until its distribution has collapsed or its bests stagnate.
class PopulationSearch {
 public:
  PopulationSearch(Probe& probe, RandomStream& stream, const PopulationOptions& options);
  /// The best value that it found.
  double operator()(const Vector& mean, std::size_t population);

 private:
  Probe& probe_;
  RandomStream& stream_;
  PopulationOptions options_;
};

}  // namespace rover::space
