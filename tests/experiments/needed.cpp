#include "experiments/needed.h"

#include <doctest/doctest.h>

#include <cmath>

namespace rover {
namespace {

EvaluationCurve curve(const char* agent, std::uint64_t start, std::vector<std::uint64_t> evaluations,
                      std::vector<double> best) {
  EvaluationCurve out;
  out.agent = agent, out.landscape = "bowl", out.start = start, out.optimum = 1, out.start_value = 5;
  for (std::size_t k = 0; k < best.size(); ++k) out.iterations.push_back(k);
  out.evaluations = std::move(evaluations), out.best_value = std::move(best);
  return out;
}

Evaluation two_agents() {
  Evaluation out;
  out.curves.push_back(curve("a", 0, {4, 10, 100}, {3, 1.0005, 1}));
  out.curves.push_back(curve("a", 1, {4, 40}, {3, 1.0005}));
  out.curves.push_back(curve("b", 0, {4, 40}, {3, 1.0001}));
  out.curves.push_back(curve("b", 1, {4, 40, 400}, {3, 2, 2}));
  return out;
}

}  // namespace

TEST_CASE("what a run needed is the first point that is near enough, or all that it spent") {
  const auto curves = two_agents().curves;
  CHECK(needed(curves[0], 1e-3).evaluations == 10);
  CHECK(needed(curves[0], 1e-3).iterations == 1);
  CHECK(needed(curves[0], 1e-6).evaluations == 100);
  CHECK(needed(curves[3], 1e-3).evaluations == 400);
  CHECK(!needed(curves[3], 1e-3).reached);
  CHECK(!needed(curve("c", 0, {}, {}), 1).reached);
}

TEST_CASE("agents are compared from the same starts, by geometric means") {
  const Evaluation evaluation = two_agents();
  const NeededSummary a = summarize_needed(evaluation, "a", 1e-3, "b"),
                      b = summarize_needed(evaluation, "b", 1e-3, "b");
  CHECK(a.evaluations == doctest::Approx(20));  // 10, 40
  CHECK(b.evaluations == doctest::Approx(std::sqrt(40.0 * 400)));
  CHECK(a.reached == 1);
  CHECK(b.reached == 0.5);
  CHECK(a.over_baseline.ratio == doctest::Approx(std::sqrt(10.0 / 40 * 40 / 400)));
  CHECK(a.over_baseline.low == doctest::Approx(0.1));
  CHECK(a.over_baseline.high == doctest::Approx(0.25));
  CHECK(b.over_baseline.ratio == doctest::Approx(1));
  CHECK(std::isnan(summarize_needed(evaluation, "a", 1e-3, "").over_baseline.ratio));
}

TEST_CASE("the table names its baseline") {
  const std::string with = needed_block(two_agents(), "b"), without = needed_block(two_agents(), "");
  CHECK(with.find("over those of 'b'") != std::string::npos);
  CHECK(with.find("0.16 [0.1, 0.25]") != std::string::npos);
  CHECK(without.find("ratio:") == std::string::npos);
  for (const auto& text : {with, without})
    for (std::size_t from = 0, to; from < text.size(); from = to + 1) {
      to = text.find('\n', from);
      CHECK(to - from <= 110);
    }
}

}  // namespace rover
