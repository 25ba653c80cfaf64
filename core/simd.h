#pragma once
#include <string>

namespace rover {

/// The instruction set that the kernels run with here, by Highway's name: "AVX3", "AVX2", "SSE4", "NEON", … Results
/// differ between instruction sets in their last bits.
std::string simd_target();

/// From now on the kernels run with the instructions that every processor of this architecture has. Call it before the
/// first kernel runs.
void use_baseline_simd();

}  // namespace rover
