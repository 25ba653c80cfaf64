#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/settings.h"
#include "env/landscapes/classifier.h"

namespace rover {

/// A classification task that is drawn. What is 0 or empty is drawn, too, from the ranges given.
struct ClassificationOptions {
  std::uint64_t seed = 0;
  std::uint64_t inputs = 0, classes = 0, samples = 0;
  std::int64_t minibatch = -1;
  std::string precision = "float";
  std::string hidden;      ///< "64x32"
  std::string activation;  ///< "relu", "tanh", "elu"
  template <class Visit>
  void fields(Visit&& visit) {
    visit("seed", seed, "draws the instance");
    visit("inputs", inputs, "features; 0: drawn from 8 to 64", in(0, 1024));
    visit("classes", classes, "classes; 0: drawn from 3 to 10", in(0, 100));
    visit("samples", samples, "training samples; 0: drawn from 500 to 4000", in(0, 100000));
    visit("hidden", hidden, "widths of the hidden layers, as 64x32; empty: one or two of 8 to 64 units");
    visit("activation", activation, "of the hidden layers; empty: relu or tanh, drawn",
          one_of("", "relu", "tanh", "elu"));
    visit("minibatch", minibatch, "samples in a noisy look; 0: all, without noise; -1: drawn from 16 to 128",
          in(-1, 4096));
    visit("precision", precision, "what it computes in", one_of("float", "double"));
  }
};

// Both are cheap to draw (2 ms) and long to learn: over 24 seeds each, Adam at the best of four linearly falling rates
// comes in 200, 500, 1000 and 2000 steps to this share of ln C, where they begin; median [10 %, 90 %]:
//   teacher-student  .41 [.38, .49]  .35 [.27, .44]   .30 [.14, .39]   .25 [.05, .35]
//   mixture          .39 [.03, .67]  .22 [.004, .54]  .11 [.001, .48]  .06 [.000, .39]
// So a tenth of the mixtures is all but learned after 200 steps, and nothing else after 2000.

/// Inputs from a Gaussian whose deviations along random directions fall as a power of their rank, as those of images do
/// (power drawn from 0 to 1.5), labelled by a random network of one or two hidden layers; a tenth of the labels is
/// drawn anew, so that the loss stays above 0.
std::unique_ptr<Landscape> make_teacher_student(const ClassificationOptions& options);
/// Classes of one to four Gaussians each, whose centres and shapes are drawn in the directions of such a Gaussian; they
/// overlap.
std::unique_ptr<Landscape> make_mixture(const ClassificationOptions& options);

/// "64x32" → {64, 32}; "" → {}. Throws UsageError for anything else, and widths above 8192.
std::vector<std::size_t> parse_widths(const std::string& text);

}  // namespace rover
