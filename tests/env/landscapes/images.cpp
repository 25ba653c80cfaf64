#include "env/landscapes/images.h"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>

#include "tests/env/landscapes/idx_files.h"
#include "tests/storage/scratch.h"

namespace rover {

using namespace test;

TEST_CASE("images are reduced by the means of areas") {
  // 4 × 4 → 2 × 2 by blocks, → 1 by everything; 3 × 3 → 2 × 2 by parts of pixels.
  std::vector<std::uint8_t> four(16);
  for (std::size_t k = 0; k < 16; ++k) four[k] = static_cast<std::uint8_t>(k);
  CHECK(reduce_images(four, 4, 4, 2) == std::vector<float>{2.5f, 4.5f, 10.5f, 12.5f});
  CHECK(reduce_images(four, 4, 4, 1) == std::vector<float>{7.5f});
  const std::vector<std::uint8_t> three{0, 3, 6, 9, 12, 15, 18, 21, 24};
  const auto two = reduce_images(three, 3, 3, 2);
  CHECK(two[0] == doctest::Approx((0 + 3 * 0.5 + 9 * 0.5 + 12 * 0.25) / 2.25));
  CHECK(two[3] == doctest::Approx((24 + 15 * 0.5 + 21 * 0.5 + 12 * 0.25) / 2.25));
  CHECK(reduce_images(four, 4, 4, 4)[13] == 13);
}

TEST_CASE("a folder of images is a landscape; what does not fit is refused") {
  const Scratch folder;
  std::string pixels;
  for (int k = 0; k < 6 * 16; ++k) pixels += static_cast<char>(k * 7);
  write_bytes(folder / "train-images-idx3-ubyte", idx_bytes({6, 4, 4}, pixels));
  write_bytes(folder / "train-labels-idx1-ubyte", idx_bytes({6}, std::string("\0\1\2\0\1\2", 6)));
  write_gzip(folder / "t10k-images-idx3-ubyte.gz", idx_bytes({2, 4, 4}, pixels.substr(0, 32)));
  write_gzip(folder / "t10k-labels-idx1-ubyte.gz", idx_bytes({2}, std::string("\0\1", 2)));
  ImagesOptions options;
  options.path = folder.folder().string(), options.side = 2, options.hidden = "5", options.minibatch = 2;
  const auto f = make_images(options);
  CHECK(f->dimension() == 4 * 5 + 5 + 5 * 3 + 3);
  CHECK(f->has_validation());
  const std::vector<double> zero(f->dimension());
  CHECK(f->value(zero) == doctest::Approx(std::log(3.0)));
  CHECK(f->validation(zero) == doctest::Approx(std::log(3.0)));
  options.side = 5;
  CHECK_THROWS_AS(make_images(options), UsageError);
  options.side = 0, options.samples = 4;
  CHECK(make_images(options)->dimension() == 16 * 5 + 5 + 5 * 3 + 3);
  options.hidden = "5x";
  CHECK_THROWS_AS(make_images(options), UsageError);
  options.path = (folder / "nowhere").string();
  CHECK_THROWS_AS(make_images(options), UsageError);
  CHECK(!has_images(options.path));
  write_bytes(folder / "train-labels-idx1-ubyte", idx_bytes({5}, std::string("\0\1\2\0\1", 5)));
  options.path = folder.folder().string(), options.hidden = "5", options.samples = 3;
  CHECK_THROWS_AS(make_images(options), std::runtime_error);
}

TEST_CASE("images are standardised by the training images' mean and deviation, once, for any number of threads") {
  const Scratch folder;
  write_bytes(folder / "train-images-idx3-ubyte", idx_bytes({4, 1, 1}, {0, 0, 2, 2}));  // mean 1, deviation 1
  write_bytes(folder / "train-labels-idx1-ubyte", idx_bytes({4}, {0, 1, 1, 1}));
  write_bytes(folder / "t10k-images-idx3-ubyte", idx_bytes({1, 1, 1}, {4}));
  write_bytes(folder / "t10k-labels-idx1-ubyte", idx_bytes({1}, {1}));
  ImagesOptions options;
  options.path = folder.folder().string(), options.side = 0, options.hidden = "";
  const std::vector<double> w{0, 0.5, 0, 0};  // logits 0 and x/2
  const auto loss = [](double logit, int label) { return std::log(1 + std::exp(logit)) - label * logit; };
  std::vector<double> values(4), validations(4);
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      const auto f = make_images(options);
      values[k] = f->value(w), validations[k] = f->validation(w);
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(values[k] == doctest::Approx((loss(-0.5, 0) + loss(-0.5, 1) + 2 * loss(0.5, 1)) / 4));
    CHECK(validations[k] == doctest::Approx(loss(1.5, 1)));
  }
}

}  // namespace rover
