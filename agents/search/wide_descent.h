#pragma once
#include "agents/search/wide_model.h"
#include "core/random.h"

namespace rover::search {

/// `Descent` in many dimensions: rounds of a look where samples are few, a fit, a try and the next resolution, in a
/// ball. A look's points lie along the axes, which take turns.
class WideDescent {
 public:
  WideDescent(Probe& probe, RandomStream& stream, const SearchOptions& options);
  struct End {
    double value, half_width;
    std::vector<double> point;
  };
  /// Begins at a point with its value, in a ball of `half_width`.
  void begin(Reals start_d, double value, double half_width);
  /// One round; false: it was the last. `rival` as in `Descent`.
  bool round(double rival);
  const End& operator()(Reals start_d, double value, double half_width, double rival);
  double value() const { return value_; }

  /// The same among noise of this standard deviation, for so many evaluations after steps promise less than it. The
  /// descent stands where its models are lowest, not at the luckiest sample; where it leads `rival`, that is the
  /// search's answer. The end's value is the model's.
  const End& among_noise(Reals start_d, double value, double half_width, double deviation, std::size_t patience,
                         double rival);

 private:
  void look(std::size_t count, bool moves);
  bool attempt();
  void miss(double value, double expected, double rate);
  const End& end();

  Probe& probe_;
  RandomStream& stream_;
  DescentOptions options_;
  NoiseOptions noise_options_;
  WideOptions wide_;
  std::size_t d_, pace_;
  WideModel model_;
  Matrix asked_;
  std::vector<double> values_, expected_;
  std::vector<std::size_t> axes_;
  std::size_t next_axis_ = 0;
  Vector slope_, tried_;
  double value_ = 0, noise_ = 0, recent_ = 0, ratio_ = 0;
  std::size_t round_ = 0, idle_ = 0;
  End end_;
};

}  // namespace rover::search
