#pragma once
#include <cstddef>

#include "env/landscape.h"

namespace rover::kernels {

/// Data sets lie column by column, samples side by side, each column padded to a multiple of this many doubles.
inline constexpr std::size_t column_padding = 16;
constexpr std::size_t padded(std::size_t samples) {
  return (samples + column_padding - 1) / column_padding * column_padding;
}

/// out [rows, n] = start + weights [rows, inner] · columns [inner, n], n padded. `start` is [rows] (a bias), [rows, n],
/// or empty for 0.
void multiply_columns(std::size_t n, Reals weights_ri, Reals columns_in, Reals start, MutReals out_rn);

/// out_k = columns_k · v, columns [k, n], n padded.
void dot_columns(Reals columns_kn, Reals v_n, MutReals out_k);

/// out [k, k] = Σ_s weights_s column_is column_js, both triangles. Blocked, so that wide data stay in the cache.
void weighted_gram(Reals columns_kn, Reals weights_n, MutReals out_kk);

namespace reference {
void multiply_columns(std::size_t n, Reals weights_ri, Reals columns_in, Reals start, MutReals out_rn);
void dot_columns(Reals columns_kn, Reals v_n, MutReals out_k);
void weighted_gram(Reals columns_kn, Reals weights_n, MutReals out_kk);
}  // namespace reference

}  // namespace rover::kernels
