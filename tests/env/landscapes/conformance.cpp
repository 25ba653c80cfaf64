// One suite for every registered landscape: a new one is tested by being registered.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "env/landscapes/images.h"
#include "env/landscapes/registry.h"

using namespace rover;

namespace {

using Vector = std::vector<double>;

bool inside(const Box& box, Reals point) {
  for (std::size_t k = 0; k < point.size(); ++k)
    if (point[k] < box.low[k] || point[k] > box.high[k]) return false;
  return true;
}

double largest(Reals values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

/// n points uniform in the domain, [n, d]
Vector uniform_points(const Landscape& landscape, std::size_t n, RandomStream& stream) {
  const Box& box = landscape.domain();
  Vector points;
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t k = 0; k < landscape.dimension(); ++k) points.push_back(stream.uniform(box.low[k], box.high[k]));
  return points;
}

/// The cost of a check grows with d, so surfaces in many dimensions are tested at fewer points.
std::size_t fewer(const Landscape& landscape, std::size_t points) {
  return std::max<std::size_t>(3, std::min(points, 20000 / landscape.dimension()));
}

/// Points where agents walk: half of them starts, half part of the way from a start to the optimum (or to 0), [n, d].
Vector walked_points(const Landscape& landscape, std::size_t n, RandomStream& stream) {
  const std::size_t d = landscape.dimension();
  const Vector optimum = landscape.optimum() ? landscape.optimum()->point : Vector(d);
  Vector points(n * d);
  for (std::size_t p = 0; p < n; ++p) {
    const MutReals point = MutReals(points).subspan(p * d, d);
    landscape.sample_start(stream, point);
    const double way = p % 2 ? stream.uniform(0.05, 1) : 1;
    for (std::size_t k = 0; k < d; ++k) point[k] = optimum[k] + way * (point[k] - optimum[k]);
  }
  return points;
}

/// The 4th-order central difference of `f` [m] along coordinate k. The stencil's error is h⁴f⁽⁵⁾/30 and 1.5 ulp(f)/h.
template <class F>
Vector difference(F&& f, Reals point, std::size_t k, double h) {
  const auto at = [&](double offset) {
    Vector moved(point.begin(), point.end());
    moved[k] += offset;
    return f(moved);
  };
  const Vector near_up = at(h), near_down = at(-h), far_up = at(2 * h), far_down = at(-2 * h);
  Vector out(near_up.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = (8 * (near_up[i] - near_down[i]) - (far_up[i] - far_down[i])) / (12 * h);
  return out;
}

void check_derivatives(const Landscape& landscape, RandomStream& stream) {
  const std::size_t d = landscape.dimension(), n = fewer(landscape, 10), coordinates = std::min<std::size_t>(d, 16);
  constexpr double h = 1e-4;
  const bool curved = landscape.has_hessian();
  const Vector points = walked_points(landscape, n, stream);
  Vector gradients(n * d), hessians(curved ? n * d * d : 0);
  REQUIRE(landscape.has_gradient());
  REQUIRE((curved || !landscape.optimum()));  // only surfaces with unknown optimum may lack second derivatives
  landscape.gradients(points, gradients, nullptr);
  if (curved) landscape.hessians(points, hessians);
  const auto value = [&](const Vector& x) { return Vector{landscape.value(x)}; };
  const auto gradient = [&](const Vector& x) {
    Vector g(d);
    landscape.gradients(x, g, nullptr);
    return g;
  };
  for (std::size_t p = 0; p < n; ++p) {
    const Reals x = Reals(points).subspan(p * d, d), g = Reals(gradients).subspan(p * d, d);
    const double f = std::abs(landscape.value(x));
    for (std::size_t c = 0; c < coordinates; ++c) {
      const std::size_t k = coordinates == d ? c : stream.below(d);
      CHECK(std::abs(difference(value, x, k, h)[0] - g[k]) <= 1e-6 * largest(g) + 1e-11 * f + 1e-11);
      if (!curved) continue;
      const Reals H = Reals(hessians).subspan(p * d * d, d * d);
      const Vector column = difference(gradient, x, k, h);
      for (std::size_t i = 0; i < d; ++i) {
        CHECK(std::abs(column[i] - H[i * d + k]) <= 1e-6 * largest(H) + 1e-10 * largest(g) + 1e-10);
        CHECK(std::abs(H[i * d + k] - H[k * d + i]) <= 1e-12 * largest(H));
      }
    }
    if (!curved) continue;
    Vector v(d), exact(d), differences(d);
    stream.normals(v);
    landscape.hessian_product(x, v, exact, nullptr);
    RandomStream noise = make_stream(1, p, "noise");  // with noise it takes differences of gradients
    if (landscape.is_noisy()) std::ranges::copy(exact, differences.begin());
    else landscape.hessian_product(x, v, differences, &noise);
    const Reals H = Reals(hessians).subspan(p * d * d, d * d);
    for (std::size_t i = 0; i < d; ++i) {
      double product = 0;
      for (std::size_t j = 0; j < d; ++j) product += H[i * d + j] * v[j];
      CHECK(std::abs(exact[i] - product) <= 1e-5 * largest(H) + 1e-8 * largest(g) + 1e-8);
      CHECK(std::abs(differences[i] - product) <= 1e-5 * largest(H) + 1e-8 * largest(g) + 1e-8);
    }
  }
}

void check_optimum(const Landscape& landscape, bool warped, RandomStream& stream) {
  const std::size_t d = landscape.dimension();
  if (!landscape.optimum()) return;
  const Optimum optimum = *landscape.optimum();
  REQUIRE(optimum.point.size() == d);
  CHECK(inside(landscape.domain(), optimum.point));
  // x* is rounded, so f is off by its curvature times eps²; r^½ turns an error of eps in r into √eps
  const double tolerance = warped ? 1e-6 : 1e-13 * (1 + std::abs(optimum.value));
  CHECK(std::abs(landscape.value(optimum.point) - optimum.value) <= tolerance);

  const Vector spread = uniform_points(landscape, 1000, stream);
  Vector f(1000);
  landscape.values(spread, f, nullptr);
  CHECK(*std::min_element(f.begin(), f.end()) >= optimum.value - tolerance);
  Vector around(1000 * d);
  for (std::size_t p = 0; p < 1000; ++p) {
    const double scale = stream.log_uniform(1e-6, 1);
    for (std::size_t k = 0; k < d; ++k) around[p * d + k] = optimum.point[k] + scale * stream.normal();
  }
  landscape.values(around, f, nullptr);
  CHECK(*std::min_element(f.begin(), f.end()) >= optimum.value - tolerance);
  if (!warped && landscape.has_gradient()) {
    Vector gradient(d), typical(1000 * d);
    landscape.gradients(optimum.point, gradient, nullptr);
    landscape.gradients(spread, typical, nullptr);
    CHECK(largest(gradient) <= 1e-6 * largest(typical));
  }
}

void check_starts(const Landscape& landscape, RandomStream stream) {
  const std::size_t d = landscape.dimension();
  const double lowest = landscape.optimum() ? landscape.optimum()->value : -HUGE_VAL;
  RandomStream again = stream;
  Vector start(d), twin(d), before;
  for (std::size_t k = 0; k < fewer(landscape, 50); ++k) {
    landscape.sample_start(stream, start);
    landscape.sample_start(again, twin);
    CHECK(start == twin);
    CHECK(start != before);
    CHECK(inside(landscape.domain(), start));
    CHECK(landscape.value(start) > lowest);
    before = start;
  }
}

void check_batches(const Landscape& landscape, RandomStream& stream) {
  const std::size_t d = landscape.dimension(),
                    n = fewer(landscape, 301);  // more than one internal chunk, and no multiple of a vector
  const bool slopes = landscape.has_gradient();
  const Vector points = uniform_points(landscape, n, stream);
  Vector f(n), g(n * d), one(d);
  landscape.values(points, f, nullptr);
  if (slopes) landscape.gradients(points, g, nullptr);
  bool same = true;
  for (std::size_t p = 0; p < n; ++p) {
    const Reals x = Reals(points).subspan(p * d, d);
    if (slopes) landscape.gradients(x, one, nullptr);
    same &= landscape.value(x) == f[p] &&
            std::equal(one.begin(), one.end(), g.begin() + static_cast<std::ptrdiff_t>(p * d));
  }
  CHECK(same);
  landscape.values({}, {}, nullptr);
}

void check_slices(const Landscape& landscape, RandomStream& stream) {
  const std::size_t d = landscape.dimension();
  if (d < 2) return;
  Vector point(d);
  landscape.sample_start(stream, point);
  const auto last = static_cast<std::uint32_t>(d - 1);
  for (const std::size_t n : {3, 6, 8, 17}) {
    if (n > 6 && d > 1000) break;
    const Slice pairs[] = {{0, 1, 0.3}, {last, 0, 0.05}};
    Vector grids(2 * n * n), points(n * n * d), expected(n * n);
    landscape.slices(point, pairs, n, grids, nullptr);
    for (std::size_t s = 0; s < 2; ++s) {
      slice_points(point, pairs[s], n, points);
      landscape.values(points, expected, nullptr);
      double worst = 0;
      for (std::size_t k = 0; k < n * n; ++k) worst = std::max(worst, std::abs(grids[s * n * n + k] - expected[k]));
      CHECK(worst <= 1e-11 * largest(expected));
    }
  }
}

void check_noise(const Landscape& landscape, bool warped, RandomStream stream) {
  const std::size_t d = landscape.dimension(), n = landscape.is_noisy() ? 4000 : fewer(landscape, 4000);
  Vector point(d), mean(n), noisy(n), again(n), points;
  landscape.sample_start(stream, point);
  for (std::size_t p = 0; p < n; ++p) points.insert(points.end(), point.begin(), point.end());
  landscape.values(points, mean, nullptr);
  RandomStream noise = stream, twin = stream;
  landscape.values(points, noisy, &noise);
  landscape.values(points, again, &twin);
  CHECK(noisy == again);
  CHECK(noise == twin);
  if (!landscape.is_noisy()) {
    CHECK(noisy == mean);
    return;
  }
  CHECK(noise.counter > stream.counter);
  if (!warped) {  // a warp biases the noise that passes through it
    double sum = 0, squares = 0;
    for (std::size_t p = 0; p < n; ++p)
      sum += noisy[p] - mean[p], squares += (noisy[p] - mean[p]) * (noisy[p] - mean[p]);
    const double count = static_cast<double>(n), deviation = std::sqrt(squares / count);
    CHECK(deviation > 0);
    CHECK(std::abs(sum / count) <= 5 * deviation / std::sqrt(count));
  }
  const Slice slice{0, 1, 0.1};
  for (const std::size_t side : {8, 17}) {
    Vector grid(side * side), other(side * side), plain(side * side);
    noise = twin = stream;
    landscape.slices(point, {&slice, 1}, side, grid, &noise);
    landscape.slices(point, {&slice, 1}, side, other, &twin);
    landscape.slices(point, {&slice, 1}, side, plain, nullptr);
    CHECK(grid == other);
    CHECK(grid != plain);
  }
}

void check_surface(const Landscape& landscape, std::uint64_t seed, bool warped = false) {
  RandomStream stream = make_stream(seed, 0, "conformance");
  CHECK(!landscape.name().empty());
  REQUIRE(landscape.dimension() > 0);
  REQUIRE(landscape.domain().low.size() == landscape.dimension());
  REQUIRE(landscape.domain().high.size() == landscape.dimension());
  for (std::size_t k = 0; k < landscape.dimension(); ++k) CHECK(landscape.domain().low[k] < landscape.domain().high[k]);
  check_starts(landscape, make_stream(seed, 1, "conformance"));
  check_optimum(landscape, warped, stream);
  if (landscape.has_gradient()) check_derivatives(landscape, stream);
  check_batches(landscape, stream);
  check_slices(landscape, stream);
  check_noise(landscape, warped, make_stream(seed, 2, "conformance"));
}

/// Settings under which a surface can be held to the contract as its tests measure it: in double, smooth, without
/// minibatches.
Settings exact_settings(const std::string& id) {
  Settings out;
  for (const Option& option : landscapes().info(id).options) {
    if (option.key == "precision") out["precision"] = "double", out["activation"] = "tanh", out["minibatch"] = "0";
    if (option.key == "side") out["side"] = "8", out["samples"] = "500", out["hidden"] = "6";
  }
  return out;
}

/// Benchmarks have settings of their own.
bool takes(const std::string& id, const Settings& settings) {
  const auto& options = landscapes().info(id).options;
  return std::ranges::all_of(settings, [&](const auto& setting) {
    return std::ranges::any_of(options, [&](const Option& option) { return option.key == setting.first; });
  });
}

/// Every landscape that can be made here: images need their data.
std::vector<std::string> present_ids() {
  std::vector<std::string> ids = landscapes().ids();
  if (!has_images(ImagesOptions{}.path)) {
    MESSAGE("no Fashion-MNIST here: the landscape 'images' is tested on a few drawn pixels alone");
    std::erase(ids, "images");
  }
  return ids;
}

struct Variant {
  const char* what;
  Settings settings;
  bool warped = false;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      {"plain", {}},
      {"noisy", {{"noise_probability", "1"}}},
      {"sheared", {{"shear_probability", "1"}}},
      {"warped", {{"warp_probability", "1"}}, true},
      {"shifted", {{"shifted", "true"}}},
      {"rotated", {{"rotated", "true"}}},
      {"everything",
       {{"noise_probability", "1"},
        {"shear_probability", "1"},
        {"warp_probability", "1"},
        {"shifted", "true"},
        {"rotated", "true"}},
       true},
  };
  return all;
}

}  // namespace

TEST_CASE("every registered landscape keeps the contract") {
  for (const std::string& id : present_ids())
    for (const Variant& variant : variants())
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(id);
        CAPTURE(variant.what);
        CAPTURE(seed);
        Settings settings = exact_settings(id);
        settings.insert(variant.settings.begin(), variant.settings.end());
        settings["seed"] = std::to_string(seed);
        if (!takes(id, settings)) continue;
        std::unique_ptr<Landscape> landscape;
        try {
          landscape = landscapes().make(id, settings);
        } catch (const UsageError&) {
          CHECK(!landscapes().make(id)->optimum());  // only surfaces with unknown optimum cannot be transformed
          continue;
        }
        if (landscape->dimension() > 1000 && (seed > 1 || !variant.settings.empty()))
          continue;  // slow, and nothing new
        check_surface(*landscape, seed, variant.warped);
        Vector start(landscape->dimension()), value(1), again(1);
        RandomStream stream = make_stream(seed, 3, "conformance");
        landscape->sample_start(stream, start);
        landscape->values(start, value, nullptr);
        landscapes().make(id, settings)->values(start, again, nullptr);
        CHECK(value == again);
        if (landscape->optimum())
          CHECK(landscapes().make(id, settings)->optimum()->point == landscape->optimum()->point);
      }
}

TEST_CASE("landscapes keep the contract in more, or fewer, than two dimensions") {
  for (const std::string& id : present_ids())
    for (const char* dimension : {"1", "5", "12"}) {
      std::unique_ptr<Landscape> plain;
      try {
        plain = landscapes().make(id, {{"dimension", dimension}});
      } catch (const UsageError&) {
        continue;  // what the message says is asserted elsewhere
      }
      CAPTURE(id);
      CAPTURE(dimension);
      CHECK(plain->dimension() == std::stoul(dimension));
      check_surface(*plain, 1);
      for (const Variant& variant : variants()) {
        if (!takes(id, variant.settings)) continue;
        if (plain->dimension() < 2 && variant.settings.contains("shear_probability")) continue;
        CAPTURE(variant.what);
        Settings settings = variant.settings;
        settings["dimension"] = dimension;
        check_surface(*landscapes().make(id, settings), 2, variant.warped);
      }
    }
}
