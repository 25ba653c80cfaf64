#include "env/landscapes/bbob.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/settings.h"
#include "env/landscapes/bbob_parts.h"
#include "env/landscapes/scratch.h"

namespace rover {
namespace {

using namespace bbob;
constexpr double pi = std::numbers::pi;

constexpr BbobInfo infos[bbob_functions] = {{"sphere", 0},
                                            {"ellipsoid, separable", 0},
                                            {"Rastrigin, separable", 0},
                                            {"Büche-Rastrigin", 0},
                                            {"linear slope", 0},
                                            {"attractive sector", 1},
                                            {"step ellipsoid", 1},
                                            {"Rosenbrock", 1},
                                            {"Rosenbrock, rotated", 1},
                                            {"ellipsoid", 2},
                                            {"discus", 2},
                                            {"bent cigar", 2},
                                            {"sharp ridge", 2},
                                            {"different powers", 2},
                                            {"Rastrigin", 3},
                                            {"Weierstrass", 3},
                                            {"Schaffer F7", 3},
                                            {"Schaffer F7, ill-conditioned", 3},
                                            {"Griewank-Rosenbrock", 3},
                                            {"Schwefel", 4},
                                            {"Gallagher 101 peaks", 4},
                                            {"Gallagher 21 peaks", 4},
                                            {"Katsuura", 4},
                                            {"Lunacek bi-Rastrigin", 4}};

class Bbob final : public Landscape {
 public:
  Bbob(std::size_t function, std::size_t d, std::uint64_t instance);
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return d_; }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return Optimum{best_, offset_}; }
  void values(Reals points, MutReals values, RandomStream*) const override {
    Scratch<> memory(3 * d_);
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k] = (this->*formula_)(points.subspan(k * d_, d_), memory.span()) + offset_;
  }

 private:
  using Formula = double (Bbob::*)(Reals x, MutReals memory_3d) const;

  double sphere(Reals x, MutReals z) const;
  double ellipsoid(Reals x, MutReals z) const;
  double rastrigin(Reals x, MutReals z) const;
  double bueche_rastrigin(Reals x, MutReals z) const;
  double linear_slope(Reals x, MutReals z) const;
  double attractive_sector(Reals x, MutReals z) const;
  double step_ellipsoid(Reals x, MutReals z) const;
  double rosenbrock(Reals x, MutReals z) const;
  double discus(Reals x, MutReals z) const;
  double bent_cigar(Reals x, MutReals z) const;
  double sharp_ridge(Reals x, MutReals z) const;
  double different_powers(Reals x, MutReals z) const;
  double rotated_rastrigin(Reals x, MutReals z) const;
  double weierstrass(Reals x, MutReals z) const;
  double schaffer(Reals x, MutReals z) const;
  double griewank_rosenbrock(Reals x, MutReals z) const;
  double schwefel(Reals x, MutReals z) const;
  double gallagher(Reals x, MutReals z) const;
  double katsuura(Reals x, MutReals z) const;
  double lunacek(Reals x, MutReals z) const;

  /// x − x*, into z.
  void shifted(Reals x, MutReals z) const {
    for (std::size_t i = 0; i < d_; ++i) z[i] = x[i] - best_[i];
  }
  /// A (x − x*), into z[d, 2d).
  MutReals turned(const Matrix& a, Reals x, MutReals z) const {
    shifted(x, z);
    a.times(z.data(), z.data() + d_);
    return z.subspan(d_, d_);
  }
  void draw_peaks(std::int64_t seed, std::size_t count);

  std::size_t function_, d_;
  std::string name_;
  Box box_;
  Vector best_;  // x*
  double offset_ = 0;
  Formula formula_ = nullptr;
  Matrix r_, q_, m_;  // rotations, and what stands between them
  double scale_ = 1;  // of Rosenbrock's and Griewank-Rosenbrock's, d-dependent
  Vector diagonal_;   // whatever a formula needs a coordinate
  struct Peak {
    double height;
    Vector at, scales;  // in rotated coordinates
  };
  std::vector<Peak> peaks_;
};

Bbob::Bbob(std::size_t function, std::size_t d, std::uint64_t instance)
    : function_(function),
      d_(d),
      name_("bbob-f" + std::to_string(function)),
      box_{Vector(d, -5), Vector(d, 5)},
      diagonal_(d) {
  const auto number = function == 4 ? 3 : function == 18 ? 17 : static_cast<std::int64_t>(function);
  const std::int64_t seed = number + 10000 * static_cast<std::int64_t>(instance), second = seed + 1000000;
  offset_ = drawn_value(seed);
  best_ = drawn_optimum(d, function == 12 ? second : seed);
  const auto fill = [&](double alpha) {
    for (std::size_t i = 0; i < d; ++i) diagonal_[i] = conditioning(alpha, i, d);
  };
  const auto both = [&](double alpha) {
    r_ = rotation(d, second), q_ = rotation(d, seed);
    m_ = between(r_, alpha, q_);
  };
  switch (function) {
    case 1:
      formula_ = &Bbob::sphere;
      break;
    case 10:
      r_ = rotation(d, second);
      [[fallthrough]];
    case 2:
      formula_ = &Bbob::ellipsoid;
      fill(1e12);  // squared conditioning of 10⁶
      break;
    case 3:
      formula_ = &Bbob::rastrigin;
      fill(10);
      break;
    case 4:
      formula_ = &Bbob::bueche_rastrigin;
      fill(10);
      for (std::size_t i = 0; i < d; i += 2) best_[i] = std::abs(best_[i]);
      break;
    case 5:
      formula_ = &Bbob::linear_slope;
      fill(100);
      for (double& x : best_) x = x > 0 ? 5 : -5;
      break;
    case 6:
      formula_ = &Bbob::attractive_sector;
      both(10);
      break;
    case 7:
      formula_ = &Bbob::step_ellipsoid;
      both(1);
      fill(1e4);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < d; ++j) q_.at(i, j) *= conditioning(10, i, d);
      break;
    case 8:
      formula_ = &Bbob::rosenbrock;
      scale_ = std::max(1.0, std::sqrt(static_cast<double>(d)) / 8);
      for (double& x : best_) x *= 0.75;
      break;
    case 9:
    case 19: {
      formula_ = function == 9 ? &Bbob::rosenbrock : &Bbob::griewank_rosenbrock;
      scale_ = std::max(1.0, std::sqrt(static_cast<double>(d)) / 8);
      r_ = rotation(d, seed);
      for (double& entry : r_.entries) entry *= scale_;
      for (std::size_t i = 0; i < d; ++i) {  // where z = 1
        best_[i] = 0;
        for (std::size_t j = 0; j < d; ++j) best_[i] += 0.5 * r_.at(j, i) / (scale_ * scale_);
      }
      break;
    }
    case 11:
      formula_ = &Bbob::discus;
      r_ = rotation(d, second);
      break;
    case 12:
      formula_ = &Bbob::bent_cigar;
      r_ = rotation(d, second);
      break;
    case 13:
      formula_ = &Bbob::sharp_ridge;
      both(10);
      break;
    case 14:
      formula_ = &Bbob::different_powers;
      r_ = rotation(d, second);
      break;
    case 15:
      formula_ = &Bbob::rotated_rastrigin;
      both(10);
      break;
    case 16:
      formula_ = &Bbob::weierstrass;
      both(0.01);
      break;
    case 17:
    case 18:
      formula_ = &Bbob::schaffer;
      r_ = rotation(d, second), q_ = rotation(d, seed);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < d; ++j) q_.at(i, j) *= conditioning(function == 17 ? 10 : 1000, i, d);
      break;
    case 20: {
      formula_ = &Bbob::schwefel;
      fill(10);
      const Vector signs = uniforms(d, seed);
      for (std::size_t i = 0; i < d; ++i) best_[i] = (signs[i] < 0.5 ? -0.5 : 0.5) * 4.2096874637;
      break;
    }
    case 21:
    case 22:
      formula_ = &Bbob::gallagher;
      r_ = rotation(d, seed);
      draw_peaks(seed, function == 21 ? 101 : 21);
      break;
    case 23:
      formula_ = &Bbob::katsuura;
      both(100);
      break;
    default: {
      formula_ = &Bbob::lunacek;
      both(100);
      const Vector signs = normals(d, seed);
      for (std::size_t i = 0; i < d; ++i) best_[i] = signs[i] < 0 ? -1.25 : 1.25;
      break;
    }
  }
}

/// f1: ‖x − x*‖².
double Bbob::sphere(Reals x, MutReals) const {
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += square(x[i] - best_[i]);
  return sum;
}

/// f2, f10: Σ 10^(6i/(d−1)) z_i², z = T_osz(R (x − x*)).
double Bbob::ellipsoid(Reals x, MutReals z) const {
  MutReals at = z.first(d_);
  if (r_.d > 0) at = turned(r_, x, z);
  else shifted(x, z);
  oscillate(at);
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += diagonal_[i] * square(at[i]);
  return sum;
}

/// 10 (d − Σ cos 2πz_i) + ‖z‖².
double rastrigin_of(Reals z) {
  double waves = 0, squares = 0;
  for (const double zi : z) waves += std::cos(2 * pi * zi), squares += zi * zi;
  return 10 * (static_cast<double>(z.size()) - waves) + squares;
}

/// f3: z = Λ^10 T_asy^0.2(T_osz(x − x*)).
double Bbob::rastrigin(Reals x, MutReals z) const {
  const MutReals at = z.first(d_);
  shifted(x, at);
  oscillate(at);
  skew(at, 0.2);
  for (std::size_t i = 0; i < d_; ++i) at[i] *= diagonal_[i];
  return rastrigin_of(at);
}

/// f4: z_i = s_i T_osz(x_i − x*_i), s_i ten times larger for every other coordinate above 0; penalty 100 f_pen.
double Bbob::bueche_rastrigin(Reals x, MutReals z) const {
  const MutReals at = z.first(d_);
  shifted(x, at);
  oscillate(at);
  for (std::size_t i = 0; i < d_; ++i) at[i] *= (at[i] > 0 && i % 2 == 0 ? 10 : 1) * diagonal_[i];
  return rastrigin_of(at) + 100 * outside(x);
}

/// f5: Σ 5 |s_i| − s_i z_i, s_i = sign(x*_i) 10^(i/(d−1)), z_i = x_i but for those beyond the optimum.
double Bbob::linear_slope(Reals x, MutReals) const {
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    const double s = std::copysign(diagonal_[i], best_[i]), z = x[i] * best_[i] < 25 ? x[i] : best_[i];
    sum += 5 * std::abs(s) - s * z;
  }
  return sum;
}

/// f6: T_osz(Σ (s_i z_i)²)^0.9, z = Q Λ^10 R (x − x*), s_i = 100 where z_i x*_i > 0.
double Bbob::attractive_sector(Reals x, MutReals z) const {
  const MutReals at = turned(m_, x, z);
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += (at[i] * best_[i] > 0 ? 1e4 : 1) * square(at[i]);
  return std::pow(oscillated(sum), 0.9);
}

/// f7: 0.1 max(|ẑ_1|/10⁴, Σ 100^(i/(d−1)) z_i²) + f_pen, ẑ = Λ^10 Q (x − x*), rounded to halves or tenths, then R.
double Bbob::step_ellipsoid(Reals x, MutReals z) const {
  const MutReals at = turned(q_, x, z), last = z.last(d_);
  const double first = std::abs(at[0]);
  for (double& zi : at) zi = std::abs(zi) > 0.5 ? round_half_up(zi) : round_half_up(10 * zi) / 10;
  r_.times(at.data(), last.data());
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += diagonal_[i] * square(last[i]);
  return 0.1 * std::max(first * 1e-4, sum) + outside(x);
}

/// Σ 100 (z_i² − z_{i+1})² + (z_i − 1)².
/// f8: z = max(1, √d/8)(x − x*) + 1. f9: z = max(1, √d/8) R x + ½.
double Bbob::rosenbrock(Reals x, MutReals z) const {
  const MutReals at = z.first(d_);
  if (r_.d > 0) r_.times(x.data(), at.data());
  for (std::size_t i = 0; i < d_; ++i) at[i] = r_.d > 0 ? at[i] + 0.5 : scale_ * (x[i] - best_[i]) + 1;
  double sum = 0;
  for (std::size_t i = 0; i + 1 < d_; ++i) sum += 100 * square(square(at[i]) - at[i + 1]) + square(at[i] - 1);
  return sum;
}

/// f11: 10⁶ z_1² + Σ_{i>1} z_i², z = T_osz(R (x − x*)).
double Bbob::discus(Reals x, MutReals z) const {
  const MutReals at = turned(r_, x, z);
  oscillate(at);
  double sum = 1e6 * square(at[0]);
  for (std::size_t i = 1; i < d_; ++i) sum += square(at[i]);
  return sum;
}

/// f12: z_1² + 10⁶ Σ_{i>1} z_i², z = R T_asy^0.5(R (x − x*)).
double Bbob::bent_cigar(Reals x, MutReals z) const {
  const MutReals at = turned(r_, x, z), last = z.last(d_);
  skew(at, 0.5);
  r_.times(at.data(), last.data());
  double sum = square(last[0]);
  for (std::size_t i = 1; i < d_; ++i) sum += 1e6 * square(last[i]);
  return sum;
}

/// f13: z_1² + 100 √(Σ_{i>1} z_i²), z = Q Λ^10 R (x − x*).
double Bbob::sharp_ridge(Reals x, MutReals z) const {
  const MutReals at = turned(m_, x, z);
  double sum = 0;
  for (std::size_t i = 1; i < d_; ++i) sum += square(at[i]);
  return 100 * std::sqrt(sum) + square(at[0]);
}

/// f14: √(Σ |z_i|^(2 + 4i/(d−1))), z = R (x − x*).
double Bbob::different_powers(Reals x, MutReals z) const {
  const MutReals at = turned(r_, x, z);
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i)
    sum += std::pow(std::abs(at[i]), 2 + 4 * static_cast<double>(i) / static_cast<double>(d_ - 1));
  return std::sqrt(sum);
}

/// f15: z = R Λ^10 Q T_asy^0.2(T_osz(R (x − x*))).
double Bbob::rotated_rastrigin(Reals x, MutReals z) const {
  const MutReals at = turned(r_, x, z), last = z.last(d_);
  oscillate(at);
  skew(at, 0.2);
  m_.times(at.data(), last.data());
  return rastrigin_of(last);
}

/// f16: 10 (1/d Σ_i Σ_{k<12} cos(2π 3^k (z_i + ½))/2^k − f_0)³ + 10/d f_pen, z = R Λ^(1/100) Q T_osz(R (x − x*)).
double Bbob::weierstrass(Reals x, MutReals z) const {
  constexpr int terms = 12;
  const MutReals at = turned(r_, x, z), last = z.last(d_);
  oscillate(at);
  m_.times(at.data(), last.data());
  double sum = 0, least = 0;
  double a = 1, b = 1;
  for (int k = 0; k < terms; ++k, a *= 0.5, b *= 3) {
    least += a * std::cos(pi * b);
    for (const double zi : last) sum += a * std::cos(2 * pi * (zi + 0.5) * b);
  }
  const auto d = static_cast<double>(d_);
  return 10 * std::pow(sum / d - least, 3) + 10 / d * outside(x);
}

/// f17, f18: (1/(d−1) Σ √s_i (1 + sin²(50 s_i^(1/5))))² + 10 f_pen, s_i = √(z_i² + z_{i+1}²),
/// z = Λ^α Q T_asy^0.5(R (x − x*)).
double Bbob::schaffer(Reals x, MutReals z) const {
  const MutReals at = turned(r_, x, z), last = z.last(d_);
  skew(at, 0.5);
  q_.times(at.data(), last.data());
  double sum = 0;
  for (std::size_t i = 0; i + 1 < d_; ++i) {
    const double s = square(last[i]) + square(last[i + 1]);
    sum += std::pow(s, 0.25) * (1 + square(std::sin(50 * std::pow(s, 0.1))));
  }
  return square(sum / static_cast<double>(d_ - 1)) + 10 * outside(x);
}

/// f19: 10/(d−1) Σ (s_i/4000 − cos s_i) + 10, s_i = 100 (z_i² − z_{i+1})² + (z_i − 1)², z = max(1, √d/8) R x + ½.
double Bbob::griewank_rosenbrock(Reals x, MutReals z) const {
  r_.times(x.data(), z.data());
  double sum = 0;
  for (std::size_t i = 0; i + 1 < d_; ++i) {
    const double at = z[i] + 0.5, s = 100 * square(square(at) - (z[i + 1] + 0.5)) + square(1 - at);
    sum += s / 4000 - std::cos(s);
  }
  return 10 + 10 * sum / static_cast<double>(d_ - 1);
}

/// f20: −1/(100 d) Σ z_i sin √|z_i| + 4.189828872724339 + f_pen(z/100), x̂ = 2 sign(x*) x, ẑ_{i+1} = x̂_{i+1} +
/// ¼ (x̂_i − 2|x*_i|), z = 100 (Λ^10 (ẑ − 2|x*|) + 2|x*|).
double Bbob::schwefel(Reals x, MutReals z) const {
  const MutReals at = z.first(d_);
  double before = 0, sum = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    const double centre = 2 * std::abs(best_[i]), here = 2 * std::copysign(1.0, best_[i]) * x[i];
    const double hat = i == 0 ? here : here + 0.25 * (before - 2 * std::abs(best_[i - 1]));
    before = here;
    at[i] = 100 * (diagonal_[i] * (hat - centre) + centre);
    sum += at[i] * std::sin(std::sqrt(std::abs(at[i])));
  }
  return 0.01 * (outside(at, 500) + 418.9828872724339 - sum / static_cast<double>(d_));
}

/// f21, f22: T_osz(10 − max_k w_k exp(−1/(2d) (x − y_k)ᵀ Rᵀ C_k R (x − y_k)))² + f_pen. The first of the peaks, of
/// height 10, is the optimum; the others' heights go from 1.1 to 9.1, their conditions from 1 to 1000.
void Bbob::draw_peaks(std::int64_t seed, std::size_t count) {
  const bool many = count == 101;
  const double wide = many ? 10 : 9.8, half = many ? 5 : 4.9;
  const auto ranks = [](const Vector& values) {  // the indices in ascending order of the values
    std::vector<std::size_t> out(values.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::ranges::sort(out, {}, [&](std::size_t i) { return values[i]; });
    return out;
  };
  const auto order = ranks(uniforms(count - 1, seed));
  const Vector places = uniforms(d_ * count, seed);
  Vector local(d_);
  for (std::size_t k = 0; k < count; ++k) {
    Peak& peak = peaks_.emplace_back();
    const auto others = static_cast<double>(count - 2);
    const double condition =
        k == 0 ? (many ? std::sqrt(1000.0) : 1000.0) : std::pow(1000.0, static_cast<double>(order[k - 1]) / others);
    peak.height = k == 0 ? 10 : static_cast<double>(k - 1) / others * (9.1 - 1.1) + 1.1;
    const auto axes = ranks(uniforms(d_, seed + 1000 * static_cast<std::int64_t>(k)));
    for (std::size_t j = 0; j < d_; ++j) {
      peak.scales.push_back(std::pow(condition, static_cast<double>(axes[j]) / static_cast<double>(d_ - 1) - 0.5));
      local[j] = (k == 0 ? 0.8 : 1) * (wide * places[k * d_ + j] - half);
    }
    if (k == 0) best_ = local;
    peak.at.resize(d_);
    r_.times(local.data(), peak.at.data());
  }
}
double Bbob::gallagher(Reals x, MutReals z) const {
  r_.times(x.data(), z.data());
  double highest = 0;
  for (const Peak& peak : peaks_) {
    double distance = 0;
    for (std::size_t i = 0; i < d_; ++i) distance += peak.scales[i] * square(z[i] - peak.at[i]);
    highest = std::max(highest, peak.height * std::exp(-0.5 / static_cast<double>(d_) * distance));
  }
  return square(oscillated(10 - highest)) + outside(x);
}

/// f23: 10/d² Π (1 + i Σ_{j=1..32} |2^j z_i − [2^j z_i]|/2^j)^(10/d^1.2) − 10/d² + f_pen, z = R Λ^100 Q (x − x*).
double Bbob::katsuura(Reals x, MutReals z) const {
  const MutReals at = turned(m_, x, z);
  const auto d = static_cast<double>(d_);
  double product = 1;
  for (std::size_t i = 0; i < d_; ++i) {
    double sum = 0, power = 2;
    for (int j = 1; j <= 32; ++j, power *= 2) sum += std::abs(power * at[i] - round_half_up(power * at[i])) / power;
    product *= std::pow(1 + static_cast<double>(i + 1) * sum, 10 / std::pow(d, 1.2));
  }
  return 10 / d / d * (product - 1) + outside(x);
}

/// f24: min(Σ (x̂_i − μ_0)², d + s Σ (x̂_i − μ_1)²) + 10 (d − Σ cos 2πz_i) + 10⁴ f_pen, x̂ = 2 sign(x*) x,
/// z = R Λ^100 Q (x̂ − μ_0), μ_0 = 5/2, μ_1 = −√((μ_0² − 1)/s), s = 1 − 1/(2 √(d + 20) − 8.2).
double Bbob::lunacek(Reals x, MutReals z) const {
  constexpr double mu0 = 2.5;
  const auto d = static_cast<double>(d_);
  const double s = 1 - 0.5 / (std::sqrt(d + 20) - 4.1), mu1 = -std::sqrt((mu0 * mu0 - 1) / s);
  double near = 0, far = 0, waves = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    const double hat = (best_[i] < 0 ? -2 : 2) * x[i];
    near += square(hat - mu0), far += square(hat - mu1);
    z[i] = hat - mu0;
  }
  m_.times(z.data(), z.data() + d_);
  for (std::size_t i = 0; i < d_; ++i) waves += std::cos(2 * pi * z[d_ + i]);
  return std::min(near, d + s * far) + 10 * (d - waves) + 1e4 * outside(x);
}

}  // namespace

const BbobInfo& bbob_info(std::size_t function) { return infos[function - 1]; }

std::unique_ptr<Landscape> make_bbob(std::size_t function, std::size_t dimension, std::uint64_t instance) {
  const auto require = [](bool holds, const std::string& sentence) {
    if (!holds) throw UsageError(sentence);
  };
  require(function >= 1 && function <= bbob_functions,
          "bbob has the functions 1 to 24, not " + std::to_string(function));
  require(dimension >= 2 && dimension <= 1000,
          "the functions of bbob have 2 to 1000 dimensions, not " + std::to_string(dimension));
  require(instance >= 1 && instance <= 100000, "bbob has the instances 1 to 100000, not " + std::to_string(instance));
  return std::make_unique<Bbob>(function, dimension, instance);
}

}  // namespace rover
