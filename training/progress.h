#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <string>
#include <vector>

#include "training/trainer.h"

namespace rover {

/// "1h02m", "2m10s", "12s".
std::string duration_text(double seconds);

/// Columns of the terminal behind a file descriptor; 100 where there is none.
std::size_t terminal_width(int descriptor);

/// How fast steps go, from the last 15 s of the current phase (phases differ in the cost of a step), and how long the
/// rest will take, from the share of the work that was done in the last minute.
class RateMeter {
 public:
  void add(double time_s, std::uint64_t steps, double share, const std::string& phase);
  double steps_per_second() const;  ///< 0: not known yet
  double seconds_left() const;      ///< −1: not known yet

 private:
  struct Sample {
    double time_s, steps, share;
  };
  std::deque<Sample> phase_samples_, samples_;
  std::string phase_;
};

/// The last value of every metric, in the trainer's order.
struct MetricValues {
  std::vector<std::string> names;
  std::vector<double> values;
  std::vector<std::uint8_t> logged, in_phase;  ///< 0 or 1: since the process began; since the phase began
};

/// Shows how training goes: a status line redrawn in place on a terminal, else a plain line about every 5 s.
class Progress {
 public:
  /// `out` nullptr: silent.
  Progress(std::ostream* out, bool terminal) : out_(out), terminal_(terminal) {}
  /// Whether a line is due; cheap, for every step.
  bool due() const;
  void show(const Trainer& trainer, MetricValues& metrics);
  /// Shows the last state and ends the status line.
  void finish(const Trainer& trainer, MetricValues& metrics);

 private:
  using Clock = std::chrono::steady_clock;
  double now() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  void write(const Trainer& trainer, const MetricValues& metrics);
  std::ostream* out_;
  bool terminal_;
  Clock::time_point begin_ = Clock::now();
  double last_sample_s_ = -1, last_line_s_ = 0;
  std::uint64_t written_ = ~std::uint64_t{0};  ///< steps of the last line
  std::string phase_;
  RateMeter rate_;
};

/// "policy  43% [####......]  1234/5000 steps, 12.3 steps/s, 1m20s left, loss 0.012": the whole line, without the
/// redrawing. The percentage and the bar show the share of the work.
std::string progress_text(const Trainer& trainer, const RateMeter& rate, const MetricValues& metrics);

/// The table that ends a run: one line a metric.
void print_summary(std::ostream& out, const MetricValues& metrics);

}  // namespace rover
