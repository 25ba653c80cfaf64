#include "agents/ask_tell.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "agents/coroutine.h"
#include "agents/runner.h"
#include "env/bad_value.h"
#include "env/landscapes/differenced.h"
#include "storage/checkpoint.h"

namespace rover {
namespace {

using Clock = std::chrono::steady_clock;

/// A surface whose values come from outside: each call pauses the coroutine that the walk runs in. While it pauses,
/// another walk may run in this thread, and this one go on in another: nothing here or above is a thread's.
class Asked final : public Landscape {
 public:
  Asked(const MinimizeOptions& options, Coroutine& walk)
      : name_(options.name),
        box_{options.low, options.high},
        gradient_(options.gradients),
        noisy_(options.noisy),
        walk_(walk) {}
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return box_.low.size(); }
  const Box& domain() const override { return box_; }
  bool has_gradient() const override { return gradient_; }
  bool is_noisy() const override { return noisy_; }

  void values(Reals points, MutReals values, RandomStream*) const override { wait({points, values, {}}); }
  void values_and_gradients(Reals points, MutReals values, MutReals gradients, RandomStream*) const override {
    wait({points, values, gradients});
  }

  void slices(Reals point, std::span<const Slice> slices, std::size_t n, MutReals grids, RandomStream*) const override {
    std::vector<double> points(slices.size() * n * n * dimension());
    const std::size_t of_one = n * n * dimension();
    for (std::size_t s = 0; s < slices.size(); ++s)
      slice_points(point, slices[s], n, MutReals(points).subspan(s * of_one, of_one));
    wait({points, grids, {}});
  }

  struct Request {
    Reals points;
    MutReals values, gradients;
  };
  const Request& pending() const { return pending_; }

 private:
  void wait(const Request& request) const {
    pending_ = request;
    walk_.pause();
    pending_ = {};
  }

  std::string name_;
  Box box_;
  bool gradient_, noisy_;
  Coroutine& walk_;
  mutable Request pending_;  // one walk plays here
};

void check(const MinimizeOptions& options, const EntryInfo& agent) {
  const std::size_t d = options.low.size();
  const auto require = [](bool holds, const std::string& sentence) {
    if (!holds) throw UsageError(sentence);
  };
  require(d > 0, "a search needs bounds: low and high, one number a coordinate");
  require(options.high.size() == d,
          "there are " + std::to_string(d) + " lower and " + std::to_string(options.high.size()) + " upper bounds");
  bool finite = true;
  for (std::size_t i = 0; i < d; ++i) {
    const double low = options.low[i], high = options.high[i];
    require(low < high, "coordinate " + std::to_string(i) + " goes from " + detail::to_text(low) + " to " +
                            detail::to_text(high) + ": its lower bound must be below the upper");
    finite = finite && std::isfinite(high - low);
  }
  require(finite || agent.capabilities.unbounded,
          "the agent '" + agent.id + "' needs finite bounds (rover list agents shows which do without)");
  require(finite || !options.start.empty(), "without finite bounds a search needs a start");
  require(options.start.empty() || options.start.size() == d, "the start has " + std::to_string(options.start.size()) +
                                                                  " coordinates, the bounds have " + std::to_string(d));
  for (std::size_t i = 0; i < options.start.size(); ++i)
    require(options.start[i] >= options.low[i] && options.start[i] <= options.high[i],
            "the start " + point_text(options.start) + " is outside the bounds");
  require(options.budget >= 1, "a search needs a budget of at least one evaluation");
  require(!std::isnan(options.target), "the target is not a number");
  require(options.seconds > 0, "the seconds must be above 0");
}

}  // namespace

std::string to_text(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return "the search goes on";
    case StopReason::budget:
      return "the budget is spent";
    case StopReason::agent:
      return "the agent has finished";
    case StopReason::target:
      return "the target is reached";
    case StopReason::seconds:
      return "the time is over";
    case StopReason::callback:
      return "the caller stopped it";
  }
  return {};
}

struct AskTell::State {
  MinimizeOptions options;
  std::unique_ptr<Agent> agent;
  std::shared_ptr<const Asked> asked;
  std::unique_ptr<SurfaceEnv> env;
  StopReason stopped = StopReason::none;
  double best_value = std::numeric_limits<double>::infinity();
  std::vector<double> best_point, pose;
  std::vector<double> told_values, told_gradients;  // all of them, for save()
  Clock::time_point begin = Clock::now();
  bool begun = false, ended_by_agent = false;
  Coroutine walk;  // last: unwound first, because it uses the others

  explicit State(MinimizeOptions given) : options(std::move(given)) {
    const EntryInfo& entry = agents().info(options.agent);
    check(options, entry);
    agent = agents().make(options.agent, options.settings);
    // Hessians always come from differences, and gradients with them.
    if (agent->zeroth_order() || entry.capabilities.hessians) options.gradients = false;
    asked = std::make_shared<Asked>(options, walk);
    std::shared_ptr<const Landscape> surface = asked;
    if (!options.gradients) surface = make_differenced(asked);
    env = make_surface_env(surface, {.budget = options.budget,
                                     .clamp = true,
                                     .noisy = options.noisy,
                                     .start = options.start,
                                     .on_bad_value = options.on_bad_value,
                                     .infinite_domain = entry.capabilities.unbounded});
    walk.start([this] {
      play(*agent, *env, options.seed, std::numeric_limits<std::uint64_t>::max(),
           [this](const Action&, const StepResult& result, const EpisodeInfo&) {
             ended_by_agent = result.terminated;
             pose.assign(result.observation.pose.begin(), result.observation.pose.end());
           });
    });
  }

  void go_on() {
    walk.resume();
    if (walk.finished()) stop(ended_by_agent ? StopReason::agent : StopReason::budget);
  }
  void stop(StopReason reason) {
    stopped = reason;
    walk.cancel();
  }

  Reals ask() {
    if (stopped != StopReason::none) return {};
    if (!std::exchange(begun, true)) go_on();
    if (std::isfinite(options.seconds) &&
        std::chrono::duration<double>(Clock::now() - begin).count() >= options.seconds)
      stop(StopReason::seconds);
    return stopped == StopReason::none ? asked->pending().points : Reals{};
  }

  void tell(Reals values, Reals gradients) {
    const auto& wanted = asked->pending();
    if (wanted.values.empty()) throw UsageError("tell() needs a question: call ask() first");
    const auto require = [](std::size_t given, std::size_t size, const char* what) {
      if (given != size)
        throw UsageError("the search asked for " + std::to_string(size) + " " + what + " and was told " +
                         std::to_string(given));
    };
    require(values.size(), wanted.values.size(), "values");
    require(gradients.size(), wanted.gradients.size(), "entries of gradients");
    const std::size_t d = options.low.size();
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (!std::isfinite(values[k]) || !(values[k] < best_value)) continue;
      const Reals point = wanted.points.subspan(k * d, d);
      best_value = values[k], best_point.assign(point.begin(), point.end());
    }
    told_values.insert(told_values.end(), values.begin(), values.end());
    told_gradients.insert(told_gradients.end(), gradients.begin(), gradients.end());
    std::ranges::copy(values, wanted.values.begin());
    std::ranges::copy(gradients, wanted.gradients.begin());
    if (best_value <= options.target) stop(StopReason::target);
    else go_on();
  }
};

AskTell::AskTell(MinimizeOptions options) : state_(std::make_unique<State>(std::move(options))) {}
AskTell::AskTell(AskTell&&) noexcept = default;
AskTell& AskTell::operator=(AskTell&&) noexcept = default;
AskTell::~AskTell() = default;

Reals AskTell::ask() { return state_->ask(); }
bool AskTell::wants_gradients() const { return !state_->asked->pending().gradients.empty(); }
void AskTell::tell(Reals values, Reals gradients) { state_->tell(values, gradients); }

std::size_t AskTell::dimension() const { return state_->options.low.size(); }
const MinimizeOptions& AskTell::options() const { return state_->options; }
StopReason AskTell::stopped() const { return state_->stopped; }
std::uint64_t AskTell::evaluations() const { return state_->env->info().evaluations; }
double AskTell::best_value() const { return state_->best_value; }
Reals AskTell::best_point() const { return state_->best_point; }
Reals AskTell::answer() const { return state_->pose; }

void AskTell::save(const std::filesystem::path& path) const {
  const MinimizeOptions& options = state_->options;
  Checkpoint out;
  out.put_text("agent", options.agent);
  out.put_text("name", options.name);
  out.put_text("on_bad_value", options.on_bad_value == BadValue::fail ? "fail" : "penalise");
  for (const auto& [key, value] : options.settings) out.put_text("settings/" + key, value);
  out.put("low", options.low);
  out.put("high", options.high);
  out.put("start", options.start);
  out.put_integer("budget", options.budget);
  out.put_integer("seed", options.seed);
  out.put_integer("gradients_given", options.gradients);
  out.put_integer("noisy", options.noisy);
  out.put_number("target", options.target);
  out.put_number("seconds", options.seconds);
  out.put("values", state_->told_values);
  out.put("gradients", state_->told_gradients);
  out.describe("values", "", "what the search was told, in the order in which it asked");
  out.write(path, CheckpointKind::search);
}

AskTell AskTell::load(const std::filesystem::path& path) {
  const Checkpoint in = Checkpoint::read(path);
  MinimizeOptions options{.low = in.get<double>("low"),
                          .high = in.get<double>("high"),
                          .agent = in.text("agent"),
                          .budget = in.integer("budget"),
                          .target = in.number("target"),
                          .seconds = in.number("seconds"),
                          .start = in.get<double>("start"),
                          .seed = in.integer("seed"),
                          .settings = in.group("settings").texts(),
                          .on_bad_value = in.text("on_bad_value") == "fail" ? BadValue::fail : BadValue::penalise,
                          .noisy = in.contains("noisy") && in.integer("noisy") != 0,
                          .gradients = in.integer("gradients_given") != 0,
                          .name = in.text("name")};
  const double seconds = std::exchange(options.seconds, std::numeric_limits<double>::infinity());
  AskTell search(std::move(options));
  Reals values = in.get<double>("values"), gradients = in.get<double>("gradients");
  while (!values.empty()) {
    const std::size_t n = search.ask().size() / search.dimension(),
                      slopes = search.wants_gradients() ? n * search.dimension() : 0;
    if (n == 0 || n > values.size() || slopes > gradients.size())
      throw std::runtime_error("'" + path.string() + "' was saved by another version of the agent '" +
                               search.options().agent + "': its questions were others");
    search.tell(values.first(n), gradients.first(slopes));
    values = values.subspan(n), gradients = gradients.subspan(slopes);
  }
  search.state_->options.seconds = seconds;
  search.state_->begin = Clock::now();
  return search;
}

}  // namespace rover
