#include "agents/minimize.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/executor.h"
#include "env/bad_value.h"
#include "storage/journal.h"

namespace rover {
namespace {

using Clock = std::chrono::steady_clock;

/// What a journal says about the search that it belongs to.
std::string purpose(const MinimizeOptions& options) {
  const auto list = [](const std::vector<double>& numbers) {
    std::vector<std::string> parts;
    for (const double number : numbers) parts.push_back(detail::to_text(number));
    return joined(parts, ",");
  };
  std::string out = options.name + " by " + options.agent;
  for (const auto& [key, value] : options.settings) out += " " + key + "=" + value;
  out += " low=" + list(options.low) + " high=" + list(options.high) + " start=" + list(options.start) +
         " budget=" + std::to_string(options.budget) + " seed=" + std::to_string(options.seed) +
         " on_bad_value=" + (options.on_bad_value == BadValue::fail ? "fail" : "penalise") +
         (options.noisy ? " noisy" : "") + " gradients=" + (options.gradients ? "given" : "differences");
  return out;
}

/// The function failed, and that ends the search.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Minimization {
 public:
  Minimization(const Objective& f, MinimizeOptions options, const CallOptions& how)
      : f_(f), how_(how), d_(options.low.size()), penalise_(options.on_bad_value == BadValue::penalise) {
    if (!f_) throw UsageError("there is no function to minimise");
    if (how.jobs < 1 || how.jobs > most_threads)
      throw UsageError("jobs is " + std::to_string(how.jobs) + ": from 1 to " + std::to_string(most_threads));
    options.gradients = static_cast<bool>(how.gradient);
    search_.emplace(options);
    timed_ = std::isfinite(options.seconds);
    if (!how.journal.empty()) journal_.emplace(how.journal, purpose(options));
    if (how.jobs > 1) executor_ = make_thread_executor(how.jobs);
  }

  MinimizeResult run() {
    try {
      for (Reals points = search_->ask(); !points.empty(); points = search_->ask()) {
        look(points);
        if (stop_ != StopReason::none) break;
        search_->tell(values_, gradients_);
      }
    } catch (const Failed& error) { throw EvaluationError(error.what(), result()); }
    return result();
  }

 private:
  struct Call {
    double value = 0;
    bool remembered = false;
  };

  void look(Reals points) {
    const std::size_t n = points.size() / d_, first = out_.evaluations;
    values_.assign(n, 0);
    kept_before_.assign(n, std::nullopt);  // the journal grows while other threads call
    const auto at = [&](std::size_t k) { return points.subspan(k * d_, d_); };
    if (journal_)
      for (std::size_t k = 0; k < n; ++k)
        if (const auto* found = journal_->find("f" + std::to_string(first + k)))
          kept_before_[k] = remembered(*found, at(k), 1)[0];
    try {
      if (executor_ && n > 1)
        executor_->map(
            n, [&](std::size_t k) { return call(kept_before_[k], at(k)); },
            [&](std::size_t k, const Call& made) { keep(first + k, at(k), values_[k], made); }, [&] { return over(); });
      else
        for (std::size_t k = 0; k < n && !over(); ++k) keep(first + k, at(k), values_[k], call(kept_before_[k], at(k)));
    } catch (const Stopped&) {
      if (stop_ == StopReason::none) stop_ = StopReason::callback;  // the function said so
    }
    if (stop_ != StopReason::none || !search_->wants_gradients()) return gradients_.clear();
    gradients_.assign(n * d_, 0);
    for (std::size_t k = 0; k < n; ++k) slope(points.subspan(k * d_, d_), MutReals(gradients_).subspan(k * d_, d_));
  }

  /// Whether the search ends in the middle of a look.
  bool over() {
    if (stop_ == StopReason::none && timed_ && seconds() >= search_->options().seconds) stop_ = StopReason::seconds;
    return stop_ != StopReason::none;
  }

  /// In any thread.
  Call call(const std::optional<double>& kept_before, Reals point) const {
    if (kept_before) return {*kept_before, true};
    double value = std::numeric_limits<double>::quiet_NaN();
    try {
      value = f_(point);
    } catch (const Stopped&) { throw; } catch (const std::exception& error) {
      fail("the function failed at " + point_text(point) + ": " + error.what());
    }
    if (!std::isfinite(value)) fail("the function returned " + detail::to_text(value) + " at " + point_text(point));
    return {value};
  }
  void fail(const std::string& sentence) const {
    if (!penalise_) throw Failed(sentence);
  }

  /// One call at a time.
  void keep(std::uint64_t index, Reals point, double& value, const Call& made) {
    value = made.value;
    if (journal_ && !made.remembered) append("f" + std::to_string(index), point, {&value, 1});
    ++out_.evaluations, out_.remembered += made.remembered;
    if (!std::isfinite(value)) ++out_.bad_values;
    else if (value < out_.value) out_.value = value, out_.point.assign(point.begin(), point.end());
    if (how_.history) {
      out_.points.resize(std::max(out_.points.size(), (index + 1) * d_));
      out_.values.resize(std::max<std::size_t>(out_.values.size(), index + 1),
                         std::numeric_limits<double>::quiet_NaN());
      std::ranges::copy(point, out_.points.begin() + static_cast<std::ptrdiff_t>(index * d_));
      out_.values[index] = value;
    }
    if (stop_ != StopReason::none) return;
    if (out_.value <= search_->options().target) stop_ = StopReason::target;
    else if (how_.callback && !how_.callback({out_.evaluations, value, point, out_.value, out_.point, seconds()}))
      stop_ = StopReason::callback;
  }

  void slope(Reals point, MutReals gradient) {
    const std::string key = "g" + std::to_string(out_.gradients++);
    if (const auto* found = journal_ ? journal_->find(key) : nullptr)
      return void(std::ranges::copy(remembered(*found, point, d_), gradient.begin()));
    try {
      how_.gradient(point, gradient);
    } catch (const std::exception& error) {
      fail("the gradient failed at " + point_text(point) + ": " + error.what());
      std::ranges::fill(gradient, std::numeric_limits<double>::quiet_NaN());
    }
    if (journal_) append(key, point, gradient);
  }

  void append(const std::string& key, Reals point, Reals numbers) {
    std::vector<double> part(point.begin(), point.end());
    part.insert(part.end(), numbers.begin(), numbers.end());
    const auto bytes = std::as_bytes(std::span(part));
    journal_->put(key, {bytes.begin(), bytes.end()});
  }

  std::vector<double> remembered(const Journal::Bytes& part, Reals point, std::size_t count) const {
    std::vector<double> numbers(part.size() / sizeof(double));
    std::memcpy(numbers.data(), part.data(), numbers.size() * sizeof(double));
    if (numbers.size() != d_ + count || !std::equal(point.begin(), point.end(), numbers.begin()))
      throw std::runtime_error("'" + how_.journal.string() +
                               "' holds other points than this agent asks for: it was written by another version or on "
                               "another kind of processor (--deterministic makes them alike)");
    return {numbers.begin() + static_cast<std::ptrdiff_t>(d_), numbers.end()};
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  MinimizeResult result() {
    out_.stopped = stop_ != StopReason::none ? stop_.load() : search_->stopped();
    out_.seconds = seconds();
    const Reals answer = search_->answer();
    out_.answer.assign(answer.begin(), answer.end());
    return std::move(out_);
  }

  const Objective& f_;
  const CallOptions& how_;
  std::size_t d_;
  bool penalise_, timed_ = false;
  Clock::time_point begin_ = Clock::now();
  std::optional<AskTell> search_;
  std::optional<Journal> journal_;
  std::unique_ptr<Executor> executor_;
  std::vector<double> values_, gradients_;
  std::vector<std::optional<double>> kept_before_;   // [points of the look]
  std::atomic<StopReason> stop_ = StopReason::none;  // asked before each call, in any thread
  MinimizeResult out_;
};

}  // namespace

MinimizeResult minimize(const Objective& f, const MinimizeOptions& options, const CallOptions& how) {
  return Minimization(f, options, how).run();
}

}  // namespace rover
