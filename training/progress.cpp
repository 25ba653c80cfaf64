#include "training/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <utility>

namespace rover {
namespace {

constexpr double kPhaseWindow_s = 15, kWindow_s = 60, kSample_s = 0.2, kLine_s = 5, kSoon_s = 1;
constexpr std::size_t kShownMetrics = 4;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[128];
  std::snprintf(buffer, sizeof buffer, pattern, args...);
  return buffer;
}

}  // namespace

std::size_t terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::min(std::max(seconds, 0.0) + 0.5, 3.6e7));
  if (whole >= 3600) return format("%lldh%02lldm", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return format("%lldm%02llds", whole / 60, whole % 60);
  return format("%llds", whole);
}

void RateMeter::add(double time_s, std::uint64_t steps, double share, const std::string& phase) {
  const Sample now{time_s, static_cast<double>(steps), share};
  if (phase != phase_) {
    if (phase_samples_.size() > 1) phase_samples_.erase(phase_samples_.begin(), phase_samples_.end() - 1);
    phase_ = phase;
  }
  const auto keep = [&](std::deque<Sample>& samples, double window_s) {
    samples.push_back(now);
    while (samples.size() > 2 && time_s - samples.front().time_s > window_s) samples.pop_front();
  };
  keep(phase_samples_, kPhaseWindow_s), keep(samples_, kWindow_s);
}

double RateMeter::steps_per_second() const {
  if (phase_samples_.size() < 2) return 0;
  const double elapsed = phase_samples_.back().time_s - phase_samples_.front().time_s;
  return elapsed > 0 ? (phase_samples_.back().steps - phase_samples_.front().steps) / elapsed : 0;
}

double RateMeter::seconds_left() const {
  if (samples_.size() < 2) return -1;
  const double done = samples_.back().share - samples_.front().share;
  if (done <= 0) return -1;
  return (1 - std::min(samples_.back().share, 1.0)) * (samples_.back().time_s - samples_.front().time_s) / done;
}

std::string progress_text(const Trainer& trainer, const RateMeter& rate, const MetricValues& metrics) {
  const std::uint64_t steps = trainer.steps_done(), total = trainer.steps_total();
  const double fraction = steps >= total ? 1 : trainer.share_done();
  std::string bar(10, '.');
  std::fill_n(bar.begin(), std::min<std::size_t>(10, static_cast<std::size_t>(fraction * 10)), '#');
  std::string text = trainer.phase() + " " + format("%3d%%", static_cast<int>(fraction * 100)) + " [" + bar + "] " +
                     std::to_string(steps) + "/" + std::to_string(total) + " steps";
  if (const double speed = rate.steps_per_second(); speed > 0)
    text += format(speed < 10 ? ", %.2g steps/s" : ", %.0f steps/s", speed);
  if (const double left = rate.seconds_left(); left >= 0 && steps < total) text += ", " + duration_text(left) + " left";
  std::size_t shown = 0;
  for (std::size_t i = 0; i < metrics.names.size() && shown < kShownMetrics; ++i)
    if (metrics.in_phase[i]) text += ", " + metrics.names[i] + format(" %.4g", metrics.values[i]), ++shown;
  return text;
}

bool Progress::due() const { return out_ && now() - last_sample_s_ >= kSample_s; }

void Progress::show(const Trainer& trainer, MetricValues& metrics) {
  if (!out_) return;
  const std::string phase = trainer.phase();
  last_sample_s_ = now();
  rate_.add(last_sample_s_, trainer.steps_done(), trainer.share_done(), phase);
  if (phase != phase_) std::fill(metrics.in_phase.begin(), metrics.in_phase.end(), std::uint8_t{0});
  const double wait_s = phase == phase_ ? kLine_s : kSoon_s;
  phase_ = phase;
  if (!terminal_ && last_sample_s_ - last_line_s_ < wait_s) return;
  write(trainer, metrics);
  last_line_s_ = last_sample_s_;
}

void Progress::finish(const Trainer& trainer, MetricValues& metrics) {
  if (!out_ || (!terminal_ && written_ == trainer.steps_done())) return;
  rate_.add(now(), trainer.steps_done(), trainer.share_done(), trainer.phase());
  write(trainer, metrics);
  if (terminal_) *out_ << '\n';
  out_->flush();
}

void Progress::write(const Trainer& trainer, const MetricValues& metrics) {
  written_ = trainer.steps_done();
  const std::string text = progress_text(trainer, rate_, metrics);
  if (terminal_) *out_ << '\r' << text.substr(0, terminal_width(STDOUT_FILENO) - 1) << "\033[K";
  else *out_ << text << '\n';
  out_->flush();
}

void print_summary(std::ostream& out, const MetricValues& metrics) {
  std::size_t width = 6;
  for (std::size_t i = 0; i < metrics.names.size(); ++i)
    if (metrics.logged[i]) width = std::max(width, metrics.names[i].size());
  bool first = true;
  for (std::size_t i = 0; i < metrics.names.size(); ++i) {
    if (!metrics.logged[i]) continue;
    if (std::exchange(first, false)) out << "metric" << std::string(width - 6, ' ') << "  last value\n";
    out << metrics.names[i] << std::string(width - metrics.names[i].size(), ' ') << "  "
        << format("%.6g", metrics.values[i]) << '\n';
  }
  out.flush();
}

}  // namespace rover
