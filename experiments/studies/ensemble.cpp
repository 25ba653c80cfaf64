#include "experiments/studies/ensemble.h"

#include <Eigen/Dense>
#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/maximum_weighted_matching.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "agents/learned/mlp_rule.h"

namespace rover {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Rows centred(const Ensemble& ensemble) {
  const auto rows = static_cast<Eigen::Index>(ensemble.size()), columns = static_cast<Eigen::Index>(ensemble.width());
  Rows out = Eigen::Map<const Rows>(ensemble.values().data(), rows, columns);
  const Eigen::RowVectorXd mean = out.colwise().mean();
  out.rowwise() -= mean;
  return out;
}

/// Of the smaller of the two Gram matrices, ascending.
Eigen::VectorXd variances(const Rows& rows) {
  const Eigen::MatrixXd gram =
      rows.rows() < rows.cols() ? Eigen::MatrixXd(rows * rows.transpose()) : Eigen::MatrixXd(rows.transpose() * rows);
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues();
}

constexpr std::size_t kUnits = MlpRule::hidden, kUnitWeights = 5;  // of g, m, time, the bias, the output

std::size_t place_of(std::size_t unit, std::size_t w) { return w * kUnits + unit; }

}  // namespace

static_assert(MlpRule::momentum_weights == kUnits && MlpRule::time_weights == 2 * kUnits &&
              MlpRule::biases == 3 * kUnits && MlpRule::output_weights == 4 * kUnits);

void Ensemble::add(std::span<const double> row) {
  if (row.size() != width_) throw std::invalid_argument("a row of another width");
  values_.insert(values_.end(), row.begin(), row.end());
}

Ensemble Ensemble::first(std::size_t count) const {
  Ensemble out(width_);
  for (std::size_t s = 0; s < std::min(count, size()); ++s) out.add((*this)[s]);
  return out;
}

double norm(std::span<const double> v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(sum);
}

Distances pairwise_distances(const Ensemble& ensemble) {
  double sum = 0, squares = 0, count = 0;
  for (std::size_t a = 0; a < ensemble.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const double d = distance(ensemble[a], ensemble[b]);
      sum += d, squares += d * d, ++count;
    }
  if (count == 0) return {};
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

Components principal_components(const Ensemble& ensemble) {
  const Eigen::VectorXd lambda = variances(centred(ensemble)).cwiseMax(0);
  const double total = lambda.sum();
  Components out;
  if (!(total > 0)) return out;
  double sum = 0;
  for (Eigen::Index k = lambda.size(); k-- > 0;) {
    out.ratios.push_back(lambda[k] / total);
    sum += out.ratios.back();
    if (out.d90 == 0 && sum >= 0.9 - 1e-12) out.d90 = out.ratios.size();
  }
  out.participation = total * total / lambda.squaredNorm();
  return out;
}

Ensemble principal_directions(const Ensemble& ensemble, std::size_t count) {
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(centred(ensemble), Eigen::ComputeThinV);
  Ensemble out(ensemble.width());
  for (Eigen::Index k = 0; k < std::min<Eigen::Index>(static_cast<Eigen::Index>(count), svd.matrixV().cols()); ++k) {
    const Eigen::VectorXd direction = svd.matrixV().col(k);
    out.add({direction.data(), ensemble.width()});
  }
  return out;
}

double length_within(const Ensemble& directions, std::span<const double> v) {
  double sum = 0;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    const double part = std::inner_product(v.begin(), v.end(), directions[k].begin(), 0.0);
    sum += part * part;
  }
  return std::sqrt(sum);
}

std::vector<std::size_t> k_means(const Ensemble& ensemble, std::size_t k, std::size_t repeats, RandomStream& stream) {
  const std::size_t n = ensemble.size();
  std::vector<std::size_t> labels(n), best_labels(n);
  std::vector<double> nearest(n);
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
    Ensemble centres(ensemble.width());
    centres.add(ensemble[stream.below(n)]);
    std::ranges::fill(nearest, std::numeric_limits<double>::infinity());
    while (centres.size() < k) {
      double total = 0;
      for (std::size_t s = 0; s < n; ++s) {
        const double d = distance(ensemble[s], centres[centres.size() - 1]);
        nearest[s] = std::min(nearest[s], d * d), total += nearest[s];
      }
      double left = total * stream.uniform();
      std::size_t s = 0;
      while (s + 1 < n && (left -= nearest[s]) > 0) ++s;
      centres.add(ensemble[s]);
    }
    double inertia = 0;
    for (int round = 0; round < 50; ++round) {
      bool moved = false;
      inertia = 0;
      for (std::size_t s = 0; s < n; ++s) {
        std::size_t label = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t c = 0; c < k; ++c)
          if (const double d = distance(ensemble[s], centres[c]); d < least) least = d, label = c;
        moved = moved || label != labels[s], labels[s] = label, inertia += least * least;
      }
      if (!moved && round > 0) break;
      std::vector<double> members(k);
      Ensemble sums(ensemble.width());
      for (std::size_t c = 0; c < k; ++c) sums.add(std::vector<double>(ensemble.width()));
      for (std::size_t s = 0; s < n; ++s) {
        ++members[labels[s]];
        for (std::size_t i = 0; i < ensemble.width(); ++i) sums[labels[s]][i] += ensemble[s][i];
      }
      for (std::size_t c = 0; c < k; ++c)
        for (std::size_t i = 0; members[c] > 0 && i < ensemble.width(); ++i) centres[c][i] = sums[c][i] / members[c];
    }
    if (inertia < best) best = inertia, best_labels = labels;
  }
  return best_labels;
}

std::vector<double> matched(std::span<const double> a, std::span<const double> b) {
  // The units of both are the vertices of a complete bipartite graph. An edge's weight says how much nearer the better
  // of the two signs brings the units than a distance that no pair has; in whole numbers, because Boost's algorithm
  // compares sums exactly and may not end with others.
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                                      boost::property<boost::edge_weight_t, std::int64_t>>;
  double overlap[kUnits][kUnits], largest = 0;
  for (std::size_t i = 0; i < kUnits; ++i)
    for (std::size_t j = 0; j < kUnits; ++j) {
      overlap[i][j] = 0;
      for (std::size_t w = 0; w < kUnitWeights; ++w) overlap[i][j] += a[place_of(i, w)] * b[place_of(j, w)];
      largest = std::max(largest, std::abs(overlap[i][j]));
    }
  Graph graph(2 * kUnits);
  const double scale = largest > 0 ? 1e9 / largest : 0;
  constexpr std::int64_t more = 40'000'000'000;
  // |a − sb|² = |a|² + |b|² − 2s·overlap: the sum of |overlap| is to be large. The constant makes every vertex matched.
  for (std::size_t i = 0; i < kUnits; ++i)
    for (std::size_t j = 0; j < kUnits; ++j)
      boost::add_edge(i, kUnits + j, std::llround(scale * std::abs(overlap[i][j])) + more, graph);
  std::vector<boost::graph_traits<Graph>::vertex_descriptor> mate(2 * kUnits);
  boost::maximum_weighted_matching(graph, mate.data());
  std::vector<double> out(b.begin(), b.end());
  for (std::size_t i = 0; i < kUnits; ++i) {
    const std::size_t j = mate[i] - kUnits;
    const double sign = overlap[i][j] < 0 ? -1 : 1;
    for (std::size_t w = 0; w < kUnitWeights; ++w) out[place_of(i, w)] = sign * b[place_of(j, w)];
  }
  return out;
}

std::vector<double> scrambled(std::span<const double> alpha, RandomStream& stream) {
  std::vector<std::size_t> order(kUnits);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t k = kUnits; k > 1; --k) std::swap(order[k - 1], order[stream.below(k)]);
  std::vector<double> out(alpha.begin(), alpha.end());
  for (std::size_t i = 0; i < kUnits; ++i) {
    const double sign = stream.below(2) == 0 ? 1 : -1;
    for (std::size_t w = 0; w < kUnitWeights; ++w) out[place_of(i, w)] = sign * alpha[place_of(order[i], w)];
  }
  return out;
}

std::vector<double> probe_updates(std::span<const double> alpha, std::size_t count, std::uint64_t seed) {
  // Gradients and momenta as the walk sees them: correlated, of about this size.
  std::vector<double> gradient(count), noise(count), momentum(count), out, step(count);
  RandomStream stream = make_stream(seed, 0, "probes");
  stream.normals(gradient), stream.normals(noise);
  for (double& g : gradient) g *= 0.3;
  for (const std::uint64_t t : {0u, 3u, 10u, 25u}) {
    for (std::size_t k = 0; k < count; ++k) momentum[k] = 0.5 * gradient[k] + 0.15 * noise[k];
    reference::mlp_rule_step(alpha, gradient, momentum, t, 1, step);
    out.insert(out.end(), step.begin(), step.end());
  }
  return out;
}

}  // namespace rover
