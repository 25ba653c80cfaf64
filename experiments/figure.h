#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace rover {

/// A line over x with an optional shaded envelope. All vectors have one length; `low` and `high` may be empty.
struct Curve {
  std::string label;
  std::vector<double> x, y, low, high;
  int colour = -1;  ///< index into the palette; −1: the curve's position, so that an agent keeps its colour in every panel
  bool dashed = false, thick = false, points = false;
};

/// Level lines of a surface under a panel, sampled on a grid: values [rows, columns], rows along y.
struct Contours {
  std::vector<double> x, y, values;
  bool log_levels = true;  ///< levels even in log(f − lowest)
  std::size_t levels = 16;
};

/// A bar a label, for distributions and ablations; `low` and `high` (error bars) may be empty.
struct Bars {
  std::vector<std::string> labels;
  std::vector<double> y, low, high;
};

struct Panel {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Curve> curves;
  std::vector<Contours> contours;             ///< none or one
  std::vector<Bars> bars;                     ///< none or one
  std::vector<std::pair<double, double>> x_range, y_range;  ///< none or one; values of a log axis outside are clipped
  double level = 0;                           ///< a dashed horizontal line, 0: none
};

struct Figure {
  std::string title, note;  ///< note: one line under the panels
  std::vector<Panel> panels;
  std::size_t columns = 3;
};

/// Draws with gnuplot, no display needed: writes `path` (.svg or .png by its extension). The first curve lies on top; one legend for all
/// panels. Throws std::runtime_error in one sentence when gnuplot is missing or fails, std::invalid_argument for an empty figure.
void write_figure(const Figure& figure, const std::filesystem::path& path);
/// Both FOLDER/NAME.svg and FOLDER/NAME.png.
void write_figures(const Figure& figure, const std::filesystem::path& folder, const std::string& name);

}  // namespace rover
