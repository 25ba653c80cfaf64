#include "experiments/figure.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "core/settings.h"
#include "storage/atomic_file.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Okabe and Ito's palette for the colour-blind, without its yellow; further curves are dashed.
constexpr const char* colours[] = {"#d55e00", "#0072b2", "#009e73", "#cc79a7",
                                   "#000000", "#56b4e9", "#e69f00", "#888888"};
constexpr const char* dashes[] = {"solid", "(7,3)", "(2,3)"};
constexpr const char* contour_palette = "defined (0 '#33507a', 0.5 '#8fa9c9', 1 '#d9dee5')";  // deep is dark
constexpr double letter = 6.6;                                                                // width of one, pixels
constexpr double note_line = 14;  // pixels from line to line of a note

std::string number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 7);
  return {buffer, end.ptr};
}

/// Gnuplot's single quotes know no escapes but the doubled quote.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    if (c == '\'') out += "''";
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;
  return out + "'";
}

/// Enhanced text is the only bold that both gnuplot terminals have; its special signs are escaped.
std::string bold(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (std::string_view("\\{}^_@&~").find(c) != std::string_view::npos) plain += '\\';
    plain += c;
  }
  return literal(text.empty() ? "" : "{/:Bold " + plain + "}");
}

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// An axis in drawn coordinates: logarithmic ones are drawn as log10, so that ticks and clipping are computed here.
struct Axis {
  bool log = false;
  double low = 0, high = 1;

  double drawn(double value) const {
    if (!log || std::isnan(value)) return std::isinf(value) ? nan : value;
    return std::clamp(value > 0 ? std::log10(value) : low, low, high);
  }

  std::string range() const { return "[" + number(low) + ":" + number(high) + "]"; }

  /// "10^{−3}" at −3, …; below a decade 2 and 5 times the powers too. On linear axes a round step, three to eight of
  /// them.
  std::string ticks() const {
    if (!log) {
      const double step = std::pow(10, std::floor(std::log10((high - low) / 4)));
      const double fits = (high - low) / step;
      return number(step * (fits > 14 ? 5 : fits > 6.5 ? 2 : 1));
    }
    const double wide = high - low;
    const int stride = wide > 10 ? 3 : wide > 5 ? 2 : 1;
    std::string out;
    const auto add = [&](int exponent, int factor) {
      const double at = exponent + std::log10(factor);
      if (at < low - 1e-9 || at > high + 1e-9) return;
      const std::string power =
          exponent < 0 ? "10^{−" + std::to_string(-exponent) + "}" : "10^{" + std::to_string(exponent) + "}";
      const bool plain = exponent == 0 || exponent == 1 || (wide < 1.3 && std::abs(exponent) <= 3);
      const std::string text =
          plain ? number(factor * std::pow(10, exponent)) : (factor == 1 ? "" : std::to_string(factor) + "·") + power;
      out += (out.empty() ? "('" : ", '") + text + "' " + number(at);
    };
    for (int e = static_cast<int>(std::floor(low)); e <= high + 1e-9; ++e) {
      if (wide < 1.3) add(e, 1), add(e, 2), add(e, 5);
      else if (e % stride == 0) add(e, 1);
    }
    return out.empty() ? "()" : out + ")";
  }
};

/// Lowest and highest of what an axis has to show; on a logarithmic axis only what is positive.
class Extent {
 public:
  explicit Extent(bool log) : log_(log) {}
  void add(const std::vector<double>& values) {
    for (const double value : values)
      if (std::isfinite(value) && (!log_ || value > 0)) low_ = std::min(low_, value), high_ = std::max(high_, value);
  }
  /// Whole decades when `roomy`; exactly the extent when not.
  Axis axis(const std::vector<std::pair<double, double>>& given, bool roomy) const {
    Axis out{log_, 0, 1};
    if (!given.empty()) {
      out.low = log_ ? std::log10(given[0].first) : given[0].first,
      out.high = log_ ? std::log10(given[0].second) : given[0].second;
      if (!(out.low < out.high)) throw std::invalid_argument("an axis needs a range that is not empty");
      return out;
    }
    if (low_ > high_) return out;
    out.low = log_ ? std::log10(low_) : low_, out.high = log_ ? std::log10(high_) : high_;
    if (roomy && log_ && out.high - out.low > 0.7)
      out.low = std::floor(out.low + 1e-9), out.high = std::ceil(out.high - 1e-9);
    else if (roomy) {
      const double room = 0.05 * (out.high - out.low);
      out.low -= room, out.high += room;
    }
    if (!(out.high - out.low > 1e-12 * std::max(std::abs(out.low), std::abs(out.high))) || out.high == out.low) {
      const double room = log_ ? 0.5 : std::max(0.5 * std::abs(out.low), 0.5);
      out.low -= room, out.high += room;
    }
    return out;
  }

 private:
  bool log_;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
};

struct Style {
  std::string colour, dash;
  bool thick, points, line;

  Style(const Curve& curve, std::size_t position)
      : thick(curve.thick), points(curve.points || !curve.line), line(curve.line) {
    const std::size_t index = curve.colour < 0 ? position : static_cast<std::size_t>(curve.colour);
    colour = colours[index % std::size(colours)];
    dash = curve.dashed ? dashes[1] : dashes[index / std::size(colours) % std::size(dashes)];
  }
  std::string stroke(double more = 0) const {
    return "lc rgb '" + colour + "' dt " + dash + " lw " + number((thick ? 2.6 : 1.6) + more);
  }
  std::string mark() const {
    return "lc rgb '" + colour + "' pt 7 ps " + number(thick ? 0.8 : points && line ? 0.4 : 0.22);
  }
};

void check(const Figure& figure) {
  if (figure.panels.empty() || figure.columns == 0)
    throw std::invalid_argument("a figure without panels cannot be drawn");
  const auto fits = [](const std::vector<double>& values, std::size_t size) {
    return values.empty() || values.size() == size;
  };
  for (const auto& panel : figure.panels) {
    for (const auto& curve : panel.curves)
      if (curve.y.size() != curve.x.size() || !fits(curve.low, curve.x.size()) || curve.high.size() != curve.low.size())
        throw std::invalid_argument("the curve '" + curve.label + "' has columns of different lengths");
    for (const auto& bars : panel.bars)
      if (bars.y.size() != bars.labels.size() || !fits(bars.low, bars.y.size()) || bars.high.size() != bars.low.size())
        throw std::invalid_argument("bars have columns of different lengths");
    for (const auto& contours : panel.contours)
      if (contours.x.size() < 2 || contours.y.size() < 2 ||
          contours.values.size() != contours.x.size() * contours.y.size())
        throw std::invalid_argument("contours need a value at each point of a grid");
    if (panel.contours.size() > 1 || panel.bars.size() > 1 || panel.x_range.size() > 1 || panel.y_range.size() > 1 ||
        (!panel.bars.empty() && !panel.curves.empty()))
      throw std::invalid_argument("a panel holds one set of contours, or bars and nothing else, and one range an axis");
  }
}

/// A figure as a gnuplot script, laid out in pixels from the top left.
class Script {
 public:
  Script(const Figure& figure, const fs::path& output, bool png) : figure_(figure) {
    check(figure);
    columns_ = std::min(figure.columns, figure.panels.size());
    rows_ = (figure.panels.size() + columns_ - 1) / columns_;
    measure();
    out_ = "set encoding utf8\nset minussign\n";
    // Twice the pixels for PNG: a page shows it at half its size.
    out_ += (png ? "set terminal pngcairo enhanced background '#ffffff' font 'sans-serif,11' fontscale 1.5 linewidth 2 "
                   "pointscale 2 size "
                 : "set terminal svg enhanced background '#ffffff' font 'sans-serif,11' size ") +
            number(png ? 2 * width_ : width_) + "," + number(png ? 2 * height_ : height_) + "\n";
    out_ += "set output " + literal(output.string()) +
            "\nset multiplot\nunset key\nset border 15 lc rgb '#444444' lw 1\n" +
            "set tics nomirror scale 0.5 textcolor rgb '#222222'\nset style fill transparent solid 0.12 noborder\n";
    head();
    for (std::size_t p = 0; p < figure.panels.size(); ++p) draw(p);
    out_ += "unset multiplot\nset output\n";
  }

  const std::string& text() const { return out_; }

 private:
  struct Entry {
    std::string label;
    Style style;
    double x, y;
  };

  void measure() {
    bool square = false;
    std::size_t longest = 0;
    for (const auto& panel : figure_.panels) {
      square = square || !panel.contours.empty();
      for (const auto& bars : panel.bars)
        for (const auto& label : bars.labels) longest = std::max(longest, letters(label));
    }
    left_ = std::max(58.0, 20 + letter * static_cast<double>(longest));
    const double plot = columns_ == 1 ? 430 : 258;
    panel_width_ = left_ + plot + right_;
    panel_height_ = top_ + bottom_ + (square ? plot : columns_ == 1 ? 260 : 154);
    for (const auto& panel : figure_.panels)
      for (const auto& bars : panel.bars)
        panel_height_ = std::max(panel_height_, top_ + bottom_ + 17 * static_cast<double>(bars.y.size()));
    width_ = std::max(panel_width_ * static_cast<double>(columns_), 480.0);

    double x = 20, y = figure_.title.empty() ? 18 : 42;
    for (const auto& panel : figure_.panels)
      for (std::size_t c = 0; c < panel.curves.size(); ++c) {
        const std::string& label = panel.curves[c].label;
        if (label.empty() || std::ranges::any_of(legend_, [&](const Entry& entry) { return entry.label == label; }))
          continue;
        const double wide = 50 + 1.1 * letter * static_cast<double>(letters(label));
        if (x + wide > width_ && x > 20) x = 20, y += 20;
        legend_.push_back({label, Style(panel.curves[c], c), x, y});
        x += wide;
      }
    wrap_note();
    header_ = legend_.empty() ? (figure_.title.empty() ? 0 : 30) : y + 14;
    height_ = header_ + panel_height_ * static_cast<double>(rows_) +
              (note_.empty() ? 0 : 8 + note_line * static_cast<double>(note_.size()));
  }

  /// The note's words in lines that end at the right edge.
  void wrap_note() {
    const double note_letter = letter * 10 / 12;
    const auto most = static_cast<std::size_t>((width_ - left_ - 4) / note_letter);
    std::istringstream words(figure_.note);
    for (std::string word; words >> word;)
      if (!note_.empty() && letters(note_.back()) + 1 + letters(word) <= most) note_.back() += " " + word;
      else note_.push_back(word);
  }

  std::string screen(double x, double y) const {
    return "screen " + number(x / width_) + ", screen " + number(1 - y / height_);
  }

  void label(double x, double y, const std::string& text, const std::string& how, bool heavy = false) {
    out_ += "set label " + (heavy ? bold(text) : literal(text)) + " at " + screen(x, y) +
            (heavy ? " " : " noenhanced ") + how + "\n";
  }

  /// Title, legend and note belong to the first panel's plot, and are taken away after it.
  void head() {
    if (!figure_.title.empty()) label(20, 18, figure_.title, "left font 'sans-serif,14'", true);
    for (const auto& [name, style, x, y] : legend_) {
      if (style.line)
        out_ += "set arrow from " + screen(x, y) + " to " + screen(x + 24, y) + " nohead " + style.stroke(0.4) + "\n";
      if (style.points) out_ += "set label '' at " + screen(x + 12, y) + " point " + style.mark() + "\n";
      label(x + 30, y, name, "left font 'sans-serif,12'");
    }
    for (std::size_t k = 0; k < note_.size(); ++k)
      label(left_, height_ + 2 - note_line * static_cast<double>(note_.size() - k), note_[k],
            "left font 'sans-serif,10' textcolor rgb '#666666'");
  }

  void draw(std::size_t p) {
    const Panel& panel = figure_.panels[p];
    const double x = panel_width_ * static_cast<double>(p % columns_),
                 y = header_ + panel_height_ * static_cast<double>(p / columns_);
    out_ += "set lmargin at screen " + number((x + left_) / width_) + "\nset rmargin at screen " +
            number((x + panel_width_ - right_) / width_) + "\nset tmargin at screen " +
            number(1 - (y + top_) / height_) + "\nset bmargin at screen " +
            number(1 - (y + panel_height_ - bottom_) / height_) + "\n";
    label(x + left_ + (panel_width_ - left_ - right_) / 2, y + top_ - 11, panel.title, "center font 'sans-serif,13'",
          true);
    label(x + left_ - 44, y + (top_ + panel_height_ - bottom_) / 2, panel.bars.empty() ? panel.y_label : "",
          "center rotate by 90");
    if (panel.bars.empty()) draw_curves(panel, p);
    else draw_bars(panel, p);
    out_ += "unset label\nunset arrow\nunset object\n";
  }

  void axes(const Axis& across, const Axis& up, const std::string& x_label, bool grid) {
    out_ += "set xlabel " + literal(x_label) + " noenhanced offset 0,0.3\n";
    out_ += "set xrange " + across.range() + "\nset yrange " + up.range() + "\n";
    out_ += "set xtics " + across.ticks() + "\nset ytics " + up.ticks() + "\n";
    out_ += grid ? "set grid xtics ytics back lt 1 lc rgb '#e6e6e6' lw 1\n" : "unset grid\n";
  }

  void draw_curves(const Panel& panel, std::size_t p) {
    Extent wide(panel.log_x), tall(panel.log_y);
    for (const auto& curve : panel.curves)
      wide.add(curve.x), tall.add(curve.y), tall.add(curve.low), tall.add(curve.high);
    for (const auto& contours : panel.contours) wide.add(contours.x), tall.add(contours.y);
    if (panel.level != 0) tall.add({panel.level});
    const bool on_map = !panel.contours.empty();
    const Axis across = wide.axis(panel.x_range, false), up = tall.axis(panel.y_range, !on_map);
    axes(across, up, panel.x_label, !on_map);
    if (const double at = up.drawn(panel.level); panel.level != 0 && at > up.low && at < up.high)
      out_ += "set arrow from graph 0, first " + number(at) + " to graph 1, first " + number(at) +
              " nohead back lc rgb '#777777' dt (3,3)\n";

    std::string plots, envelopes;
    const auto add = [&](const std::string& what) { plots += (plots.empty() ? "plot " : ", \\\n  ") + what; };
    const std::string name = "$p" + std::to_string(p);
    if (on_map) add(trace(panel.contours[0], name));
    for (std::size_t c = panel.curves.size(); c-- > 0;) {
      const Curve& curve = panel.curves[c];
      const std::string own = name + "c" + std::to_string(c);
      if (!write_points(own, curve, across, up)) continue;
      if (!curve.low.empty())
        envelopes += (envelopes.empty() ? "plot " : ", \\\n  ") + own + " using 1:3:4 with filledcurves lc rgb '" +
                     Style(curve, c).colour + "'";
      const Style style(curve, c);
      if (style.line) add(own + " using 1:2 with lines " + style.stroke());
      if (style.points) add(own + " using 1:2 with points " + style.mark());
    }
    add("NaN");  // so that a panel without points still has a frame
    if (!envelopes.empty()) plots = envelopes + ", \\\n  " + plots.substr(5);
    out_ += plots + "\n";
  }

  /// The curve as rows x, y, low, high in drawn coordinates, without the points inside a level stretch. False: nothing
  /// to draw.
  bool write_points(const std::string& name, const Curve& curve, const Axis& across, const Axis& up) {
    struct Row {
      std::array<double, 4> at;
      bool whole() const {
        return std::ranges::all_of(at, [](double v) { return !std::isnan(v); });
      }
    };
    std::vector<Row> rows;
    for (std::size_t k = 0; k < curve.x.size(); ++k) {
      const double y = up.drawn(curve.y[k]);
      rows.push_back({{across.drawn(curve.x[k]), y, curve.low.empty() ? y : up.drawn(curve.low[k]),
                       curve.low.empty() ? y : up.drawn(curve.high[k])}});
    }
    // A fifth of a pixel cannot be seen: what lies so near to the line between its neighbours is left out.
    const double fine = (up.high - up.low) / 800;
    const auto straight = [&](std::size_t from, std::size_t to) {
      for (std::size_t k = from + 1; k < to; ++k)
        for (std::size_t i = 1; i < 4; ++i) {
          const double share = (rows[k].at[0] - rows[from].at[0]) / (rows[to].at[0] - rows[from].at[0]);
          const double line = rows[from].at[i] + share * (rows[to].at[i] - rows[from].at[i]);
          if (!(std::abs(rows[k].at[i] - line) < fine)) return false;  // a step straight up makes a NaN, and stays
        }
      return true;
    };
    out_ += name + " << END\n";
    const bool thin = curve.line && !curve.points && std::ranges::is_sorted(curve.x);
    bool any = false;
    std::size_t kept = rows.size();
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (!rows[k].whole()) {
        out_ += "\n", kept = rows.size();
        continue;
      }
      if (thin && kept < k && k + 1 < rows.size() && rows[k + 1].whole() && straight(kept, k + 1)) continue;
      for (const double value : rows[k].at) out_ += number(value) + " ";
      out_.back() = '\n';
      kept = k, any = true;
    }
    out_ += "END\n";
    return any;
  }

  /// Traces level lines into a table by gnuplot; returns the command that draws it.
  std::string trace(const Contours& contours, const std::string& name) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double value : contours.values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
    // The floor of log(f − lowest): lines nearer to the lowest sample than this would only show the sampling.
    const double reach = high - low, floor = 1e-4 * reach;
    const auto height = [&](double value) {
      return contours.log_levels ? std::log10(std::max(value - low, floor)) : value;
    };
    out_ += name + "map << END\n" + std::to_string(contours.x.size());
    for (const double x : contours.x) out_ += " " + number(x);
    for (std::size_t r = 0; r < contours.y.size(); ++r) {
      out_ += "\n" + number(contours.y[r]);
      for (std::size_t c = 0; c < contours.x.size(); ++c)
        out_ += " " + number(height(contours.values[r * contours.x.size() + c]));
    }
    out_ += "\nEND\n";
    if (!(reach > 0)) return "NaN";
    const double from = contours.log_levels ? std::log10(floor) : low, to = height(high);
    const double step = (to - from) / static_cast<double>(contours.levels + 1);
    out_ += "set contour base\nunset surface\nset cntrparam levels incremental " + number(from + step) + "," +
            number(step) + "," + number(to - step / 2) + "\nset table " + name + "lines\nsplot " + name +
            "map nonuniform matrix with lines\nunset table\n" + "unset contour\nset surface\nset palette " +
            contour_palette + "\nset cbrange [" + number(from) + ":" + number(to) + "]\nunset colorbox\n";
    return name + "lines using 1:2:3 with lines lc palette lw 0.8";
  }

  void draw_bars(const Panel& panel, std::size_t p) {
    const Bars& bars = panel.bars[0];
    Extent wide(panel.log_y);
    wide.add(bars.y), wide.add(bars.low), wide.add(bars.high);
    if (!panel.log_y) wide.add({0});
    if (panel.level != 0) wide.add({panel.level});
    const Axis across = wide.axis(panel.y_range, true), up{false, -0.7, static_cast<double>(bars.y.size()) - 0.3};
    axes(across, up, panel.y_label, true);
    out_ += "set yrange [" + number(up.high) + ":" + number(up.low) + "]\nset ytics scale 0 (";
    for (std::size_t k = 0; k < bars.labels.size(); ++k)
      out_ += (k ? ", " : "") + literal(bars.labels[k]) + " " + std::to_string(k);
    out_ += ") noenhanced\nset grid xtics noytics back lt 1 lc rgb '#e6e6e6' lw 1\n";
    if (const double at = across.drawn(panel.level); panel.level != 0 && at > across.low && at < across.high)
      out_ += "set arrow from first " + number(at) + ", graph 0 to first " + number(at) +
              ", graph 1 nohead front lc rgb '#777777' dt (3,3)\n";
    const double base = panel.log_y ? across.low : std::clamp(0.0, across.low, across.high);
    const std::string name = "$p" + std::to_string(p) + "bars";
    out_ += name + " << END\n";
    for (std::size_t k = 0; k < bars.y.size(); ++k) {
      const double value = across.drawn(bars.y[k]);
      if (std::isnan(value)) continue;
      const double low = bars.low.empty() ? nan : across.drawn(bars.low[k]),
                   high = bars.low.empty() ? nan : across.drawn(bars.high[k]);
      out_ += number(value) + " " + std::to_string(k) + " " + number(std::isnan(low) ? value : low) + " " +
              number(std::isnan(high) ? value : high) + " " + number(base) + "\n";
    }
    out_ += "END\nset style fill solid 0.75 noborder\nplot " + name +
            " using (($1+$5)/2):2:5:1:($2-0.33):($2+0.33) with boxxyerror lc rgb '" + colours[1] + "'" +
            (bars.low.empty() ? "" : ", " + name + " using 1:2:3:4 with xerrorbars lc rgb '#222222' pt 0 lw 1.3") +
            ", NaN\nset style fill transparent solid 0.12 noborder\nset ytics scale 0.5 enhanced\n";
  }

  const Figure& figure_;
  std::string out_;
  std::vector<Entry> legend_;
  std::vector<std::string> note_;  // its lines
  std::size_t columns_ = 1, rows_ = 1;
  double left_ = 58, panel_width_ = 0, panel_height_ = 0, width_ = 0, height_ = 0, header_ = 0;
  static constexpr double right_ = 14, top_ = 30, bottom_ = 46;
};

/// A file in memory, without a name, so that it is gone however the process ends.
class NamelessFile {
 public:
  NamelessFile() : descriptor_(::memfd_create("figure", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::runtime_error("cannot make a file in memory: " + system_reason(errno));
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  ~NamelessFile() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno != EINTR) throw std::runtime_error("cannot write to memory: " + system_reason(errno));
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  std::string read() const {
    std::string text;
    char buffer[1 << 16];
    for (ssize_t got; (got = ::pread(descriptor_, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

 private:
  int descriptor_;
};

/// The message in gnuplot's output, which first repeats the failed line with a caret below: ("FILE", line N: what).
std::string complaint(const std::string& text) {
  std::size_t at = text.find("\", line ");
  at = at == std::string::npos ? 0 : text.find(": ", at);
  at = at == std::string::npos || at == 0 ? 0 : at + 2;
  return text.substr(at, text.find('\n', at) - at);
}

/// Removes what gnuplot adds and browsers show as tool tips: names of plots, and its version.
std::string without_titles(std::string svg) {
  for (const auto& [begin, end] :
       {std::pair<std::string_view, std::string_view>{"<title>", "</title>"}, {"<desc>", "</desc>"}})
    for (std::size_t at = svg.find(begin); at != std::string::npos; at = svg.find(begin, at)) {
      const std::size_t stop = svg.find(end, at);
      svg.erase(at, stop == std::string::npos ? stop : stop + end.size() - at);
    }
  return svg;
}

}  // namespace

void require_gnuplot() {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split_list(path ? path : "", ':'))
    if (::access((fs::path(folder) / "gnuplot").c_str(), X_OK) == 0) return;
  throw std::runtime_error("the picture needs gnuplot (apt-get install gnuplot-nox)");
}

void write_figure(const Figure& figure, const fs::path& path) {
  const std::string extension = path.extension().string();
  if (extension != ".svg" && extension != ".png")
    throw std::invalid_argument("a picture is a .svg or a .png, not '" + path.string() + "'");
  const NamelessFile script, output, errors;
  script.write(Script(figure, "/dev/stdout", extension == ".png").text());
  require_gnuplot();

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, script.descriptor(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  std::string name = "gnuplot", plain = "--default-settings", file = "/dev/stdin";
  char* const arguments[] = {name.data(), plain.data(), file.data(), nullptr};
  pid_t process = 0;
  const int failed = ::posix_spawnp(&process, "gnuplot", &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start gnuplot: " + system_reason(failed));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) throw std::runtime_error("cannot wait for gnuplot: " + system_reason(errno));
  if (status != 0) throw std::runtime_error("gnuplot failed: " + complaint(errors.read()));
  std::string picture = output.read();
  if (picture.empty() || (extension == ".svg" && picture.find("</svg>") == std::string::npos))
    throw std::runtime_error("gnuplot left an incomplete picture");
  if (extension == ".svg") picture = without_titles(std::move(picture));
  write_file(path, picture);
}

void write_figures(const Figure& figure, const fs::path& folder, const std::string& name) {
  for (const char* extension : {".svg", ".png"}) write_figure(figure, folder / (name + extension));
}

}  // namespace rover
