#include "imitation/torch/twins_torch.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "imitation/collection.h"

namespace rover {
namespace {

Samples some_samples(std::size_t n) {
  CollectionOptions options;
  options.functions = options.shard = 24;
  return collect_shard(options, n, 2, 0);
}

torch::Tensor prepared(const HeadingTwin& twin, const Samples& samples) {
  const auto rows = static_cast<std::int64_t>(samples.size()), width = static_cast<std::int64_t>(twin.input_size());
  torch::Tensor inputs = torch::empty({rows, width});
  twin.prepare(samples.grids, {inputs.data_ptr<float>(), static_cast<std::size_t>(rows * width)});
  return inputs;
}

// The twin's output must be the hand-written network's: same direction, same norm.
void check_same(HeadingTwin& twin, const Samples& samples) {
  const torch::Tensor y = twin.forward(prepared(twin, samples), false).detach().contiguous();
  const auto heading = twin.heading();
  const std::size_t count = samples.size();
  std::vector<float> directions(2 * count), norms(count), features(count * heading->feature_count());
  heading->headings(samples.grids, samples.grid_size, directions, norms, features);
  float worst = 0, largest = 0;
  for (std::size_t k = 0; k < 2 * count; ++k) {
    const float expected = y.data_ptr<float>()[k];
    worst = std::max(worst, std::abs(directions[k] * norms[k / 2] - expected)),
    largest = std::max(largest, std::abs(expected));
  }
  CHECK(largest > 1e-2f);
  CHECK(worst < 1e-5f * std::max(1.f, largest));
}

}  // namespace

TEST_CASE("FitNet: the LibTorch twin equals the hand-written network") {
  const auto plain = make_fit_net_twin({.grid_size = 8, .hidden = 64, .robust = false}, 1);
  check_same(*plain, some_samples(8));
  const auto robust = make_fit_net_twin({.grid_size = 6, .hidden = 20, .robust = true}, 1);
  CHECK(robust->input_size() == 2 * 24 + 53);
  check_same(*robust, some_samples(6));
}

TEST_CASE("the paper's network: batch normalisation folds into the convolutions") {
  torch::set_num_threads(1);
  for (const std::size_t n : {8u, 12u}) {
    const auto twin = make_conv_twin({.grid_size = n}, 1);
    const Samples samples = some_samples(n);
    check_same(*twin, samples);  // fresh: mean 0, variance 1
    const auto before = std::vector<float>(twin->statistics().flat().begin(), twin->statistics().flat().end());
    for (int pass = 0; pass < 5; ++pass) twin->forward(prepared(*twin, samples), true);  // the statistics move
    RandomStream stream{1, 0};
    for (const char* name : {"norm1.scale", "norm1.shift", "norm2.scale", "norm2.shift"})
      for (float& value : twin->weights()[name]) value += static_cast<float>(0.3 * stream.normal());
    CHECK_FALSE(std::equal(before.begin(), before.end(), twin->statistics().flat().begin()));
    check_same(*twin, samples);
  }
}

TEST_CASE("batch normalisation remembers a tenth of each batch") {
  torch::set_num_threads(1);
  const auto twin = make_conv_twin({.grid_size = 8}, 1);
  const Samples samples = some_samples(8);
  const torch::Tensor inputs = prepared(*twin, samples);
  const auto first = torch::conv2d(inputs.view({-1, 1, 8, 8}) * 2 - 1,
                                   torch::from_blob(twin->weights()["conv1.weight"].data(), {16, 1, 3, 3}));
  const auto mean = first.mean({0, 2, 3}), variance = first.var({0, 2, 3});
  twin->forward(inputs, true);
  for (std::int64_t c = 0; c < 16; ++c) {
    CHECK(twin->statistics()["norm1.mean"][c] == doctest::Approx(0.1 * mean[c].item<float>()).epsilon(1e-4));
    CHECK(twin->statistics()["norm1.variance"][c] ==
          doctest::Approx(0.9 + 0.1 * variance[c].item<float>()).epsilon(1e-4));
  }
}

TEST_CASE("views turn the target with the grid") {
  const auto twin = make_conv_twin({.grid_size = 8}, 1);
  std::vector<float> plane(64), view(64);  // f = 3a + b: descends along −(3, 1)
  for (std::size_t a = 0; a < 8; ++a)
    for (std::size_t b = 0; b < 8; ++b) plane[a * 8 + b] = static_cast<float>(3 * a + b);
  const float direction[2] = {-3, -1};
  std::set<std::pair<float, float>> seen;
  RandomStream stream{3, 0};
  for (int k = 0; k < 100; ++k) {
    float turned[2];
    twin->fetch(plane, direction, stream, view, turned);
    const float slope[2] = {view[8] - view[0], view[1] - view[0]};
    REQUIRE(slope[0] == -turned[0]);
    REQUIRE(slope[1] == -turned[1]);
    seen.insert({turned[0], turned[1]});
  }
  CHECK(seen.size() == 8);
}

TEST_CASE("losses against hand computation") {
  const torch::Tensor y = torch::tensor({{2.f, 0.f}, {0.f, -0.5f}}), a = torch::tensor({{0.6f, 0.8f}, {0.f, 1.f}}),
                      against = torch::tensor({{-1.f, 0.f}, {0.8f, -0.6f}});
  const auto sigma = [](double x) { return 1 / (1 + std::exp(-x)); };
  // eq. (2) per sample: −log σ(yᵀa) − log(1 − σ(yᵀã)); yᵀa = 1.2, −0.5 and yᵀã = −2, 0.3
  const double nce =
      (-std::log(sigma(1.2)) - std::log(1 - sigma(-2)) - std::log(sigma(-0.5)) - std::log(1 - sigma(0.3))) / 2;
  CHECK(heading_loss(HeadingLoss::nce, y, a, against).item<double>() == doctest::Approx(nce).epsilon(1e-6));
  CHECK(heading_loss(HeadingLoss::angle, y, a, against).item<double>() ==
        doctest::Approx((std::acos(0.6) + std::acos(-1.0)) / 2).epsilon(1e-6));
  CHECK(heading_loss(HeadingLoss::cosine, y, a, against).item<double>() ==
        doctest::Approx((0.4 + 2) / 2).epsilon(1e-6));
  CHECK_THROWS_WITH_AS(parse_heading_loss("mse"), "the loss of the heading is nce, angle or cosine, not 'mse'",
                       UsageError);
}

TEST_CASE("gradients agree with finite differences of the shared weights") {
  torch::set_num_threads(1);
  const Samples samples = some_samples(6);
  const auto twin = make_fit_net_twin({.grid_size = 6, .hidden = 8, .robust = true}, 4);
  const torch::Tensor inputs = prepared(*twin, samples);
  const auto rows = static_cast<std::int64_t>(samples.size());
  const auto targets = torch::from_blob(const_cast<float*>(samples.directions.data()), {rows, 2}, torch::kFloat32);
  const auto against = torch::from_blob(const_cast<float*>(samples.negatives.data()), {rows, 2}, torch::kFloat32);
  const auto loss = [&] { return heading_loss(HeadingLoss::nce, twin->forward(inputs, true), targets, against); };
  std::vector<float> gradient(twin->weights().flat().size());
  twin->gradient(loss(), gradient);
  for (const char* name : {"w1", "b1", "w2", "b2", "w3", "b3"}) {
    const auto block = twin->weights()[name];
    const auto at = static_cast<std::size_t>(block.data() - twin->weights().flat().data());
    const float kept = block[0], h = 4e-3f;
    block[0] = kept + h;
    const double up = loss().item<double>();
    block[0] = kept - h;
    const double down = loss().item<double>();
    block[0] = kept;
    CHECK(gradient[at] == doctest::Approx((up - down) / (2 * h)).epsilon(0.02).scale(0.01));
  }
}

}  // namespace rover
