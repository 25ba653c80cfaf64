#pragma once
#include "agents/search/probe.h"
#include "agents/search/trust_step.h"
#include "core/random.h"

namespace rover::search {

/// What a descent knows around its window: the samples near it, the quadratic through them, the step that it asks for,
/// and the directions that samples leave open.
class LocalModel {
 public:
  LocalModel(Probe& probe, RandomStream& stream, const DescentOptions& options);

  Window& window() { return window_; }
  const Window& window() const { return window_; }
  void set_prior(double prior) { ridge_.set_prior(prior); }
  const Model& model() const { return model_; }
  const TrustStep& step() const { return step_; }

  void begin(Reals centre_d, double half_width);
  /// Through the samples that are nearest. `value`: at the centre. `noise`: what predictions missed lately, in ranges.
  /// `deviation`: of the values, in f's units.
  void fit(double value, double noise, double deviation = 0);
  /// How many of them lie within two half-widths; `note_near` counts one that came since.
  std::size_t near() const { return near_; }
  void note_near(double squared) { near_ += squared <= near_distance * near_distance; }
  /// The same model with a sample more, if there is room.
  bool add(const Eigen::Ref<const Vector>& z, double value);
  std::size_t room() const { return ridge_.room(); }
  void find_step(double limit) { step_(model_, window_, limit); }

  /// Puts `count` points in the first columns of `points`, at |z| = 1 from the centre along the directions that the
  /// samples cover least, on the side where the model falls, or on either.
  void place(std::size_t count, bool downhill, Matrix& points);
  /// z of a point.
  Vector z_of(const Eigen::Ref<const Vector>& point) const { return window_.inverse() * (point - window_.centre()); }
  /// T ← T V |λ|^−metric/2 Vᵀ by as much of it as there are samples for, eigenvalues no smaller than `floor`.
  void follow_shape(double floor = 0);

  static constexpr double near_distance = 2;
  /// The widest window that makes sense.
  double widest() const { return probe_.region().bounded ? 0.5 : 1e9; }

 private:
  void sort_directions();

  Probe& probe_;
  RandomStream& stream_;
  DescentOptions options_;
  std::size_t d_;
  Window window_;
  RidgeFit ridge_;
  Model model_;
  TrustStep step_;
  Eigen::SelfAdjointEigenSolver<Matrix> spread_;
  Matrix covered_, directions_;
  Vector z_, factors_, point_;
  std::size_t near_ = 0;
};

}  // namespace rover::search
