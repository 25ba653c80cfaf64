#pragma once
#include "agents/search/local_model.h"
#include "agents/search/noise.h"

namespace rover::search {

/// A descent among noisy values. It stands where its model is lowest, not at the luckiest sample: the fit averages.
/// While steps promise more than the noise, it goes like `Descent`. Once they do not, it samples around the model's
/// minimum, in a window so wide that the surface rises by several deviations of the noise to its edge, and as narrow as
/// what predictions miss beyond the noise asks for.
class NoisyDescent {
 public:
  NoisyDescent(Probe& probe, RandomStream& stream, const DescentOptions& descent, const NoiseOptions& noise);

  struct End {
    double value = std::numeric_limits<double>::infinity();  ///< by the model
    double error = 0;                                        ///< standard error of it
    double half_width = 0;
    std::vector<double> point;
    bool leads(const End& other) const { return value + error < other.value + other.error; }
  };
  /// From a point with its value, in a ball of `half_width`, until it has spent `patience` evaluations among the noise.
  /// While it leads `rival`, it is the search's answer.
  const End& operator()(Reals start_d, double value, double half_width, Deviation& deviation, std::size_t patience,
                        const End& rival);

 private:
  void fit() { local_.fit(value_, 0, deviation_); }
  void evaluate(std::size_t count, bool ends_iteration);
  void look(std::size_t count);
  void repeat();
  void step();
  void average();
  void stand(const End& rival);
  double predicted(const Eigen::Ref<const Vector>& z) const {
    return local_.model().offset + local_.model().range * local_.model()(z);
  }

  Probe& probe_;
  DescentOptions options_;
  NoiseOptions noise_;
  std::size_t d_, fresh_;
  double coefficients_;
  LocalModel local_;
  Matrix asked_;
  std::vector<double> values_;
  std::size_t looked_ = 0;  // points of the last look that can be repeated
  Deviation* known_ = nullptr;
  double value_ = 0, deviation_ = 0, missed_ = 1;  // missed: squared, in deviations, a running mean
  End end_;
};

}  // namespace rover::search
