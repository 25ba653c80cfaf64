#include "env/landscapes/extended.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include "core/parallel.h"
#include "env/landscapes/augmented.h"
#include "env/landscapes/boxed.h"
#include "env/landscapes/gaussian_field.h"
#include "env/landscapes/linear_algebra.h"
#include "env/landscapes/quadratic.h"

namespace rover {
namespace {

using kernels::Relief;

enum Family : std::uint32_t { quadratic, valley, saddle, plateau, anchors, ripple, cosines, curved };

constexpr double full_turn = 2 * std::numbers::pi;

struct Draft {
  Relief relief;
  std::vector<double> optimum;
  double width = 1;
};

void take(const GaussianField& field, Draft& draft) {
  const auto& process = field.process();
  std::copy(process.whiten, process.whiten + 4, draft.relief.matrix);
  for (std::size_t k = 0; k < process.count; ++k) {
    draft.relief.centre_u[k] = process.anchors[k][0], draft.relief.centre_v[k] = process.anchors[k][1];
    draft.relief.weight[k] = process.weights[k];
  }
  draft.relief.bumps = Relief::group;
  draft.optimum = field.optimum()->point;
}

bool draw_anchors(RandomStream& stream, Draft& draft) {
  constexpr std::size_t n = Relief::max_bumps;
  Relief& relief = draft.relief;
  const double variance[2] = {std::max(1.0, 10 + std::sqrt(2.0) * stream.normal()),
                              std::max(1.0, 10 + std::sqrt(2.0) * stream.normal())};
  const double angle = stream.uniform(0, full_turn), reach = stream.uniform(4, 12);
  const double rotation[4] = {std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle)};
  for (std::size_t i = 0; i < 4; ++i) relief.matrix[i] = rotation[i] / std::sqrt(variance[i / 2]);
  relief.bumps = n;
  double gram[n * n];
  for (std::size_t k = 0; k < n; ++k) {
    const double x = stream.uniform(-reach, reach), y = stream.uniform(-reach, reach);
    relief.centre_u[k] = relief.matrix[0] * x + relief.matrix[1] * y,
    relief.centre_v[k] = relief.matrix[2] * x + relief.matrix[3] * y;
    relief.weight[k] = stream.normal();
    for (std::size_t l = 0; l <= k; ++l) {
      const double du = relief.centre_u[k] - relief.centre_u[l], dv = relief.centre_v[k] - relief.centre_v[l];
      gram[k * n + l] = gram[l * n + k] = std::exp(-0.5 * (du * du + dv * dv)) + (k == l ? 1e-6 : 0);
    }
  }
  if (!solve_positive(gram, relief.weight)) return false;
  // f → 0 far from the anchors; a few length scales beyond them nothing is left.
  const double far = reach + 10;
  const auto steps = static_cast<std::size_t>(5 * far);
  const Optimum lowest = lowest_in_box(relief, {{-far, -far}, {far, far}}, steps);
  draft.optimum = lowest.point;
  return lowest.value < -1e-3;
}

/// One of the first five families, before the box. False if the draw is degenerate.
bool draw_base(Family family, std::uint64_t seed, RandomStream& stream, Draft& draft) {
  switch (family) {
    case quadratic: {
      const auto bowl = draw_quadratic(2, seed);
      draft.relief.bowl = true;
      draft.optimum = bowl->optimum()->point;
      double* m = draft.relief.matrix;
      std::copy(bowl->matrix().begin(), bowl->matrix().end(), m);
      draft.relief.centre_u[0] = m[0] * draft.optimum[0] + m[1] * draft.optimum[1];
      draft.relief.centre_v[0] = m[2] * draft.optimum[0] + m[3] * draft.optimum[1];
      draft.width = stream.log_uniform(4, 40);
      return true;
    }
    case valley:
      take(*draw_valley(seed, false), draft);
      draft.width = stream.log_uniform(6, 80);
      return true;
    case saddle:
      take(*draw_saddle(seed, false), draft);
      draft.width = stream.log_uniform(8, 24);
      return true;
    case plateau:
      take(*draw_plateau(seed, false), draft);
      draft.width = stream.log_uniform(5, 30);
      return true;
    default:
      draft.width = stream.log_uniform(8, 24);
      return draw_anchors(stream, draft);
  }
}

/// `count` cosines of wave numbers in [least, most]·2π·r per box width.
void add_cosines(std::size_t count, double r, double least, double most, double amplitude, const Box& box,
                 RandomStream& stream, Relief& relief) {
  relief.cosines = (count + Relief::group - 1) / Relief::group * Relief::group;
  for (std::size_t k = 0; k < count; ++k) {
    const double angle = stream.uniform(0, full_turn), omega = full_turn * r * stream.uniform(least, most);
    relief.omega_x[k] = omega * std::cos(angle) / (box.high[0] - box.low[0]);
    relief.omega_y[k] = omega * std::sin(angle) / (box.high[1] - box.low[1]);
    relief.phase[k] = stream.uniform(0, full_turn);
    relief.amplitude[k] = amplitude * stream.normal();
  }
}

double typical_gap(const Relief& relief, const Box& box, const std::vector<double>& optimum, RandomStream& stream) {
  constexpr std::size_t n = 64;
  double points[2 * n], f[n], lowest = 0, mean = 0;
  for (std::size_t k = 0; k < 2 * n; ++k) points[k] = stream.uniform(box.low[k % 2], box.high[k % 2]);
  kernels::relief_values(relief, points, f);
  kernels::relief_values(relief, optimum, {&lowest, 1});
  for (const double value : f) mean += value / n;
  return mean - lowest;
}

/// `width` times exp(0.3·N(0, 1)) in each direction, the optimum in its middle 90 %.
Box draw_box(double width, const std::vector<double>& optimum, RandomStream& stream) {
  Box box{{0, 0}, {1, 1}};
  for (std::size_t k = 0; k < 2; ++k) {
    const double side = width * std::exp(0.3 * stream.normal());
    box.low[k] = optimum[k] - side * stream.uniform(0.05, 0.95);
    box.high[k] = box.low[k] + side;
  }
  return box;
}

std::shared_ptr<const Landscape> draw_curved(std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "surface");
  Relief relief;
  relief.bowl = true;
  const double across = std::sqrt(stream.log_uniform(10, 1e4)), scale = stream.log_uniform(0.3, 3);
  const double angle = stream.uniform(0, full_turn), c = std::cos(angle), s = std::sin(angle);
  const double width = stream.log_uniform(2, 40);
  std::vector<double> optimum{stream.uniform(-5, 5), stream.uniform(-5, 5)};
  // p runs along the valley, q across it.
  relief.p[0] = c, relief.p[1] = -s, relief.q[0] = s, relief.q[1] = c;
  double* m = relief.matrix;
  m[0] = scale * c, m[1] = -scale * s, m[2] = scale * across * s, m[3] = scale * across * c;
  relief.centre_u[0] = m[0] * optimum[0] + m[1] * optimum[1];
  relief.centre_v[0] = m[2] * optimum[0] + m[3] * optimum[1];
  relief.origin[0] = optimum[0], relief.origin[1] = optimum[1];
  relief.kappa = (stream.below(2) == 0 ? -1 : 1) * stream.log_uniform(1, 8) / width;
  Box box = draw_box(width, optimum, stream);
  std::shared_ptr<const Landscape> surface =
      std::make_shared<Boxed>("curved", relief, std::move(box), std::move(optimum));
  if (stream.uniform() < 0.4) surface = std::make_shared<Warped>(std::move(surface), derive_seed(seed, 0, "warp"));
  return surface;
}

std::shared_ptr<const Landscape> draw_surface(Family family, std::uint64_t seed) {
  if (family == curved) return draw_curved(seed);
  RandomStream stream = make_stream(seed, 0, "surface");
  Draft draft;
  if (family == cosines) {
    draft.width = stream.log_uniform(8, 24);
    draft.optimum = {0, 0};
  } else {
    Family base = family;
    if (family == ripple) base = stream.uniform() < 0.4 ? quadratic : static_cast<Family>(stream.below(4));
    if (!draw_base(base, derive_seed(seed, 0, "base"), stream, draft)) return nullptr;
  }
  Box box = draw_box(draft.width, draft.optimum, stream);
  if (family != cosines && stream.uniform() < 0.6) {
    Relief& relief = draft.relief;
    const double angle = stream.uniform(0, full_turn);
    relief.p[0] = std::cos(angle), relief.p[1] = -std::sin(angle), relief.q[0] = std::sin(angle),
    relief.q[1] = std::cos(angle);
    relief.origin[0] = draft.optimum[0], relief.origin[1] = draft.optimum[1];
    relief.kappa = stream.uniform(-3, 3) / draft.width;
  }
  if (family == ripple || family == cosines) {
    const double r = stream.log_uniform(1.5, family == ripple ? 25 : 9);
    if (family == ripple) {
      const double gap = typical_gap(draft.relief, box, draft.optimum, stream);
      add_cosines(8, r, 0.5, 1.2, gap * stream.log_uniform(0.005, 0.5), box, stream, draft.relief);
    } else {
      add_cosines(14, r, 0.2, 1, 1, box, stream, draft.relief);
    }
    draft.optimum = lowest_in_box(draft.relief, box, 60 + static_cast<std::size_t>(9 * r)).point;
  }
  std::shared_ptr<const Landscape> surface =
      std::make_shared<Boxed>(extended_families()[family], draft.relief, std::move(box), std::move(draft.optimum));
  if (stream.uniform() < 0.6) surface = std::make_shared<Warped>(std::move(surface), derive_seed(seed, 0, "warp"));
  return surface;
}

Trial draw_instance(Family family, std::uint64_t seed) {
  for (std::uint64_t attempt = 0;; ++attempt) {
    auto surface = draw_surface(family, derive_seed(seed, attempt, "attempt"));
    if (!surface) continue;
    std::vector<double> start(2);
    RandomStream stream = make_stream(seed, attempt, "start");
    surface->sample_start(stream, start);
    Optimum optimum = *surface->optimum();
    const double start_value = surface->value(start);
    if (!(start_value - optimum.value > 1e-6 * std::max(1e-9, std::abs(optimum.value))) || !(start_value < 1e50))
      continue;
    return {std::move(surface), std::move(start), start_value, optimum.value, std::move(optimum.point), family};
  }
}

template <class FamilyOf>
InstancePool make(std::size_t size, std::uint64_t seed, std::size_t threads, const FamilyOf& family_of) {
  InstancePool pool{extended_families(), std::vector<Trial>(size)};
  in_parallel(size, threads, [&](std::size_t k, std::size_t) {
    pool.instances[k] = draw_instance(family_of(k), derive_seed(seed, k, "extended"));
  });
  return pool;
}

}  // namespace

InstancePool make_walk_pool(std::size_t size, std::uint64_t seed, std::size_t threads) {
  InstancePool pool = make(size, seed, threads, [](std::size_t k) {
    return k % 3 == 0 ? curved : static_cast<Family>((k / 3 * 2 + k % 3 - 1) % 7);
  });
  pool.families.push_back("curved");
  return pool;
}

const std::vector<std::string>& extended_families() {
  static const std::vector<std::string> names{"quadratic", "valley", "saddle", "plateau",
                                              "anchors",   "ripple", "cosines"};
  return names;
}

InstancePool make_extended_pool(std::size_t size, std::uint64_t seed, std::size_t threads) {
  return make(size, seed, threads, [](std::size_t k) { return static_cast<Family>(k % 7); });
}

InstancePool make_extended_pool(const std::string& family, std::size_t size, std::uint64_t seed, std::size_t threads) {
  const auto& names = extended_families();
  const auto found = std::ranges::find(names, family);
  if (found == names.end()) throw UsageError(unknown_name("training family", family, names));
  const auto index = static_cast<Family>(found - names.begin());
  return make(size, seed, threads, [index](std::size_t) { return index; });
}

}  // namespace rover
