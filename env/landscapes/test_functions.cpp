#include "env/landscapes/test_functions.h"

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/settings.h"

namespace rover {
namespace {

constexpr double pi = std::numbers::pi, e = std::numbers::e;
double square(double x) { return x * x; }

struct Interval {
  double low, high;
};

/// Values are made of terms, f = finish(Σ term_k, d), where term k depends on x_k … x_{k+reach} alone: a slice then
/// costs one pass over the coordinates and a few terms a cell.
template <class F>
concept MadeOfTerms = requires(Reals x) {
  F::finish(F::term(x, std::size_t{}), x.size());
};

template <class F>
using Term = decltype(F::term(Reals(), std::size_t{}));

/// Number of terms in d dimensions.
template <class F>
std::size_t term_count(std::size_t d) {
  return d - F::reach;
}

template <class F>
double value_from_terms(Reals x) {
  Term<F> sum{};
  for (std::size_t k = 0; k < term_count<F>(x.size()); ++k) sum += F::term(x, k);
  return F::finish(sum, x.size());
}

/// f(x) = Σ x_i². Domain [−5.12, 5.12]^d, f(0) = 0 (De Jong 1975).
struct Sphere {
  static constexpr TestFunctionInfo info{"sphere", "sum of squares: one round bowl", 1, 0, false};
  static Interval domain(std::size_t) { return {-5.12, 5.12}; }
  static double optimum(std::size_t) { return 0; }
  static constexpr std::size_t reach = 0;
  static double term(Reals x, std::size_t k) { return x[k] * x[k]; }
  static double finish(double sum, std::size_t) { return sum; }
  static void gradient(Reals x, MutReals g) {
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = 2 * x[i];
  }
  static void hessian(Reals x, MutReals h) {
    for (std::size_t i = 0; i < x.size(); ++i) h[i * (x.size() + 1)] = 2;
  }
};

/// f(x) = Σ_i 100 (x_{i+1} − x_i²)² + (x_i − 1)² (eq. 13). Domain [−2.048, 2.048]^d, f(1, …, 1) = 0 (Rosenbrock 1960).
struct Rosenbrock {
  static constexpr TestFunctionInfo info{"rosenbrock", "curved valley (eq. 13 of the paper)", 2, 0, false};
  static Interval domain(std::size_t) { return {-2.048, 2.048}; }
  static double optimum(std::size_t) { return 1; }
  static constexpr std::size_t reach = 1;
  static double term(Reals x, std::size_t k) { return 100 * square(x[k + 1] - x[k] * x[k]) + square(x[k] - 1); }
  static double finish(double sum, std::size_t) { return sum; }
  static void gradient(Reals x, MutReals g) {
    for (double& gi : g) gi = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const double r = x[i + 1] - x[i] * x[i];
      g[i] += -400 * x[i] * r + 2 * (x[i] - 1);
      g[i + 1] += 200 * r;
    }
  }
  static void hessian(Reals x, MutReals h) {
    const std::size_t d = x.size();
    for (std::size_t i = 0; i + 1 < d; ++i) {
      h[i * d + i] += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
      h[i * d + i + 1] = h[(i + 1) * d + i] = -400 * x[i];
      h[(i + 1) * d + i + 1] += 200;
    }
  }
};

/// f(x) = −20 exp(−0.2 √(Σ x_i²/d)) − exp(Σ cos(2πx_i)/d) + 20 + e (eq. 14). f(0) = 0, where it has a kink: the
/// gradient there is given as 0 and the Hessian as the smooth part's (Ackley 1987). Domain [−5, 5]^d, as the plane is
/// usually plotted (figure 12); [−32.768, 32.768]^d is also published, but beyond 5 it is a plateau with ripples.
/// Written with expm1 and sin², so that values near 0 keep their digits.
struct Ackley {
  static constexpr TestFunctionInfo info{"ackley", "rippled funnel (eq. 14 of the paper)", 1, 0, false};
  static Interval domain(std::size_t) { return {-5, 5}; }
  static double optimum(std::size_t) { return 0; }
  struct Sums {
    double squares = 0, sines = 0;
    void operator+=(const Sums& other) { squares += other.squares, sines += other.sines; }
  };
  static constexpr std::size_t reach = 0;
  static Sums term(Reals x, std::size_t k) { return {x[k] * x[k], square(std::sin(pi * x[k]))}; }
  struct Parts {
    double radius, ripple;
  };  ///< √(Σx²/d) and Σcos(2πx)/d − 1
  static Parts parts(const Sums& sums, std::size_t n) {
    const auto d = static_cast<double>(n);
    return {std::sqrt(sums.squares / d), -2 * sums.sines / d};
  }
  static Parts parts(Reals x) {
    Sums sums;
    for (std::size_t k = 0; k < x.size(); ++k) sums += term(x, k);
    return parts(sums, x.size());
  }
  static double finish(const Sums& sums, std::size_t d) {
    const Parts p = parts(sums, d);
    return -20 * std::expm1(-0.2 * p.radius) - e * std::expm1(p.ripple);
  }
  static void gradient(Reals x, MutReals g) {
    const Parts p = parts(x);
    const auto d = static_cast<double>(x.size());
    const double radial = p.radius > 0 ? 4 * std::exp(-0.2 * p.radius) / (p.radius * d) : 0;
    const double ripple = std::exp(1 + p.ripple) * 2 * pi / d;
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = radial * x[i] + ripple * std::sin(2 * pi * x[i]);
  }
  static void hessian(Reals x, MutReals h) {
    const std::size_t n = x.size();
    const Parts p = parts(x);
    const auto d = static_cast<double>(n);
    const double r = p.radius, slope = 4 * std::exp(-0.2 * r);  // dφ/dr of φ = −20 exp(−0.2 r)
    const double on_diagonal = r > 0 ? slope / (r * d) : 0;
    const double outer = r > 0 ? -(0.2 * slope + slope / r) / square(r * d) : 0;
    const double top = std::exp(1 + p.ripple), wave = 2 * pi / d;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double& out = h[i * n + j] =
            outer * x[i] * x[j] - top * square(wave) * std::sin(2 * pi * x[i]) * std::sin(2 * pi * x[j]);
        if (i == j) out += on_diagonal + top * 2 * pi * wave * std::cos(2 * pi * x[i]);
      }
  }
};

/// f(x) = 10 d + Σ (x_i² − 10 cos(2πx_i)) (eq. 15). Domain [−5.12, 5.12]^d, f(0) = 0 (Rastrigin 1974; Mühlenbein et al.
/// 1991). Written with 1 − cos 2t = 2 sin² t.
struct Rastrigin {
  static constexpr TestFunctionInfo info{"rastrigin", "bowl with a lattice of minima (eq. 15 of the paper)", 1, 0,
                                         false};
  static Interval domain(std::size_t) { return {-5.12, 5.12}; }
  static double optimum(std::size_t) { return 0; }
  static constexpr std::size_t reach = 0;
  static double term(Reals x, std::size_t k) { return x[k] * x[k] + 20 * square(std::sin(pi * x[k])); }
  static double finish(double sum, std::size_t) { return sum; }
  static void gradient(Reals x, MutReals g) {
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = 2 * x[i] + 20 * pi * std::sin(2 * pi * x[i]);
  }
  static void hessian(Reals x, MutReals h) {
    for (std::size_t i = 0; i < x.size(); ++i) h[i * (x.size() + 1)] = 2 + 40 * pi * pi * std::cos(2 * pi * x[i]);
  }
};

/// f(x) = sin(x₀ + x₁) + (x₀ − x₁)² − 1.5 x₀ + 2.5 x₁ + 1 (eq. 16). Domain [−1.5, 4] × [−3, 4]; unbounded below
/// outside. With s = x₀ + x₁ and u = x₀ − x₁, f = sin s + s/2 + u² − 2u + 1: u = 1 and cos s = −½, so that x* = (½ −
/// π/3, −½ − π/3) and f* = −√3/2 − π/3 (McCormick 1976).
struct McCormick {
  static constexpr TestFunctionInfo info{"mccormick", "tilted trough (eq. 16 of the paper)", 2, 2, true};
  static Interval domain(std::size_t i) { return i == 0 ? Interval{-1.5, 4} : Interval{-3, 4}; }
  static double optimum(std::size_t i) { return (i == 0 ? 0.5 : -0.5) - pi / 3; }
  static double value(Reals x) { return std::sin(x[0] + x[1]) + square(x[0] - x[1]) - 1.5 * x[0] + 2.5 * x[1] + 1; }
  static void gradient(Reals x, MutReals g) {
    const double common = std::cos(x[0] + x[1]), twice = 2 * (x[0] - x[1]);
    g[0] = common + twice - 1.5;
    g[1] = common - twice + 2.5;
  }
  static void hessian(Reals x, MutReals h) {
    const double common = -std::sin(x[0] + x[1]);
    h[0] = h[3] = common + 2;
    h[1] = h[2] = common - 2;
  }
};

/// f(x) = ½ Σ (x_i⁴ − 16x_i² + 5x_i) (eq. 17). Domain [−5, 5]^d; x*_i is the least root of 4t³ − 32t + 5, about
/// −2.903534, and f* ≈ −39.166166 d (Styblinski & Tang 1990).
struct Styblinski {
  static constexpr TestFunctionInfo info{"styblinski", "2^d basins of unequal depth (eq. 17 of the paper)", 1, 0,
                                         false};
  static Interval domain(std::size_t) { return {-5, 5}; }
  static double optimum(std::size_t) {
    double t = -2.9;
    for (int k = 0; k < 6; ++k) t -= (4 * t * t * t - 32 * t + 5) / (12 * t * t - 32);
    return t;
  }
  static constexpr std::size_t reach = 0;
  static double term(Reals x, std::size_t k) { return x[k] * x[k] * (x[k] * x[k] - 16) + 5 * x[k]; }
  static double finish(double sum, std::size_t) { return sum / 2; }
  static void gradient(Reals x, MutReals g) {
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = 2 * x[i] * (x[i] * x[i] - 8) + 2.5;
  }
  static void hessian(Reals x, MutReals h) {
    for (std::size_t i = 0; i < x.size(); ++i) h[i * (x.size() + 1)] = 6 * x[i] * x[i] - 16;
  }
};

/// f(x) = Σ_{k=1..3} (c_k − x₀ + x₀ x₁^k)² with c = 1.5, 2.25, 2.625 (eq. 18). Domain [−4.5, 4.5]², f(3, ½) = 0 (Beale
/// 1958).
struct Beale {
  static constexpr TestFunctionInfo info{"beale", "flat valley between steep walls (eq. 18 of the paper)", 2, 2, false};
  static constexpr double c[3] = {1.5, 2.25, 2.625};
  static Interval domain(std::size_t) { return {-4.5, 4.5}; }
  static double optimum(std::size_t i) { return i == 0 ? 3 : 0.5; }
  static double value(Reals x) {
    double sum = 0, power = 1;
    for (const double ck : c) sum += square(ck - x[0] + x[0] * (power *= x[1]));
    return sum;
  }
  static void gradient(Reals x, MutReals g) {
    g[0] = g[1] = 0;
    double power = 1;  // y^{k−1}
    for (int k = 1; k <= 3; ++k, power *= x[1]) {
      const double r = c[k - 1] - x[0] + x[0] * power * x[1];
      g[0] += 2 * r * (power * x[1] - 1);
      g[1] += 2 * r * k * x[0] * power;
    }
  }
  static void hessian(Reals x, MutReals h) {
    double power = 1, below = 0;  // y^{k−1} and y^{k−2}; the latter counts from k = 2
    for (int k = 1; k <= 3; ++k, below = power, power *= x[1]) {
      const double r = c[k - 1] - x[0] + x[0] * power * x[1], r0 = power * x[1] - 1, r1 = k * x[0] * power;
      h[0] += 2 * r0 * r0;
      h[1] += 2 * (r0 * r1 + r * k * power);
      h[3] += 2 * (r1 * r1 + r * k * (k - 1) * x[0] * below);
    }
    h[2] = h[1];
  }
};

/// f(x) = 1 + Σ x_i²/4000 − Π cos(x_i/√i), i from 1. Domain [−600, 600]^d, f(0) = 0 (Griewank 1981).
struct Griewank {
  static constexpr TestFunctionInfo info{"griewank", "wide bowl with fine ripples", 1, 0, false};
  static Interval domain(std::size_t) { return {-600, 600}; }
  static double optimum(std::size_t) { return 0; }
  static double root(std::size_t i) { return std::sqrt(static_cast<double>(i + 1)); }
  static double factor(Reals x, std::size_t i) { return std::cos(x[i] / root(i)); }
  static double slope(Reals x, std::size_t i) { return -std::sin(x[i] / root(i)) / root(i); }
  struct Sums {
    double squares = 0, product = 1;
    void operator+=(const Sums& other) { squares += other.squares, product *= other.product; }
  };
  static constexpr std::size_t reach = 0;
  static Sums term(Reals x, std::size_t k) { return {x[k] * x[k], factor(x, k)}; }
  static double finish(const Sums& sums, std::size_t) { return sums.squares / 4000 + (1 - sums.product); }
  /// out_j = Π_{k ≠ j, skip} cos(x_k/√k): prefix times suffix, because dividing fails at a zero.
  static void products_without(Reals x, std::size_t skip, MutReals out) {
    double prefix = 1, suffix = 1;
    for (std::size_t j = 0; j < x.size(); ++j) {
      out[j] = prefix;
      if (j != skip) prefix *= factor(x, j);
    }
    for (std::size_t j = x.size(); j-- > 0;) {
      out[j] *= suffix;
      if (j != skip) suffix *= factor(x, j);
    }
  }
  static void gradient(Reals x, MutReals g) {
    products_without(x, x.size(), g);
    for (std::size_t i = 0; i < x.size(); ++i) g[i] = x[i] / 2000 - slope(x, i) * g[i];
  }
  static void hessian(Reals x, MutReals h) {
    const std::size_t d = x.size();
    for (std::size_t i = 0; i < d; ++i) {
      const MutReals row = h.subspan(i * d, d);
      products_without(x, i, row);
      for (std::size_t j = 0; j < d; ++j)
        row[j] = i == j ? 1.0 / 2000 + factor(x, i) * row[i] / static_cast<double>(i + 1)
                        : -slope(x, i) * slope(x, j) * row[j];
    }
  }
};

/// Landscape::slices. The terms that a cell changes are left out of one sum a slice: taking them off the whole sum
/// would cost digits.
template <class F>
void slices_from_terms(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn) {
  thread_local std::vector<double> x;
  thread_local std::vector<Term<F>> terms, along;
  const std::size_t d = point_d.size(), count = term_count<F>(d);
  const double middle = (static_cast<double>(n) - 1) / 2;
  x.assign(point_d.begin(), point_d.end());
  terms.resize(count);
  along.resize(2 * n);
  for (std::size_t k = 0; k < count; ++k) terms[k] = F::term(x, k);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const auto [i, j, resolution] = slices[s];
    const auto offset = [&](std::size_t a) { return (static_cast<double>(a) - middle) * resolution; };
    double* cell = &grids_snn[s * n * n];
    const auto touches = [](std::size_t k, std::size_t coordinate) {
      return k <= coordinate && coordinate <= k + F::reach;
    };
    std::size_t touched[2 * (F::reach + 1)], most = 0;
    Term<F> rest{};
    for (std::size_t k = 0; k < count; ++k) {
      if (touches(k, i) || touches(k, j)) touched[most++] = k;
      else rest += terms[k];
    }
    if (F::reach == 0 && i != j) {  // one term of i and one of j: n of each
      for (std::size_t a = 0; a < n; ++a) {
        x[i] = point_d[i] + offset(a), x[j] = point_d[j] + offset(a);
        along[a] = F::term(x, i), along[n + a] = F::term(x, j);
      }
      for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b) {
          Term<F> sum = rest;
          sum += along[a], sum += along[n + b];
          *cell++ = F::finish(sum, d);
        }
    } else {
      for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b) {
          x[i] = point_d[i], x[j] = point_d[j];
          x[i] += offset(a), x[j] += offset(b);
          Term<F> sum = rest;
          for (std::size_t k = 0; k < most; ++k) sum += F::term(x, touched[k]);
          *cell++ = F::finish(sum, d);
        }
    }
    x[i] = point_d[i], x[j] = point_d[j];
  }
}

template <class F>
class TestFunction final : public Landscape {
 public:
  explicit TestFunction(std::size_t dimension) {
    for (std::size_t i = 0; i < dimension; ++i) {
      domain_.low.push_back(F::domain(i).low), domain_.high.push_back(F::domain(i).high);
      optimum_.point.push_back(F::optimum(i));
    }
    optimum_.value = value_at(optimum_.point);
  }
  std::string_view name() const override { return F::info.id; }
  std::size_t dimension() const override { return optimum_.point.size(); }
  const Box& domain() const override { return domain_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void values(Reals points_nd, MutReals values_n, RandomStream*) const override {
    const std::size_t d = dimension();
    for (std::size_t p = 0; p < values_n.size(); ++p) values_n[p] = value_at(points_nd.subspan(p * d, d));
  }
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override {
    if constexpr (MadeOfTerms<F>) slices_from_terms<F>(point_d, slices, n, grids_snn);
    else Landscape::slices(point_d, slices, n, grids_snn, noise);
  }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream*) const override {
    const std::size_t d = dimension();
    for (std::size_t at = 0; at < points_nd.size(); at += d)
      F::gradient(points_nd.subspan(at, d), gradients_nd.subspan(at, d));
  }
  void hessians(Reals points_nd, MutReals hessians_ndd) const override {
    const std::size_t d = dimension();
    for (double& entry : hessians_ndd) entry = 0;
    for (std::size_t at = 0; at < points_nd.size(); at += d)
      F::hessian(points_nd.subspan(at, d), hessians_ndd.subspan(at * d, d * d));
  }

 private:
  static double value_at(Reals x) {
    if constexpr (MadeOfTerms<F>) return value_from_terms<F>(x);
    else return F::value(x);
  }
  Box domain_;
  Optimum optimum_;
};

template <class... F>
struct Catalogue {
  static constexpr TestFunctionInfo infos[] = {F::info...};
  static std::unique_ptr<Landscape> make(std::string_view id, std::size_t dimension) {
    std::unique_ptr<Landscape> made;
    (void)((id == F::info.id && (made = std::make_unique<TestFunction<F>>(dimension))) || ...);
    return made;
  }
};
using All = Catalogue<Rosenbrock, Ackley, Rastrigin, McCormick, Beale, Styblinski, Sphere, Griewank>;

}  // namespace

std::span<const TestFunctionInfo> test_functions() { return All::infos; }

std::unique_ptr<Landscape> make_test_function(std::string_view id, std::size_t dimension) {
  for (const TestFunctionInfo& info : test_functions()) {
    if (info.id != id) continue;
    const std::string what = "the landscape '" + std::string(id) + "' ", given = ", not " + std::to_string(dimension);
    if (info.most_dimension != 0 && dimension != info.most_dimension)
      throw UsageError(what + "has " + std::to_string(info.most_dimension) + " dimensions" + given);
    if (dimension < info.least_dimension)
      throw UsageError(what + "needs at least " + std::to_string(info.least_dimension) +
                       (info.least_dimension == 1 ? " dimension" : " dimensions") + given);
    return All::make(id, dimension);
  }
  throw std::out_of_range("no test function '" + std::string(id) + "'");
}

}  // namespace rover
