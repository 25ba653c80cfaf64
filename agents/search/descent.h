#pragma once
#include "agents/search/local_model.h"

namespace rover::search {

/// One descent: rounds of a look where samples are few, a fit, a try and the next resolution, from a window that
/// remembers the surface's shape. Where points are asked for several at a time, a try has company: a step twice as long
/// where the limit cut it, and points around its end for the next fit.
class Descent {
 public:
  Descent(Probe& probe, RandomStream& stream, const DescentOptions& options);

  struct Try {
    bool improved = false, longer = false;  // `longer`: the step of twice the limit was the best
    double ratio = 0;                       // gain over prediction
  };

  struct End {
    double value;
    std::vector<double> point;
  };
  /// Begins at a point with its value, in a ball of `half_width`.
  void begin(Reals start_d, double value, double half_width);
  /// One round; false: it was the last. `rival`: the best value so far, which a descent without hope of reaching it
  /// does not compete with; infinite: it goes on whatever it gains.
  bool round(double rival);
  /// A whole descent.
  const End& operator()(Reals start_d, double value, double half_width, double rival);

  double value() const { return value_; }
  const LocalModel& local() const { return local_; }
  double missed() const { return noise_; }                    ///< what predictions missed lately, in ranges
  double idle() const { return static_cast<double>(idle_); }  ///< rounds without gain
  double recent_gain() const { return recent_; }              ///< a round, a running mean
  const Try& last_try() const { return try_; }
  /// Another deviation of second derivatives from a ball's for the fits to come (FitOptions::prior).
  void set_prior(double prior) { local_.set_prior(prior); }
  /// Other settings for the rounds to come.
  struct Settings {
    double need = 1, limit = 1, abandon = 1, fresh = 1;  ///< × those of the options
    double growth = 1, shrink = 1;                       ///< powers of them
  };
  void set(const Settings& settings) { now_ = settings; }
  double promise() const;   ///< what the model's minimum is below the value
  double nearness() const;  ///< samples near over those that are enough
  double rounds() const { return static_cast<double>(round_); }
  /// Before it goes on after another search has used the samples.
  void resume() { local_.window().know(0); }

 private:
  void look(std::size_t count);
  Try try_step();
  void try_anything();
  /// Evaluates the first `count` columns of asked_; whether the best of them leads.
  bool evaluate(std::size_t count, bool ends_iteration);
  void miss(double value, const Eigen::Ref<const Vector>& z, double rate);

  Probe& probe_;
  RandomStream& stream_;
  DescentOptions options_;
  std::size_t d_, batch_;
  LocalModel local_;
  TrustStep longer_;
  Matrix asked_, around_;
  Vector z_;
  std::vector<double> values_;
  std::size_t best_ = 0;  // column of asked_
  double value_ = 0, noise_ = 0, recent_ = 0;
  Settings now_;
  std::size_t enough_ = 1;
  std::size_t round_ = 0, idle_ = 0;
  Try try_;
  End end_;
};

}  // namespace rover::search
