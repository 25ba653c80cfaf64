#pragma once
// Ensembles of update rules as point clouds: what "Second-Order Structure in Learned Optimizers" (section 4) measures
// of them, and what removes the symmetries of a tanh network before it is measured.
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"

namespace rover {

/// Rows of one length.
class Ensemble {
 public:
  explicit Ensemble(std::size_t width) : width_(width) {}
  void add(std::span<const double> row);
  std::size_t size() const { return width_ == 0 ? 0 : values_.size() / width_; }
  std::size_t width() const { return width_; }
  std::span<const double> operator[](std::size_t s) const { return std::span(values_).subspan(s * width_, width_); }
  std::span<double> operator[](std::size_t s) { return std::span(values_).subspan(s * width_, width_); }
  std::span<const double> values() const { return values_; }
  Ensemble first(std::size_t count) const;

 private:
  std::size_t width_;
  std::vector<double> values_;
};

double norm(std::span<const double> v);
double distance(std::span<const double> a, std::span<const double> b);

/// Mean and deviation over all pairs (eq. in 4.1.2).
struct Distances {
  double mean = 0, deviation = 0;
};
Distances pairwise_distances(const Ensemble& ensemble);

/// Principal components of the centred rows (section 4.2.2).
struct Components {
  std::vector<double> ratios;  ///< ρ_k, descending (eq. 18)
  std::size_t d90 = 0;         ///< D90 = min{K : R_K ≥ .9} (eqs. 19, 20); 0 when the rows are all the same
  double participation = 0;    ///< (Σλ)²/Σλ²: how many directions carry the variance, without a threshold
};
Components principal_components(const Ensemble& ensemble);
/// The first `count` principal directions, orthonormal rows.
Ensemble principal_directions(const Ensemble& ensemble, std::size_t count);
/// Length of v's part within the span of orthonormal rows.
double length_within(const Ensemble& directions, std::span<const double> v);

/// k-means from k-means++ starts (Arthur & Vassilvitskii 2007), the best of `repeats`. Labels of the rows.
std::vector<std::size_t> k_means(const Ensemble& ensemble, std::size_t k, std::size_t repeats, RandomStream& stream);

/// A hidden unit of the rule of agents/learned/mlp_rule.h may be moved to another place, and turned around (all of its
/// weights times −1), without a change of the function. Gives b's units the places and signs in which b comes nearest
/// to a (an assignment problem).
std::vector<double> matched(std::span<const double> a, std::span<const double> b);
/// The same function with units moved and turned at random.
std::vector<double> scrambled(std::span<const double> alpha, RandomStream& stream);
/// The rule's updates, scale 1, for `count` pairs (g, m) and t = 0, 3, 10, 25: a rule as a point in function space.
std::vector<double> probe_updates(std::span<const double> alpha, std::size_t count, std::uint64_t seed);

}  // namespace rover
