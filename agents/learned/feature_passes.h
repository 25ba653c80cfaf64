#pragma once
#include <cstddef>

#include "agents/learned/feature_rules.h"

namespace rover {

// The passes of a feature rule over the coordinates of a tensor, in SIMD. FeatureRule (feature_rules.h) does what comes
// between them: rows, columns and the scales of features.

constexpr std::size_t own_features = OwnFeatures::count, vector_features = own_features + 6, most_hidden = 8;

/// A tensor, what a rule keeps about it, and what the passes over it need.
struct TensorPass {
  std::size_t rows = 1, columns = 0;  // a vector is one row
  const float *gradient = nullptr, *point = nullptr;
  float *m[3] = {}, *v = nullptr, *u[3] = {};  // u: a vector's running means of g²
  float* step = nullptr;
  float decay[3] = {}, second_decay = 0, factor_decay[3] = {}, epsilon = 0;
  const float *row_factor[3] = {}, *column_factor[3] = {};  // R·C is their product
  // The network; the first layer's weights hold the features' scales, and shared features are in the biases.
  const float *own_weights = nullptr, *row_biases = nullptr, *column_biases = nullptr;
  // [vector_features, hidden], [rows, hidden], [hidden, columns]
  const float *w2 = nullptr, *b2 = nullptr, *w3 = nullptr, *b3 = nullptr;
};

/// Rows [first, last): moments; Σ g² of each row and, over these rows, of each column; Σ f² of the early features.
void first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* row_sums, float* column_sums,
                float* squares);
/// Σ f² of the late features.
void second_pass(const TensorPass& t, std::size_t first, std::size_t last, float* squares);
/// The network, of 4 hidden units (small_fc) or 8 (Celo2), and the step.
void third_pass(std::size_t hidden, const TensorPass& t, std::size_t first, std::size_t last);
/// Coordinates [first, last) of a vector: moments and Σ f² of all features.
void vector_first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* squares);
/// Their network, of 4 hidden units, and the step.
void vector_second_pass(const TensorPass& t, std::size_t first, std::size_t last);
/// Σ x², in double from block to block.
double sum_of_squares(const float* x, std::size_t size);

}  // namespace rover
