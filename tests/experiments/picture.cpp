#include "experiments/picture.h"

#include <doctest/doctest.h>

#include <boost/property_tree/xml_parser.hpp>
#include <sstream>
#include <stdexcept>

using namespace rover;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a picture is well-formed, with a panel a function and a line an agent in each") {
  Evaluation evaluation;
  const std::size_t agents = 10, functions = 4;
  for (std::size_t a = 0; a < agents; ++a)
    for (std::size_t f = 0; f < functions; ++f)
      for (std::uint64_t start = 0; start < 3; ++start)
        evaluation.curves.push_back({"agent <" + std::to_string(a) + ">",
                                     "f&" + std::to_string(f),
                                     start,
                                     0,
                                     0,
                                     8,
                                     {0, 1, 2},
                                     {1, 30, 1000},
                                     {8, 0.1 * static_cast<double>(a + start), 0}});
  const std::string svg = picture_svg(evaluation);
  std::istringstream stream(svg);
  boost::property_tree::ptree tree;
  CHECK_NOTHROW(boost::property_tree::read_xml(stream, tree));
  CHECK(tree.get<std::string>("svg.<xmlattr>.xmlns") == "http://www.w3.org/2000/svg");
  CHECK(count(svg, "<g class=\"panel\">") == functions);
  CHECK(count(svg, "<polyline") == agents * functions);
  CHECK(count(svg, "<polygon") == agents * functions);
  CHECK(count(svg, "f&amp;2") == 1);
  CHECK(count(svg, "agent &lt;3&gt;") == 1);
  CHECK(count(svg, "nan") + count(svg, "inf") == 0);
}

TEST_CASE("curves that never improve, and budgets of a few evaluations, can be drawn") {
  Evaluation evaluation;
  evaluation.attributes["budget"] = "1";
  evaluation.curves.push_back({"a", "f", 0, 0, 0, 8, {0}, {1}, {8}});
  const std::string svg = picture_svg(evaluation);
  CHECK(count(svg, "nan") + count(svg, "inf") == 0);
  CHECK(count(svg, "<polyline") == 1);
  CHECK_THROWS_AS(picture_svg({}), std::invalid_argument);
}
