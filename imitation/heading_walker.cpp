#include "imitation/heading_walker.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "env/look.h"

namespace rover {
namespace {

class HeadingWalker final : public Agent {
 public:
  explicit HeadingWalker(std::shared_ptr<const Heading> heading)
      : heading_(std::move(heading)),
        n_(heading_->grid_size() ? heading_->grid_size() : 8),
        rescaled_(n_ * n_),
        features_(heading_->feature_count()) {}

  void reset(const Problem& problem, std::uint64_t, Action& first) override {
    if (problem.dimension != 2)
      throw UsageError("a heading walks in 2 dimensions, not " + std::to_string(problem.dimension));
    const Box& box = *problem.domain;
    widest_ = std::min(box.high[0] - box.low[0], box.high[1] - box.low[1]) / static_cast<double>(n_ - 1);
    resolution_ = widest_ / 4;
    first = {};
    first.move.assign(2, 0);
    look(first);
  }

  void act(const Observation& seen, Action& next) override {
    rescale_grid(seen.grids, rescaled_);
    float direction[2], norm = 0;
    heading_->headings(rescaled_, n_, direction, {&norm, 1}, features_);
    const auto best =
        static_cast<std::size_t>(std::min_element(rescaled_.begin(), rescaled_.end()) - rescaled_.begin());
    const std::size_t a = best / n_, b = best % n_;
    const double middle = (static_cast<double>(n_) - 1) / 2;
    const double step = resolution_ * std::hypot(static_cast<double>(a) - middle, static_cast<double>(b) - middle);
    next.move.assign({step * direction[0], step * direction[1]});
    const bool border = a == 0 || b == 0 || a == n_ - 1 || b == n_ - 1;
    resolution_ = std::clamp(border ? 2 * resolution_ : resolution_ / 2, 1e-9 * widest_, widest_);
    look(next);
  }

 private:
  void look(Action& action) const {
    action.query.kind = Query::Kind::slices;
    action.query.slices.assign(1, {0, 1, resolution_});
    action.query.grid_size = n_;
  }
  std::shared_ptr<const Heading> heading_;
  std::size_t n_;
  std::vector<float> rescaled_, features_;
  double resolution_ = 1, widest_ = 1;
};

}  // namespace

std::unique_ptr<Agent> make_heading_walker(std::shared_ptr<const Heading> heading) {
  return std::make_unique<HeadingWalker>(std::move(heading));
}

}  // namespace rover
