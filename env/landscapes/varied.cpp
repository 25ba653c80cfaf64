#include "env/landscapes/varied.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <nlopt.hpp>
#include <numbers>
#include <numeric>

#include "core/parallel.h"
#include "env/landscapes/linear_algebra.h"
#include "env/landscapes/scratch.h"

namespace rover {
namespace {

constexpr double half_side = 5;
constexpr std::size_t most_in_full = 40;  // dimensions in which rotations are matrices and bumps are found by SLSQP

enum Family : std::uint32_t { bowl, few_bumps, many_bumps, bent, rippled, ridged, stepped, funnels, rugged };

/// Which of several things happens: k with the k-th chance, their number with what is left.
std::size_t choose(RandomStream& stream, std::initializer_list<double> chances) {
  double u = stream.uniform();
  std::size_t k = 0;
  for (const double chance : chances) {
    if ((u -= chance) < 0) return k;
    ++k;
  }
  return k;
}

bool chance(RandomStream& stream, double p) { return stream.uniform() < p; }

std::vector<double> spectrum(RandomStream& stream, std::size_t d, double condition) {
  std::vector<double> out(d);
  const std::size_t kind = choose(stream, {0.5, 0.15, 0.15});
  for (std::size_t i = 0; i < d; ++i) {
    const double share = d > 1 ? static_cast<double>(i) / static_cast<double>(d - 1) : 0;
    switch (kind) {
      case 0:
        out[i] = std::pow(condition, share);
        break;
      case 1:
        out[i] = i == 0 ? 1 : condition;
        break;
      case 2:
        out[i] = i + 1 < d ? 1 : condition;
        break;
      default:
        out[i] = std::pow(condition, stream.uniform());
    }
  }
  return out;
}

double weighted_square(const std::vector<double>& weights, Reals z) {
  double sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) sum += weights[i] * z[i] * z[i];
  return sum;
}

/// A random rotation, or the identity. Beyond 40 dimensions it is a product of ⌈log₂ d⌉ + 1 stages, each of which turns
/// d/2 disjoint random pairs of coordinates by random angles, because a matrix would cost d².
class Rotation {
 public:
  Rotation() = default;
  Rotation(RandomStream& stream, std::size_t d) {
    if (d <= most_in_full) {
      matrix_ = random_rotation(d, stream);
      return;
    }
    std::vector<std::uint32_t> order(d);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t stage = 0; stage <= std::bit_width(d - 1); ++stage) {
      for (std::size_t k = d; k > 1; --k) std::swap(order[k - 1], order[stream.below(k)]);
      for (std::size_t k = 0; k + 1 < d; k += 2) {
        const double angle = stream.uniform(0, 2 * std::numbers::pi);
        turns_.push_back({order[k], order[k + 1], std::cos(angle), std::sin(angle)});
      }
    }
  }
  void operator()(Reals y, MutReals out) const {
    const std::size_t d = y.size();
    if (!matrix_.empty()) {
      for (std::size_t i = 0; i < d; ++i) out[i] = dot(Reals(matrix_).subspan(i * d, d), y);
      return;
    }
    std::ranges::copy(y, out.begin());
    for (const Turn& t : turns_) {
      const double a = out[t.first], b = out[t.second];
      out[t.first] = t.cosine * a - t.sine * b, out[t.second] = t.sine * a + t.cosine * b;
    }
  }
  /// out += Rᵀ z; z may be overwritten.
  void add_back(MutReals z, MutReals out) const {
    const std::size_t d = z.size();
    if (!matrix_.empty()) {
      for (std::size_t j = 0; j < d; ++j)
        for (std::size_t i = 0; i < d; ++i) out[j] += matrix_[i * d + j] * z[i];
      return;
    }
    for (std::size_t k = turns_.size(); k-- > 0;) {
      const Turn& t = turns_[k];
      const double a = z[t.first], b = z[t.second];
      z[t.first] = t.cosine * a + t.sine * b, z[t.second] = t.cosine * b - t.sine * a;
    }
    for (std::size_t i = 0; i < d; ++i) out[i] += z[i];
  }

 private:
  struct Turn {
    std::uint32_t first, second;
    double cosine, sine;
  };
  std::vector<double> matrix_;  // [d, d]
  std::vector<Turn> turns_;
};

Rotation draw_rotation(RandomStream& stream, std::size_t d) {
  return chance(stream, 0.75) && d > 1 ? Rotation(stream, d) : Rotation();
}

std::vector<double> draw_place(RandomStream& stream, std::size_t d) {
  std::vector<double> out(d);
  const bool at_edges = chance(stream, 0.2);
  for (double& y : out) {
    y = stream.uniform(-4.6, 4.6);
    if (at_edges && chance(stream, 0.4)) y = (chance(stream, 0.5) ? -1 : 1) * stream.uniform(4.85, half_side);
  }
  return out;
}

/// g ≥ 0 on y ∈ [−5, 5]^d, 0 at `place`.
struct Shape {
  virtual ~Shape() = default;
  virtual double operator()(Reals y) const = 0;
  std::vector<double> place;
};

/// Those that are functions of z = R(y − y°).
struct Placed : Shape {
  Rotation rotation;
  std::vector<double> weights;
  Placed(RandomStream& stream, std::size_t d) {
    place = draw_place(stream, d);
    rotation = draw_rotation(stream, d);
  }
  double operator()(Reals y) const final {
    const std::size_t d = y.size();
    Scratch<16> moved(d), z(d);
    for (std::size_t i = 0; i < d; ++i) moved.span()[i] = y[i] - place[i];
    rotation(moved.span(), z.span());
    return of(z.span(), y);
  }
  /// z may be overwritten.
  virtual double of(MutReals z, Reals y) const = 0;
};

/// z^(1 + p·(i/(d−1))·√z) where z > 0.
void uneven(MutReals z, double power) {
  if (power == 0) return;
  const double last = static_cast<double>(std::max<std::size_t>(1, z.size() - 1));
  for (std::size_t i = 0; i < z.size(); ++i)
    if (z[i] > 0) z[i] = std::pow(z[i], 1 + power * static_cast<double>(i) / last * std::sqrt(z[i]));
}

struct Bowl final : Placed {
  double steeper = 1, wave = 0, frequency = 1, power = 0;
  Bowl(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    weights = spectrum(stream, d, stream.log_uniform(1, 1e6));
    switch (choose(stream, {0.2, 0.15, 0.1})) {
      case 0:
        steeper = stream.log_uniform(2, 10);
        break;
      case 1:
        wave = stream.uniform(0.3, 0.95), frequency = stream.log_uniform(1, 10);
        break;
      case 2:
        power = stream.uniform(0.1, 0.5);
        break;
    }
  }
  double of(MutReals z, Reals) const override {
    for (double& x : z) {
      if (x > 0) x *= steeper;
      if (wave > 0) x += wave / frequency * std::sin(frequency * x);
    }
    uneven(z, power);
    return weighted_square(weights, z);
  }
};

struct Bent final : Placed {
  bool by_first;
  double stiffness, kappa, offset;
  Bent(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    by_first = chance(stream, 0.5);
    stiffness = stream.log_uniform(3, 1e3);
    kappa = stream.log_uniform(0.05, 1), offset = stream.uniform(-2, 2);
  }
  double of(MutReals z, Reals) const override {
    double sum = z[0] * z[0];
    for (std::size_t i = 0; i + 1 < z.size(); ++i) {
      const double u = z[by_first ? 0 : i] + offset, v = z[i + 1] + kappa * (u * u - offset * offset);
      sum += stiffness * v * v;
    }
    return sum;
  }
};

struct Rippled final : Placed {
  enum Kind { sum, product, cone, share } kind;
  double amplitude, frequency, power = 0;
  Rippled(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    kind = static_cast<Kind>(choose(stream, {0.5, 0.15, 0.15}));
    if (chance(stream, 0.3)) power = stream.uniform(0.05, 0.3);
    weights = spectrum(stream, d, stream.log_uniform(1, 30));
    amplitude = stream.log_uniform(0.02, 1.2), frequency = 2 * std::numbers::pi / stream.log_uniform(0.5, 4);
  }
  double of(MutReals z, Reals) const override {
    const auto d = static_cast<double>(z.size());
    uneven(z, power);
    const double base = weighted_square(weights, z) / (half_side * half_side);
    double cosines = 0, factor = 1;
    for (std::size_t i = 0; i < z.size(); ++i)
      if (kind == product) factor *= std::cos(frequency * z[i] / std::sqrt(static_cast<double>(i + 1)));
      else cosines += std::cos(frequency * z[i]);
    switch (kind) {
      case sum:
        return base + amplitude * (d - cosines);
      case product:
        return base + amplitude * d * (1 - factor) / 2;
      case cone:
        return d * (1 - std::exp(-1.2 * std::sqrt(base / d))) + amplitude * d / 2 * (1 - std::exp(cosines / d - 1));
      default:
        return base * (1 + 3 * amplitude * (1 - cosines / d));
    }
  }
};

struct Ridged final : Placed {
  std::size_t kind;
  double kappa, power;
  Ridged(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    kind = stream.below(4);
    weights = spectrum(stream, d, stream.log_uniform(1, 1e3));
    kappa = stream.log_uniform(3, 100) * (kind == 3 ? weights[0] : 1);
    power = stream.uniform(1, 2.5);
  }
  double of(MutReals z, Reals) const override {
    const std::size_t d = z.size();
    double sum = 0;
    switch (kind) {
      case 0:
        return z[0] * z[0] + kappa * std::sqrt(weighted_square(weights, z) - weights[0] * z[0] * z[0]);
      case 1:
        for (std::size_t i = 0; i < d; ++i) sum += weights[i] * std::abs(z[i]);
        return sum;
      case 2:
        for (std::size_t i = 0; i < d; ++i)
          sum +=
              std::pow(std::abs(z[i]), power + (d > 1 ? 3 * static_cast<double>(i) / static_cast<double>(d - 1) : 0));
        return sum;
      default:
        return weighted_square(weights, z) + kappa * std::abs(z[0]);
    }
  }
};

struct Stepped final : Placed {
  std::vector<double> steps;
  double rest;
  Stepped(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    const bool equal = chance(stream, 0.5);
    weights = spectrum(stream, d, stream.log_uniform(1, 1e2));
    steps.assign(d, stream.log_uniform(0.05, 1));
    rest = equal ? 1e-3 : 1e-2;
    if (!equal)
      for (std::size_t i = 0; i < d; ++i) steps[i] /= std::sqrt(weights[i]);
  }
  double of(MutReals z, Reals) const override {
    const double slope = rest * weighted_square(weights, z);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = steps[i] * std::floor(0.5 + z[i] / steps[i]);
    return weighted_square(weights, z) + slope;
  }
};

struct Funnels final : Placed {
  Rotation other_rotation;
  std::vector<double> other_place, other_weights;
  double base, amplitude = 0, frequency = 1;
  Funnels(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    other_rotation = draw_rotation(stream, d);
    other_place.resize(d);
    for (double& y : other_place) y = stream.uniform(-4.6, 4.6);
    weights = spectrum(stream, d, stream.log_uniform(1, 10)),
    other_weights = spectrum(stream, d, stream.log_uniform(1, 10));
    const double steep = stream.uniform(1, 3), wide = stream.uniform(0.3, 1);
    double mean = 0;
    for (std::size_t i = 0; i < d; ++i)
      weights[i] *= steep, mean += (other_weights[i] *= wide) / static_cast<double>(d);
    base = stream.uniform(0.02, 0.3) * mean * static_cast<double>(d) / 4;
    if (chance(stream, 0.5))
      amplitude = stream.log_uniform(0.02, 0.5), frequency = 2 * std::numbers::pi / stream.log_uniform(0.5, 3);
  }
  double of(MutReals z, Reals y) const override {
    const std::size_t d = z.size();
    Scratch<16> moved(d), other(d);
    for (std::size_t i = 0; i < d; ++i) moved.span()[i] = y[i] - other_place[i];
    other_rotation(moved.span(), other.span());
    double out = std::min(weighted_square(weights, z), weighted_square(other_weights, other.span()) + 25 * base) / 25;
    if (amplitude > 0)
      for (const double x : z) out += amplitude * (1 - std::cos(frequency * x));
    return out;
  }
};

struct Rugged final : Placed {
  std::size_t waves;
  double share;
  std::vector<double> omega, amplitude;  // [waves, d], [waves]
  Rugged(RandomStream& stream, std::size_t d) : Placed(stream, d) {
    weights = spectrum(stream, d, stream.log_uniform(1, 30));
    double mean = 0;
    for (const double w : weights) mean += w / static_cast<double>(d);
    for (double& w : weights) w /= mean * half_side * half_side * static_cast<double>(d);
    share = stream.log_uniform(0.1, 10);
    waves = 3 * d + stream.below(6 * d);
    if (d > most_in_full) waves = std::min(waves, std::max<std::size_t>(40, 200'000 / d));
    const double longest = stream.log_uniform(1, 8), octaves = stream.uniform(0, 4), decay = stream.uniform(0.3, 1.2);
    double sum = 0;
    for (std::size_t k = 0; k < waves; ++k) {
      const double octave = octaves * stream.uniform();
      for (const double x : random_direction(d, stream))
        omega.push_back(2 * std::numbers::pi / longest * std::exp2(octave) * x);
      amplitude.push_back(std::exp2(-decay * octave));
      sum += amplitude.back();
    }
    for (double& a : amplitude) a /= sum;
  }
  double of(MutReals z, Reals) const override {
    double out = share * weighted_square(weights, z);
    for (std::size_t k = 0; k < waves; ++k)
      out += amplitude[k] * (1 - std::cos(dot(Reals(omega).subspan(k * z.size(), z.size()), z)));
    return out;
  }
};

/// Gaussian bumps. The common rotation is applied to their centres beforehand.
struct Bumps final : Shape {
  std::size_t count;
  bool flat;
  double shallow = 0, lowest = 0;
  Rotation rotation;
  std::vector<double> centres, scales, depths;  // [count, d], in z; scales over the squared width

  Bumps(RandomStream& stream, std::size_t d, bool many) {
    rotation = draw_rotation(stream, d);
    count = many ? 20 + stream.below(60) : 2 + stream.below(6);
    const std::size_t kind = stream.below(3);  // long ones, hills too, flat grounds
    flat = kind == 2;
    if (chance(stream, 0.5)) shallow = stream.uniform(0.1, 0.8) / (half_side * half_side * static_cast<double>(d));
    double width = many ? stream.uniform(0.05, 0.18) : stream.uniform(0.08, 0.25);
    if (d > most_in_full) width += 0.1;  // distances hardly differ there: all would be flat, or nothing
    std::vector<double> centre(d), points;
    centres.resize(count * d), scales.resize(count * d);
    for (std::size_t k = 0; k < count; ++k) {
      const bool hill = kind == 1 && k > 0 && chance(stream, 0.4);
      depths.push_back(stream.uniform(0.3, 1) * (hill ? -1 : 1));
      const double own = 2 * half_side * width * stream.uniform(0.6, 1.4) * std::sqrt(static_cast<double>(d) / 2);
      for (std::size_t i = 0; i < d; ++i) {
        centre[i] = stream.uniform(-4.7, 4.7);
        scales[k * d + i] = std::pow(kind == 0 ? 30 : 4, stream.uniform(-1, 0)) / (own * own);
      }
      points.insert(points.end(), centre.begin(), centre.end());
      rotation(centre, MutReals(centres).subspan(k * d, d));
    }
    for (int k = 0; k < (d > most_in_full ? 0 : 20); ++k)
      for (std::size_t i = 0; i < d; ++i) points.push_back(stream.uniform(-half_side, half_side));
    lowest = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < points.size() / d; ++k) descend({points.data() + k * d, points.data() + (k + 1) * d});
  }

  double operator()(Reals y) const override { return std::max(0.0, value(y, {}) - lowest); }

 private:
  double value(Reals y, MutReals gradient) const {
    const std::size_t d = y.size();
    Scratch<16> z(d), slope(d);
    rotation(y, z.span());
    std::ranges::fill(slope.span(), 0);
    double out = shallow * dot(y, y);
    for (std::size_t k = 0; k < count; ++k) {
      const double *centre = centres.data() + k * d, *scale = scales.data() + k * d;
      double q = 0;
      for (std::size_t i = 0; i < d; ++i) q += scale[i] * (z.span()[i] - centre[i]) * (z.span()[i] - centre[i]);
      const double part = depths[k] * std::exp(-0.5 * (flat ? q * q : q));
      out -= part;
      if (gradient.empty()) continue;
      const double outer = part * (flat ? 2 * q : 1);
      for (std::size_t i = 0; i < d; ++i) slope.span()[i] += outer * scale[i] * (z.span()[i] - centre[i]);
    }
    if (!gradient.empty()) {
      for (std::size_t j = 0; j < d; ++j) gradient[j] = 2 * shallow * y[j];
      rotation.add_back(slope.span(), gradient);
    }
    return out;
  }

  void descend(std::vector<double> y) {
    nlopt::opt local(y.size() > most_in_full ? nlopt::LD_LBFGS : nlopt::LD_SLSQP, static_cast<unsigned>(y.size()));
    local.set_lower_bounds(-half_side), local.set_upper_bounds(half_side);
    local.set_min_objective(
        [](unsigned d, const double* at, double* gradient, void* self) {
          return static_cast<const Bumps*>(self)->value({at, d}, {gradient, gradient ? d : 0});
        },
        this);
    local.set_xtol_rel(1e-15), local.set_maxeval(500);
    double found = 0;
    try {
      (void)local.optimize(y, found);
    } catch (const std::exception&) {  // rounding stopped it: where it is counts
    }
    if (const double f = value(y, {}); f < lowest) lowest = f, place = y;
  }
};

std::unique_ptr<Shape> draw_shape(Family family, RandomStream& stream, std::size_t d) {
  switch (family) {
    case bowl:
      return std::make_unique<Bowl>(stream, d);
    case few_bumps:
      return std::make_unique<Bumps>(stream, d, false);
    case many_bumps:
      return std::make_unique<Bumps>(stream, d, true);
    case bent:
      return std::make_unique<Bent>(stream, d);
    case rippled:
      return std::make_unique<Rippled>(stream, d);
    case ridged:
      return std::make_unique<Ridged>(stream, d);
    case stepped:
      return std::make_unique<Stepped>(stream, d);
    default:
      return std::make_unique<Funnels>(stream, d);
  }
}

class Varied final : public Landscape {
 public:
  Varied(Family family, std::size_t d, std::uint64_t seed) : name_(varied_families()[family]) {
    RandomStream stream = make_stream(seed, 0, "varied");
    shape_ = draw_shape(family, stream, d);
    const double width = stream.log_uniform(0.5, 50);
    optimum_.point.resize(d);
    for (std::size_t i = 0; i < d; ++i) {
      const double side = width * std::exp(0.3 * stream.normal());
      box_.low.push_back(side * stream.uniform(-1.5, 0.5));
      box_.high.push_back(box_.low.back() + side);
      optimum_.point[i] = box_.low[i] + side * (shape_->place[i] + half_side) / (2 * half_side);
      optimum_.point[i] = std::clamp(optimum_.point[i], box_.low[i], box_.high[i]);
    }
    std::array<double, 201> typical;
    std::vector<double> y(d);
    for (double& g : typical) {
      for (double& x : y) x = stream.uniform(-half_side, half_side);
      g = (*shape_)(y);
    }
    std::ranges::nth_element(typical, typical.begin() + typical.size() / 2);
    median_ = std::max(typical[typical.size() / 2], 1e-12);
    if (chance(stream, 0.45)) {
      warp_ = static_cast<Warp>(1 + stream.below(3));
      // So that 1e-8 of the values is more than 1e-9 of the box.
      power_ = stream.log_uniform(family == stepped || family == ridged ? 1 : 0.5, 4);
      small_ = stream.log_uniform(1e-3, 1);
    }
    scale_ = stream.log_uniform(1e-2, 1e4), optimum_.value = scale_ * stream.uniform(-3, 3);
  }

  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return optimum_.point.size(); }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void values(Reals points_nd, MutReals values_n, RandomStream*) const override {
    const std::size_t d = dimension();
    Scratch<16> y(d);
    for (std::size_t k = 0; k < values_n.size(); ++k) {
      for (std::size_t i = 0; i < d; ++i)
        y.span()[i] = 2 * half_side * (points_nd[k * d + i] - box_.low[i]) / (box_.high[i] - box_.low[i]) - half_side;
      values_n[k] = scale_ * warp((*shape_)(y.span()) / median_) + optimum_.value;
    }
  }

 private:
  enum class Warp { none, power, logarithm, saturating };
  double warp(double r) const {
    switch (warp_) {
      case Warp::none:
        return r;
      case Warp::power:
        return std::pow(r, power_);
      case Warp::logarithm:
        return std::log1p(r / small_) / std::log1p(1 / small_);
      default:
        return 2 * r / (1 + r);
    }
  }

  std::string name_;
  std::unique_ptr<const Shape> shape_;
  Box box_;
  Optimum optimum_;
  Warp warp_ = Warp::none;
  double median_ = 1, power_ = 1, small_ = 1, scale_ = 1;
};

Family family_of(const std::string& name) {
  const auto& names = varied_families();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) throw UsageError(unknown_name("training family", name, names));
  return static_cast<Family>(found - names.begin());
}

}  // namespace

const std::vector<std::string>& varied_families() {
  static const std::vector<std::string> names{"bowl",   "few-bumps", "many-bumps", "bent",  "rippled",
                                              "ridged", "stepped",   "funnels",    "rugged"};
  return names;
}

std::unique_ptr<Landscape> draw_varied(const std::string& family, std::size_t dimension, std::uint64_t seed) {
  if (dimension < 1 || dimension > most_varied_dimensions)
    throw UsageError("the landscape '" + family + "' has 1 to " + std::to_string(most_varied_dimensions) +
                     " dimensions, not " + std::to_string(dimension));
  return std::make_unique<Varied>(family_of(family), dimension, seed);
}

InstancePool make_varied_pool(const std::vector<std::string>& families, std::size_t dimension, std::size_t size,
                              std::uint64_t seed, std::size_t threads) {
  if (families.empty()) throw UsageError("a pool of landscapes needs at least one family");
  for (const auto& family : families) (void)family_of(family);
  InstancePool pool{families, std::vector<Trial>(size)};
  in_parallel(size, threads, [&](std::size_t k, std::size_t) {
    const std::uint64_t own = derive_seed(seed, k, "varied");
    for (std::uint64_t attempt = 0;; ++attempt) {
      std::shared_ptr<const Landscape> surface =
          draw_varied(families[k % families.size()], dimension, derive_seed(own, attempt, "attempt"));
      RandomStream stream = make_stream(own, attempt, "start");
      Trial trial = draw_trial(std::move(surface), stream);
      if (!(trial.start_value - trial.optimum_value > 1e-3 * std::abs(trial.optimum_value))) continue;
      trial.family = static_cast<std::uint32_t>(k % families.size());
      pool.instances[k] = std::move(trial);
      break;
    }
  });
  return pool;
}

}  // namespace rover
