#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "env/surface_env.h"
#include "env/trial.h"

namespace rover {

// The one player of trials: agents × trials → curves on three clocks. Evaluations, tuning and studies use it.

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max() / 2;

/// When a run ends, and the settings of its environment.
struct RunLimits {
  std::uint64_t evaluations = unlimited, iterations = unlimited;
  bool clamp = false, noisy = false;  ///< as in SurfaceEnvOptions
  BadValue on_bad_value = BadValue::fail;
  std::uint64_t gradient_evaluations = 0;  ///< as in SurfaceEnvOptions
};

/// Which points a curve keeps, beside its first and its last: the end of each of the first iterations, of those that
/// are marks, the last point at or before each of the evaluation marks, improvements, and one whenever the evaluations
/// grew by this share since the last. At marks and at the end everything is measured, whatever it costs.
struct CurveDetail {
  std::uint64_t iterations = 100;
  std::vector<std::uint64_t> iteration_marks = {}, evaluation_marks = {};  ///< ascending
  bool improvements = true;
  double growth = std::numeric_limits<double>::infinity();
  bool validation = false;  ///< measure the validation loss, too, where the surface has one
};

/// Best noise-free value after so many iterations, evaluations and seconds; all have one length. A look in the middle
/// of an iteration counts as that iteration's. The start is given: f(x₀) counts as found before the first look. Where
/// the agent stopped, the last point stands at the run's limits: giving up early is not being fast.
struct TrialCurve {
  std::vector<std::uint64_t> iterations, evaluations;
  std::vector<double> seconds;  ///< processor time of the run's thread: neither other programs nor measuring count
  std::vector<double> best_value;
  std::vector<double> validation;  ///< loss of the best point; NaN between marks; empty: never measured
  double answer = std::numeric_limits<double>::quiet_NaN();  ///< noise-free, at the last pose; where looks are noisy
  std::string failure;  ///< the sentence of a surface that returned NaN or infinity, where the curve ends; else empty
  template <class Self, class Visit>
  static void parts(Self& self, Visit&& visit) {
    visit(self.iterations), visit(self.evaluations), visit(self.seconds), visit(self.best_value),
        visit(self.validation), visit(self.answer), visit(self.failure);
  }
  double best() const { return best_value.back(); }
};

/// Plays one run. On noisy surfaces the recorder asks the landscape for the noise-free value of each look's lowest
/// sample, which is not charged. Where that costs more than a few looks (Landscape::noise_free_cost), it asks only at
/// the end, at the detail's marks, and after 1, 2, 5, 10, 20, 50, … iterations, once as many have passed as it costs:
/// but for the marks, measuring never takes longer than walking. Between, the best value is the last measured. Throws
/// what the agent and the surface throw, but for bad values.
TrialCurve play_trial(Agent& agent, const Trial& trial, const RunLimits& limits, std::uint64_t seed,
                      const CurveDetail& detail);

/// A participant: an agent of agents() with settings.
struct Entrant {
  std::string name;  ///< in sentences: "'gd' on 'sphere'"
  std::string id;
  Settings settings;
  RunLimits limits;
};

/// A run of entrants[entrant]; the message of what it throws begins with the entrant's name and `where` ("start 3").
struct TrialRun {
  std::size_t entrant;
  const Trial* trial;
  std::uint64_t seed;
  std::string where = {};
};

/// Plays runs of the entrants on any number of workers at a time: worker w makes an agent once for all runs of entrants
/// with the same id and settings.
class TrialPlayer {
 public:
  TrialPlayer(std::vector<Entrant> entrants, CurveDetail detail, std::size_t workers);
  /// The same (but for seconds) for any worker. A worker plays one run at a time.
  TrialCurve play(const TrialRun& run, std::size_t worker);

 private:
  using Team = std::map<std::pair<std::string, Settings>, std::unique_ptr<Agent>>;
  std::vector<Entrant> entrants_;
  CurveDetail detail_;
  std::vector<Team> teams_;
};

/// Calls `call` and puts `who` before the message of what it throws; std::bad_alloc is thrown as it is.
template <class Call>
auto named(const std::string& who, Call&& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) { throw; } catch (const UsageError& error) {
    throw UsageError(who + ": " + error.what());
  } catch (const std::exception& error) { throw std::runtime_error(who + ": " + error.what()); }
}

}  // namespace rover
