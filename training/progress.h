#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <string>
#include <vector>

namespace rover {

/// "1h02m", "2m10s", "12s".
std::string duration_text(double seconds);

/// How fast it goes and how long it will take, from the last 15 s of the current phase: phases differ in the cost of a
/// step, so that an average over all of them would mislead.
class RateMeter {
 public:
  void add(double time_s, std::uint64_t steps, const std::string& phase);
  double steps_per_second() const;                 ///< 0: not known yet
  double seconds_left(std::uint64_t total) const;  ///< −1: not known yet

 private:
  struct Sample {
    double time_s;
    std::uint64_t steps;
  };
  std::deque<Sample> samples_;
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
  void show(std::uint64_t steps, std::uint64_t total, const std::string& phase, MetricValues& metrics);
  /// Shows the last state and ends the status line.
  void finish(std::uint64_t steps, std::uint64_t total, const std::string& phase, MetricValues& metrics);

 private:
  using Clock = std::chrono::steady_clock;
  double now() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  void write(std::uint64_t steps, std::uint64_t total, const std::string& phase, const MetricValues& metrics);
  std::ostream* out_;
  bool terminal_;
  Clock::time_point begin_ = Clock::now();
  double last_sample_s_ = -1, last_line_s_ = 0;
  std::uint64_t written_ = ~std::uint64_t{0};  ///< steps of the last line
  std::string phase_;
  RateMeter rate_;
};

/// "policy  43% [####······]  1234/5000 steps, 12.3 steps/s, 1m20s left, loss 0.012": the whole line, without the
/// redrawing.
std::string progress_text(std::uint64_t steps, std::uint64_t total, const std::string& phase, const RateMeter& rate,
                          const MetricValues& metrics);

/// The table that ends a run: one line a metric.
void print_summary(std::ostream& out, const MetricValues& metrics);

}  // namespace rover
