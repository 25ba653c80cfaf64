#include "experiments/figure.h"

#include <doctest/doctest.h>

#include <boost/property_tree/xml_parser.hpp>
#include <cmath>
#include <limits>
#include <sstream>

#include "storage/atomic_file.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Curve falling(const std::string& label) {
  Curve curve;
  curve.label = label;
  for (int k = 0; k <= 50; ++k) {
    curve.x.push_back(1 + k), curve.y.push_back(std::pow(10, -0.1 * k));
    curve.low.push_back(curve.y.back() / 2), curve.high.push_back(2 * curve.y.back());
  }
  return curve;
}

Figure two_panels() {
  Figure figure;
  figure.title = "It's a {title} with a_b^c & <signs> \\ @ ~";
  figure.note = "a 'note'";
  for (const char* title : {"one_1", "two"}) {
    Panel panel;
    panel.title = title, panel.x_label = "steps & more", panel.y_label = "gap", panel.log_y = true, panel.level = 1e-3;
    panel.curves = {falling("first <1>"), falling("it's the second")};
    figure.panels.push_back(panel);
  }
  return figure;
}

/// The picture, after a check that it is XML.
std::string drawn(const Figure& figure, const Scratch& scratch) {
  write_figure(figure, scratch / "f.svg");
  const std::string svg = read_file(scratch / "f.svg");
  std::istringstream stream(svg);
  boost::property_tree::ptree tree;
  CHECK_NOTHROW(boost::property_tree::read_xml(stream, tree));
  CHECK(tree.get<std::string>("svg.<xmlattr>.xmlns") == "http://www.w3.org/2000/svg");
  CHECK(count(svg, "nan") == 0);
  return svg;
}

}  // namespace

TEST_CASE("a long note is wrapped, and makes the picture taller") {
  const Scratch scratch;
  const auto height = [](const std::string& svg) { return std::stod(svg.substr(svg.find("height=\"") + 8)); };
  Figure figure = two_panels();
  const double before = height(drawn(figure, scratch));
  figure.note.clear();
  for (int k = 0; k < 60; ++k) figure.note += "word" + std::to_string(k) + " ";
  const std::string svg = drawn(figure, scratch);
  CHECK(count(svg, "word0 word1 ") == 1);
  CHECK(count(svg, "word58 word59") == 1);
  CHECK(count(svg, figure.note) == 0);
  CHECK(height(svg) > before + 14);
}

TEST_CASE("a figure: every title, one legend, an envelope and a line a curve, signs as they are") {
  const Scratch scratch;
  const std::string svg = drawn(two_panels(), scratch);
  CHECK(count(svg, "first &lt;1>") == 1);
  CHECK(count(svg, "it's the second") == 1);
  CHECK(count(svg, "one_1") == 1);
  CHECK(count(svg, "It's a {title} with a_b^c &amp; &lt;signs> \\ @ ~") == 1);
  CHECK(count(svg, "a 'note'") == 1);
  CHECK(count(svg, "steps &amp; more") == 2);
  CHECK(count(svg, "fill-opacity = '0.120000'") == 4);
  CHECK(count(svg, "rgb(213,  94,   0)") >= 3);  // vermillion: legend, two panels
}

TEST_CASE("the same figure makes the same bytes, in both formats") {
  const Scratch scratch;
  write_figures(two_panels(), scratch.folder(), "a");
  write_figures(two_panels(), scratch.folder(), "b");
  CHECK(read_file(scratch / "a.svg") == read_file(scratch / "b.svg"));
  CHECK(read_file(scratch / "a.png") == read_file(scratch / "b.png"));
  CHECK(read_file(scratch / "a.png").starts_with("\x89PNG"));
}

TEST_CASE("logarithmic axes: decades as powers of ten, what is not positive lies at the bottom, gaps stay gaps") {
  Figure figure;
  Panel panel;
  panel.log_x = panel.log_y = true;
  Curve curve;
  curve.x = {1, 10, 100, 1000, 10000}, curve.y = {1, 0, std::numeric_limits<double>::quiet_NaN(), 1e-6, 1e-6};
  panel.curves = {curve};
  figure.panels = {panel};
  const Scratch scratch;
  const std::string svg = drawn(figure, scratch);
  CHECK(count(svg, "−6") == 1);  // 10 with a raised −6
  CHECK(count(svg, ">10<") >= 4);
  // two pieces, each begins with a move: in one path or two, never joined
  const std::size_t at = svg.find("rgb(213,  94,   0)");
  REQUIRE(at != std::string::npos);
  CHECK(count(svg.substr(at, svg.find("</g>", at) - at), "M") == 2);
}

TEST_CASE("a line loses no more than what cannot be seen") {
  Figure figure;
  Panel panel;
  panel.x_range = {{0, 1000}}, panel.y_range = {{0, 1}};
  Curve flat, bent;
  for (int k = 0; k <= 1000; ++k) {
    flat.x.push_back(k), flat.y.push_back(0.5);
    bent.x.push_back(k), bent.y.push_back(k == 400 ? 0.9 : 0.2);
  }
  panel.curves = {flat, bent};
  figure.panels = {panel};
  const Scratch scratch;
  const std::string svg = drawn(figure, scratch);
  const auto corners = [&](const char* colour) {
    const std::size_t at = svg.find(colour);
    REQUIRE(at != std::string::npos);
    return count(svg.substr(at, svg.find("/>", at) - at), "L");
  };
  CHECK(corners("rgb(213,  94,   0)") == 1);
  CHECK(corners("rgb(  0, 114, 178)") == 4);  // to 399, 400, 401, 1000
}

TEST_CASE("contours and bars") {
  Figure figure;
  figure.panels.resize(2);
  Contours bowl;
  for (int k = -10; k <= 10; ++k) bowl.x.push_back(k), bowl.y.push_back(k);
  for (const double y : bowl.y)
    for (const double x : bowl.x) bowl.values.push_back(x * x + y * y);
  bowl.levels = 5;
  figure.panels[0].contours = {bowl};
  const Bars bars{{"grid only", "with a long name"}, {-6.6, -7.2}, {-6.7, -7.4}, {-6.4, -7.1}};
  figure.panels[1].bars = {bars}, figure.panels[1].y_label = "mean log10 regret", figure.panels[1].level = -7;
  const Scratch scratch;
  const std::string svg = drawn(figure, scratch);
  CHECK(count(svg, "with a long name") == 1);
  CHECK(count(svg, "mean log10 regret") == 1);
  bowl.values.assign(bowl.values.size(), 3);  // a plain: no level lines, no failure
  figure.panels[0].contours = {bowl};
  drawn(figure, scratch);
}

TEST_CASE("empty panels and curves are frames; what does not fit is refused") {
  const Scratch scratch;
  Figure figure;
  CHECK_THROWS_AS(write_figure(figure, scratch / "f.svg"), std::invalid_argument);
  figure.panels.resize(1);
  figure.panels[0].curves.resize(1);
  drawn(figure, scratch);
  CHECK(error_of([&] { write_figure(figure, scratch / "f.pdf"); }).starts_with("a picture is a .svg or a .png, not '"));
  figure.panels[0].curves[0].label = "c", figure.panels[0].curves[0].x = {1};
  CHECK(error_of([&] { write_figure(figure, scratch / "f.svg"); }) == "the curve 'c' has columns of different lengths");
  figure.panels[0].curves.clear(), figure.panels[0].x_range = {{1, 1}};
  CHECK(error_of([&] { write_figure(figure, scratch / "f.svg"); }) == "an axis needs a range that is not empty");
}

TEST_CASE("gnuplot that is missing, fails or cannot write: one sentence, and what was there stays") {
  const Scratch scratch;
  write_file(scratch / "f.svg", "old");
  {
    const Variable path("PATH", scratch.folder().string());
    CHECK(error_of(require_gnuplot) == "the picture needs gnuplot (apt-get install gnuplot-nox)");
    CHECK(error_of([&] { write_figure(two_panels(), scratch / "f.svg"); }) ==
          "the picture needs gnuplot (apt-get install gnuplot-nox)");
    write_file(scratch / "gnuplot", "#!/bin/sh\necho '\"script\", line 3: out of ink' >&2\nexit 1\n");
    std::filesystem::permissions(scratch / "gnuplot", std::filesystem::perms::owner_all);
    CHECK(error_of([&] { write_figure(two_panels(), scratch / "f.svg"); }) == "gnuplot failed: out of ink");
  }
  CHECK(read_file(scratch / "f.svg") == "old");
  CHECK(error_of([&] { write_figure(two_panels(), scratch / "no/f.svg"); }).starts_with("cannot write '"));
}
