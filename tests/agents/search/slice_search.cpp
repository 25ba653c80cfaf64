#include "agents/search/slice_search.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using Function = std::function<double(std::span<const double>)>;

// Curvatures 1 … d, and each coordinate pulls at the next.
double chain(std::span<const double> x) {
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double here = x[k] - 0.4, next = x[(k + 1) % x.size()] - 0.4;
    sum += static_cast<double>(k + 1) * here * here + 0.5 * here * next;
  }
  return sum;
}

std::vector<double> run(SliceSearch& search, std::size_t d, const Function& f, std::uint64_t budget) {
  std::vector<double> places, values;
  while (search.evaluations() < budget) {
    while (search.needs_decision()) {
      for (const float value : search.features()) REQUIRE(std::fabs(value) <= 3);
      search.decide();
    }
    const auto points = search.ask();
    REQUIRE(points.size() >= d);
    values.clear();
    for (std::size_t k = 0; k < points.size() && search.evaluations() + values.size() < budget; k += d)
      values.push_back(f(points.subspan(k, d))),
          places.insert(places.end(), points.begin() + k, points.begin() + k + d);
    search.tell(values);
  }
  return places;
}

}  // namespace

TEST_CASE("slices find a coupled quadratic's optimum, in even and odd dimensions") {
  for (const std::size_t d : {3, 7, 10, 20}) {
    CAPTURE(d);
    SliceSearch search({});
    search.reset(1, d);
    const std::vector<double> start(d, 0.9);
    search.know(start, chain(start));
    CHECK(search.best_value() == chain(start));
    const auto places = run(search, d, chain, 200 * d);
    CHECK(search.best_value() < 1e-8 * chain(start));
    CHECK(search.best_value() == chain(search.best_point()));
    for (const double u : places) CHECK((u >= 0 && u <= 1));
  }
}

TEST_CASE("a pair's slice moves its two coordinates alone") {
  SliceSearch search({});
  search.reset(2, 6);
  const std::vector<double> start{0.2, 0.3, 0.4, 0.5, 0.6, 0.7};
  search.know(start, chain(start));
  const auto points = search.ask();
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t k = i; k < points.size(); k += 6)
      if (points[k] != start[i]) {
        moved.push_back(i);
        break;
      }
  CHECK(moved.size() == 2);
}

TEST_CASE("without a known start the middle is looked at first; sweeps that gain nothing end in a new start") {
  SliceSearch search({});
  search.reset(3, 4);
  CHECK(std::vector<double>(search.ask().begin(), search.ask().end()) == std::vector<double>(4, 0.5));
  run(
      search, 4, [](std::span<const double>) { return 1.0; }, 400);
  CHECK(search.restarts() >= 2);
  CHECK(search.best_value() == 1);
}

TEST_CASE("slices are a function of the seed, whatever ran before") {
  SliceSearch used({}), fresh({});
  used.reset(1, 9);
  run(used, 9, chain, 400);
  used.reset(5, 5), fresh.reset(5, 5);
  const auto places = run(used, 5, chain, 500);
  CHECK(places == run(fresh, 5, chain, 500));
}

TEST_CASE("the slice along the sweep's displacement pays") {
  double log_ratio = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    double found[2];
    for (const bool along : {false, true}) {
      SearchOptions options;
      options.slice_along = along;
      SliceSearch search(options);
      search.reset(seed, 10);
      run(
          search, 10,
          [](std::span<const double> x) {  // a valley along the diagonal
            double sum = 0, square = 0;
            for (const double u : x) sum += u - 0.4, square += (u - 0.4) * (u - 0.4);
            return square + 10 * (square - sum * sum / 10);
          },
          600);
      found[along] = search.best_value();
    }
    log_ratio += std::log10(found[1] / found[0]) / 8;
  }
  CHECK(log_ratio < -0.5);
}

TEST_CASE("bad settings of slices") {
  SearchOptions options;
  options.slice_rounds = 0;
  CHECK(error_of([&] { SliceSearch{options}; }) == "slice_rounds=0 is out of range: at least 1, at most 1e6");
}

}  // namespace rover
