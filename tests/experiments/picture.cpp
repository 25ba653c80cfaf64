#include "experiments/picture.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "core/settings.h"

using namespace rover;

namespace {

Evaluation two_by_four() {
  Evaluation evaluation;
  evaluation.attributes["budget"] = "1000";
  for (const char* agent : {"a", "b"})
    for (const char* function : {"f", "g", "h", "i"})
      for (std::uint64_t start = 0; start < 5; ++start)
        evaluation.curves.push_back({agent,
                                     function,
                                     start,
                                     0,
                                     1,
                                     9,
                                     {0, 1, 2},
                                     {1, 30, 1000},
                                     {9, 1 + 0.1 * static_cast<double>(start + 1), 1}});
  return evaluation;
}

}  // namespace

TEST_CASE("a picture has a panel a function with a line an agent: the median gap between its quartiles") {
  const Figure figure = picture(two_by_four());
  REQUIRE(figure.panels.size() == 4);
  CHECK(figure.columns == 2);
  const Panel& panel = figure.panels[2];
  CHECK(panel.title == "h");
  CHECK((panel.log_x && panel.log_y));
  CHECK(panel.x_range.at(0) == std::pair(10.0, 1000.0));
  REQUIRE(panel.curves.size() == 2);
  const Curve& curve = panel.curves[1];
  CHECK(curve.label == "b");
  CHECK((panel.curves[0].thick && !curve.thick));
  std::size_t at = 0;
  while (curve.x[at] < 30) ++at;
  CHECK(curve.y[at - 1] == 8);  // the start, f(x₀) − f*
  CHECK(curve.low[at] == doctest::Approx(0.2));
  CHECK(curve.y[at] == doctest::Approx(0.3));
  CHECK(curve.high[at] == doctest::Approx(0.4));
  CHECK(curve.x.back() == 1000);
  CHECK(curve.y.back() == 0);
  CHECK(panel.y_range.at(0).first == doctest::Approx(1e-12));
  CHECK(panel.y_range.at(0).second == doctest::Approx(10));
}

TEST_CASE("over iterations: one point each, a run that ended keeps its value") {
  Evaluation evaluation = two_by_four();
  evaluation.curves[0].iterations.back() = 700;
  const Figure figure = picture(evaluation, Mark::Clock::iterations);
  const Panel& panel = figure.panels[0];
  CHECK(!panel.log_x);
  REQUIRE(panel.curves[1].x.size() == 101);
  CHECK(panel.curves[1].y[1] == doctest::Approx(0.3));
  CHECK(panel.curves[1].y[100] == 0);
}

TEST_CASE("curves that never improve, and budgets of a few evaluations, can be drawn") {
  Evaluation evaluation;
  evaluation.attributes["budget"] = "1";
  evaluation.curves.push_back({"a", "f", 0, 0, 0, 8, {0}, {1}, {8}});
  const Figure figure = picture(evaluation);
  CHECK(figure.panels.at(0).x_range.at(0) == std::pair(1.0, 2.0));
  CHECK(figure.panels[0].curves.at(0).y.back() == 8);
  CHECK_THROWS_AS(picture({}), std::invalid_argument);
}

TEST_CASE("of many agents a picture shows the Rover's and the best at the end, in their order") {
  Evaluation evaluation = two_by_four();
  const auto curves = evaluation.curves;
  for (const auto& [agent, last] : {std::pair{"good", 1.}, {"bad", 8.}, {"rover-search", 8.5}, {"better", 0.5}})
    for (EvaluationCurve curve : curves)
      if (curve.agent == "a") {
        curve.agent = agent, curve.best_value.back() = last;
        evaluation.curves.push_back(curve);
      }
  const auto labels = [&](std::size_t most) {
    std::vector<std::string> out;
    const Figure figure = picture(evaluation, Mark::Clock::evaluations, most);
    for (const auto& curve : figure.panels[0].curves) out.push_back(curve.label);
    return out;
  };
  CHECK(labels(8).size() == 6);
  CHECK(labels(3) == std::vector<std::string>{"a", "rover-search", "better"});
  CHECK(labels(1) == std::vector<std::string>{"rover-search"});
  CHECK(picture(evaluation, Mark::Clock::evaluations, 3).note.ends_with("3 of 6 agents."));
  CHECK(parse_curves("all") > 1000);
  CHECK(parse_curves("12") == 12);
  CHECK_THROWS_AS(parse_curves("0"), UsageError);
  CHECK_THROWS_AS(parse_curves("many"), UsageError);
}

TEST_CASE("where no optimum is known a panel shows values") {
  Evaluation evaluation = two_by_four();
  for (auto& curve : evaluation.curves)
    if (curve.landscape == "g") curve.optimum = std::nan("");
  const Figure figure = picture(evaluation);
  CHECK(figure.panels[1].y_label == "best f");
  CHECK_FALSE(figure.panels[1].log_y);
  CHECK(figure.panels[1].level == 0);
  CHECK(figure.panels[1].curves[0].y.back() == 1);
  CHECK(figure.panels[2].log_y);
  CHECK(figure.note.find("gap of 1e-3") != std::string::npos);
  for (auto& curve : evaluation.curves) curve.optimum = std::nan("");
  CHECK(picture(evaluation).note == "Lines: median over starts and seeds; shaded: quartiles.");
}
