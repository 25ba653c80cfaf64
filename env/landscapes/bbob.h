#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "env/landscape.h"

namespace rover {

// The 24 noiseless functions of the field's benchmark, COCO's suite `bbob` (Hansen, Finck, Ros & Auger, "Real-Parameter
// Black-Box Optimization Benchmarking 2009: Noiseless Functions Definitions", INRIA RR-6829, and COCO's sources for
// what the report leaves open: seeds, and the order of the transformations). Values equal COCO's to ten digits. They
// are for reporting: nothing here is tuned or trained on them.

inline constexpr std::size_t bbob_functions = 24;

struct BbobInfo {
  std::string_view name;
  /// 0 separable, 1 moderately conditioned, 2 ill-conditioned, 3 multimodal with structure, 4 with weak structure.
  std::size_t group;
};
/// Of function 1 to 24.
const BbobInfo& bbob_info(std::size_t function);
inline constexpr std::array<std::string_view, 5> bbob_groups{"separable", "moderate", "ill-conditioned", "multimodal",
                                                             "weakly structured"};

/// Function 1 to 24 in d ≥ 2 dimensions; instance ≥ 1 draws optimum, rotations and the value of the optimum. Domain
/// [−5, 5]^d; no derivatives. Throws UsageError for others.
std::unique_ptr<Landscape> make_bbob(std::size_t function, std::size_t dimension, std::uint64_t instance);

}  // namespace rover
