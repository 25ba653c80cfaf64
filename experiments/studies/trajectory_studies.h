#pragma once
#include "experiments/reproduce.h"

namespace rover {

// Figures 8 to 10 of the paper, drawn from one trained Rover: train_in_pomdp(place).
// Each writes FOLDER/figureN….svg and .png, and all its series to FOLDER/figureN.h5.

/// A line about which the paper gives no number.
inline ResultLine measured(const std::string& name, const std::string& unit, bool smaller_is_better = true) {
  ResultLine line;
  line.name = name, line.unit = unit, line.smaller_is_better = smaller_is_better;
  return line;
}

/// α and δ over the iterations, on one instance of each training family, 20 perturbed starts.
StudyResult run_figure8(StudyPlace& place);
/// The same from α₀ 100× too small and δ₀ 100× too large, each start on an instance of its own: 200 starts a family,
/// 400 in full.
StudyResult run_figure9(StudyPlace& place);
/// Paths and sampled grids on contour plots, one instance of each training family.
StudyResult run_figure10(StudyPlace& place);

}  // namespace rover
