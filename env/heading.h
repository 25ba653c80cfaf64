#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace rover {

/// The direction predictor Δ(s) of section 3.2.2: from rescaled grids to unit vectors in the plane. Stateless and safe
/// to share between threads. Learned headings live in agents/rover, analytic ones beside this file.
class Heading {
 public:
  virtual ~Heading() = default;
  virtual std::string_view name() const = 0;
  /// The grid size n it was made for; 0 means any n ≥ 3.
  virtual std::size_t grid_size() const { return 0; }
  /// Length F of the feature vector it offers to a policy (its last hidden layer); 0 for none.
  virtual std::size_t feature_count() const { return 0; }
  /// grids [b, n, n] in [0, 1] → unit directions [b, 2] (entry 0 along the grid's first index), the norms ‖y‖ of the
  /// raw outputs [b], and features [b, F] (empty when F = 0). A flat grid gives a finite unit vector.
  virtual void headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                        std::span<float> norms_b, std::span<float> features_bf) const = 0;
};

/// Normalises a raw output y to the unit direction; a vanishing y becomes (1, 0) with norm 0.
inline void write_direction(float y0, float y1, std::span<float> direction_2, float& norm) {
  norm = std::hypot(y0, y1);
  const bool vanishes = !(norm > 1e-9f);
  direction_2[0] = vanishes ? 1 : y0 / norm;
  direction_2[1] = vanishes ? 0 : y1 / norm;
  if (vanishes) norm = 0;
}

}  // namespace rover
