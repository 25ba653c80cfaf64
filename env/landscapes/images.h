#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/settings.h"
#include "env/landscapes/classifier.h"

namespace rover {

struct ImagesOptions {
  std::string path = "/usr/share/datasets/fashion-mnist";
  std::uint64_t side = 28;
  std::string hidden = "128";
  std::string activation = "relu";
  std::uint64_t minibatch = 128, samples = 0;
  std::string precision = "float";
  std::uint64_t seed = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("path", path,
          "folder of IDX files: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, each with .gz or not");
    visit("side", side, "images are reduced to side × side by means over areas; 0: as they are", in(0, 1024));
    visit("hidden", hidden, "widths of the hidden layers, as 64x32");
    visit("activation", activation, "of the hidden layers", one_of("relu", "tanh", "elu"));
    visit("minibatch", minibatch, "samples in a noisy look; 0: all, without noise", in(0, 4096));
    visit("samples", samples, "the first so many of the training images; 0: all", in(0, 1e9));
    visit("precision", precision, "what it computes in", one_of("float", "double"));
    visit("seed", seed, "unused: the images are given");
  }
};

/// A classifier of images from IDX files, by default Fashion-MNIST's 784-128-10 network with 101,770 weights (Xiao et
/// al. 2017; Debian's package dataset-fashion-mnist). Pixels are standardised by the mean and deviation of the training
/// images; the test images are for validation. Files are read once a process. Throws UsageError where they are not
/// there, std::runtime_error as read_idx() and where images and labels do not fit.
std::unique_ptr<Landscape> make_images(const ImagesOptions& options);

/// Whether the folder holds the training images.
bool has_images(const std::string& path);

/// [count, rows, columns] → [count, side, side]: each new pixel is the mean over its area of the old ones.
std::vector<float> reduce_images(const std::vector<std::uint8_t>& images, std::size_t rows, std::size_t columns,
                                 std::size_t side);

}  // namespace rover
