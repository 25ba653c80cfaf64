#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace rover {

/// A line over x with an optional shaded envelope. All vectors have one length; `low` and `high` may be empty. NaN
/// interrupts the line.
struct Curve {
  std::string label;  ///< for the legend; empty: not in it
  std::vector<double> x, y, low, high;
  int colour =
      -1;  ///< index into the palette; −1: the curve's position, so that an agent keeps its colour in every panel
  bool dashed = false, thick = false, points = false;  ///< thick: wider lines, larger points
  bool line = true;                                    ///< false: points alone
};

/// Level lines of a surface under a panel, sampled on a grid: values [rows, columns], rows along y.
struct Contours {
  std::vector<double> x, y, values;
  bool log_levels = true;  ///< levels even in log(f − lowest)
  std::size_t levels = 16;
};

/// A bar a label, for distributions and ablations; `low` and `high` (error bars) may be empty. Drawn horizontally, the
/// first on top, so that long labels can be read; y_label, log_y, y_range and level still refer to the values.
struct Bars {
  std::vector<std::string> labels;
  std::vector<double> y, low, high;
};

struct Panel {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Curve> curves;
  std::vector<Contours> contours;                           ///< none or one; makes the figure's panels square
  std::vector<Bars> bars;                                   ///< none or one, without curves
  std::vector<std::pair<double, double>> x_range, y_range;  ///< none or one; values of a log axis outside are clipped
  double level = 0;                                         ///< a dashed line at this value of y, 0: none
};

struct Figure {
  std::string title, note;  ///< note: under the panels, wrapped
  std::vector<Panel> panels;
  std::size_t columns = 3;
};

/// Draws with gnuplot, no display needed: writes `path` whole (.svg or .png by its extension), the same bytes for the
/// same figure. The first curve lies on top; one legend for all panels. Throws std::runtime_error in one sentence when
/// gnuplot is missing or fails, std::invalid_argument for an empty figure.
void write_figure(const Figure& figure, const std::filesystem::path& path);
/// Both FOLDER/NAME.svg and FOLDER/NAME.png.
void write_figures(const Figure& figure, const std::filesystem::path& folder, const std::string& name);
/// Throws as write_figure does when gnuplot is missing; called before a long run.
void require_gnuplot();

}  // namespace rover
