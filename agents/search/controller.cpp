#include "agents/search/controller.h"

#include "core/random.h"

namespace rover {
namespace {

class RandomController final : public SearchController {
 public:
  void reset(std::uint64_t seed) override { random_ = make_stream(seed, 0, "random controller"); }
  void decide(std::span<const float>, std::span<float> u) override {
    for (float& entry : u) entry = static_cast<float>(random_.uniform(-1, 1));
  }

 private:
  RandomStream random_;
};

}  // namespace

std::unique_ptr<SearchController> make_random_controller() { return std::make_unique<RandomController>(); }

}  // namespace rover
