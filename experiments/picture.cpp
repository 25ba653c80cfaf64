#include "experiments/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "experiments/evaluation.h"

namespace rover {
namespace {

constexpr double gap_floor = 1e-12;  // below lies rounding; also what "solved exactly" is drawn as
constexpr double panel_width = 330, panel_height = 230, left = 58, right = 14, top = 30, bottom = 46;
constexpr int steps = 160;  // points of a line

// Okabe and Ito's colours, told apart by the colour-blind, without their yellow; then dashes tell more agents apart.
constexpr const char* colours[] = {"#d55e00", "#0072b2", "#009e73", "#cc79a7", "#000000", "#56b4e9", "#e69f00", "#888888"};
constexpr const char* dashes[] = {"", "7 3", "2 3"};

std::string number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", value);
  return buffer;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;  // control characters are not XML
  return out;
}

std::string text(double x, double y, const std::string& words, const std::string& attributes = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + attributes + ">" + words + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\" " + style + "/>\n";
}

/// 10 with a raised exponent; small powers as they are.
std::string power(int exponent) {
  if (exponent == 0) return "1";
  if (exponent == 1) return "10";
  return "10<tspan dy=\"-4\" font-size=\"8\">" + (exponent < 0 ? "−" + std::to_string(-exponent) : std::to_string(exponent)) + "</tspan>";
}

std::string stroke(std::size_t agent) {
  const char* dash = dashes[agent / std::size(colours) % std::size(dashes)];
  return std::string("stroke=\"") + colours[agent % std::size(colours)] + "\"" +
         (*dash ? std::string(" stroke-dasharray=\"") + dash + "\"" : "");
}

struct Band {
  std::vector<double> x, low, middle, high;  // log10
};

struct Axis {
  double from, to;
  double at(double value, double begin, double end) const { return begin + (value - from) / (to - from) * (end - begin); }
};

double log_gap(double value) { return std::log10(std::max(value, gap_floor)); }

Band band_of(const std::vector<const EvaluationCurve*>& curves, const Axis& axis) {
  Band band;
  std::uint64_t last = 0;
  std::vector<double> gaps(curves.size());
  for (int k = 0; k <= steps; ++k) {
    const auto at = static_cast<std::uint64_t>(std::llround(std::pow(10, axis.from + (axis.to - axis.from) * k / steps)));
    if (at == last) continue;
    last = at;
    for (std::size_t c = 0; c < curves.size(); ++c)
      gaps[c] = gap(*curves[c], point_at(*curves[c], {Mark::Clock::evaluations, at}).best_value);
    const Spread spread_at = spread(gaps);
    band.x.push_back(std::log10(static_cast<double>(at)));
    band.low.push_back(log_gap(spread_at.low)), band.middle.push_back(log_gap(spread_at.median)),
        band.high.push_back(log_gap(spread_at.high));
  }
  return band;
}

class Panel {
 public:
  Panel(double x, double y, Axis evaluations, Axis gaps)
      : x0_(x + left), x1_(x + panel_width - right), y0_(y + panel_height - bottom), y1_(y + top), across_(evaluations), up_(gaps) {}

  std::string frame(const std::string& title) const {
    std::string out = "<g class=\"panel\">\n" +
                      text((x0_ + x1_) / 2, y1_ - 9, escaped(title), "text-anchor=\"middle\" font-size=\"13\" font-weight=\"bold\"");
    const double tall = up_.to - up_.from;
    const int stride = tall > 10 ? 3 : tall > 5 ? 2 : 1;
    for (int e = static_cast<int>(std::ceil(up_.from - 1e-9)); e <= up_.to + 1e-9; ++e) {
      if (e % stride != 0) continue;
      const double y = py(e);
      out += line(x0_, y, x1_, y, "stroke=\"#e6e6e6\"") + text(x0_ - 6, y + 4, power(e), "text-anchor=\"end\"");
    }
    for (int e = static_cast<int>(std::ceil(across_.from - 1e-9)); e <= across_.to + 1e-9; ++e) {
      const double x = px(e);
      out += line(x, y0_, x, y1_, "stroke=\"#e6e6e6\"") + text(x, y0_ + 16, power(e), "text-anchor=\"middle\"");
    }
    if (up_.from < -3 && up_.to > -3) out += line(x0_, py(-3), x1_, py(-3), "stroke=\"#777777\" stroke-dasharray=\"3 3\"");
    return out;
  }

  std::string band(const Band& band, std::size_t agent) const {
    std::vector<double> back_x(band.x.rbegin(), band.x.rend()), back_low(band.low.rbegin(), band.low.rend());
    return std::string("<polygon fill=\"") + colours[agent % std::size(colours)] + "\" fill-opacity=\"0.10\" points=\"" +
           points(band.x, band.high) + points(back_x, back_low) + "\"/>\n";
  }

  std::string curve(const Band& band, std::size_t agent) const {
    return "<polyline fill=\"none\" " + stroke(agent) + " stroke-width=\"" + (agent == 0 ? "2.6" : "1.6") +
           "\" stroke-linejoin=\"round\" points=\"" + points(band.x, band.middle) + "\"/>\n";
  }

  std::string close(bool name_x, bool name_y) const {
    std::string out = "<rect x=\"" + number(x0_) + "\" y=\"" + number(y1_) + "\" width=\"" + number(x1_ - x0_) + "\" height=\"" +
                      number(y0_ - y1_) + "\" fill=\"none\" stroke=\"#444444\"/>\n";
    if (name_x) out += text((x0_ + x1_) / 2, y0_ + 34, "function evaluations", "text-anchor=\"middle\"");
    const double middle = (y0_ + y1_) / 2, x = x0_ - 42;
    if (name_y)
      out +=
          text(x, middle, "gap, best f − f*", "text-anchor=\"middle\" transform=\"rotate(-90 " + number(x) + " " + number(middle) + ")\"");
    return out + "</g>\n";
  }

 private:
  double px(double value) const { return across_.at(value, x0_, x1_); }
  double py(double value) const { return up_.at(std::clamp(value, up_.from, up_.to), y0_, y1_); }

  /// Without the points that lie inside a level stretch.
  std::string points(const std::vector<double>& x, const std::vector<double>& y) const {
    std::vector<std::string> heights;
    for (const double value : y) heights.push_back(number(py(value)));
    std::string out;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const bool inside = k > 0 && k + 1 < x.size() && heights[k - 1] == heights[k] && heights[k] == heights[k + 1];
      if (!inside) out += number(px(x[k])) + "," + heights[k] + " ";
    }
    return out;
  }

  double x0_, x1_, y0_, y1_;  // the frame; y0_ is its lower edge
  Axis across_, up_;
};

std::string legend(const std::vector<std::string>& agents, double width, double& height) {
  std::string out;
  double x = 20, y = 22;
  for (std::size_t a = 0; a < agents.size(); ++a) {
    const double wide = 46 + 7.6 * static_cast<double>(agents[a].size());
    if (x + wide > width && x > 20) x = 20, y += 20;
    out += "<line x1=\"" + number(x) + "\" y1=\"" + number(y - 4) + "\" x2=\"" + number(x + 24) + "\" y2=\"" + number(y - 4) + "\" " +
           stroke(a) + " stroke-width=\"" + (a == 0 ? "3" : "2") + "\"/>\n" + text(x + 30, y, escaped(agents[a]), "font-size=\"12\"");
    x += wide;
  }
  height = y + 12;
  return out;
}

}  // namespace

std::string picture_svg(const Evaluation& evaluation) {
  if (evaluation.curves.empty()) throw std::invalid_argument("an evaluation without curves cannot be drawn");
  const auto agents = agents_of(evaluation), landscapes = landscapes_of(evaluation);
  const std::size_t columns = std::min<std::size_t>(landscapes.size(), landscapes.size() == 4 ? 2 : 3);
  const std::size_t rows = (landscapes.size() + columns - 1) / columns;
  const double budget = static_cast<double>(report_marks(evaluation).back().at);
  const Axis across{budget > 10 ? 1.0 : 0.0, std::log10(std::max(budget, 2.0))};

  const double width = std::max(panel_width * static_cast<double>(columns), 480.0);
  double head = 0;
  const std::string names = legend(agents, width, head);
  const double height = head + panel_height * static_cast<double>(rows) + 22;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) + "\" height=\"" + number(height) +
                    "\" viewBox=\"0 0 " + number(width) + " " + number(height) +
                    "\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\" fill=\"#222222\">\n" +
                    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + names;
  for (std::size_t f = 0; f < landscapes.size(); ++f) {
    std::vector<Band> bands;
    Axis up{0, -12};
    for (const auto& agent : agents) {
      std::vector<const EvaluationCurve*> curves;
      for (const auto& curve : evaluation.curves)
        if (curve.agent == agent && curve.landscape == landscapes[f]) curves.push_back(&curve);
      const Band& band = bands.emplace_back(band_of(curves, across));
      for (const double y : band.middle) up = {std::min(up.from, y), std::max(up.to, y)};
      for (const double y : band.high) up.to = std::max(up.to, y);
    }
    up = {std::floor(up.from - 0.2), std::ceil(up.to)};
    up.from = std::max(up.from, std::log10(gap_floor));
    if (up.to - up.from < 1) up.to = up.from + 1;
    const Panel panel(panel_width * static_cast<double>(f % columns), head + panel_height * static_cast<double>(f / columns), across, up);
    out += panel.frame(landscapes[f]);
    for (std::size_t a = agents.size(); a-- > 0;) out += panel.band(bands[a], a);
    for (std::size_t a = agents.size(); a-- > 0;) out += panel.curve(bands[a], a);
    out += panel.close(f + columns >= landscapes.size(), f % columns == 0);
  }
  out += text(left, height - 10, "Lines: median over starts and seeds; shaded: quartiles; dashed: a gap of 1e-3, which counts as solved.",
              "font-size=\"10\" fill=\"#666666\"");
  return out + "</svg>\n";
}

}  // namespace rover
