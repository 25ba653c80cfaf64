#pragma once
#include <cstddef>
#include <span>

namespace rover {

/// Five Newton–Schulz iterations X ← aX + (bA + cA²)X, A = XXᵀ, on X/|X| with (a, b, c) = (3.4445, −4.7750, 2.0315)
/// (Jordan et al. 2024): singular values end between .7 and 1.2, so that all directions of the matrix count alike. With
/// s the shorter side, every iterate is a polynomial in the first A times the first X. So A alone is iterated, s × s
/// and symmetric, and the polynomial multiplies X once: four times less arithmetic at 128 × 784.
/// matrix [rows, columns] is overwritten; `scratch` holds newton_schulz_scratch(rows, columns) floats.
void newton_schulz(std::size_t rows, std::size_t columns, std::span<float> matrix, std::span<float> scratch);
std::size_t newton_schulz_scratch(std::size_t rows, std::size_t columns);

namespace reference {
/// The iterations as they are written, in double.
void newton_schulz(std::size_t rows, std::size_t columns, std::span<double> matrix);
}  // namespace reference

}  // namespace rover
