#pragma once
#include <memory>
#include <vector>

#include "agents/agent.h"
#include "core/random.h"

namespace rover {

// Attention search (report "Experiments with Attention", sections 2.1.2, 2.4 and 2.5.2): N samples around the pose vote
// on where to go, each with the weight of its loss,
//
//   x_i = x + σ z_i, z_i ~ N(0, I)      a = softmax(−β f(x_i))      x ← x + η Σ a_i (x_i − x).
//
// η = 1 is attention search (x becomes the weighted mean), η < 1 attention descent. Some of the samples may be drawn
// wider, to explore, and both widths may shrink from step to step.

struct AttentionOptions {
  std::uint64_t points = 20;
  double sigma = 0.1, beta = 2, step = 1;
  double explore = 0, explore_sigma = 0.3, decay = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("points", points, "samples a step N", in(1, 100000));
    visit("sigma", sigma, "standard deviation σ of a sample, as a share of the box's width", above(0, 10));
    visit("beta", beta, "sharpness β of the softmax over −β·loss", in(0, 1e12));
    visit("step", step, "η: the share of the way to the samples' weighted mean", above(0, 10));
    visit("explore", explore, "share of the samples that explore", in(0, 1));
    visit("explore_sigma", explore_sigma, "their standard deviation, as a share of the box's width", above(0, 10));
    visit("decay", decay, "both deviations are multiplied by 1 − decay a step", in(0, 1).below(1));
  }
};

/// One step of attention: what is drawn, and where it leads.
class Attention {
 public:
  explicit Attention(const AttentionOptions& options) : options_(options) {}
  void reset(const Problem& problem, RandomStream stream);
  /// Samples [N, d] around x, projected into the box. The deviations then shrink.
  void sample(Reals x_d, std::vector<double>& points_nd);
  /// Where the last samples lead from x, whose values these are [N].
  void move(Reals x_d, Reals values_n, std::vector<double>& to_d);

 private:
  AttentionOptions options_;
  const Box* box_ = nullptr;
  RandomStream stream_;
  double shrunk_ = 1;
  std::vector<double> points_, weights_;
};

/// softmax(−β·values), written over the values; NaN counts as infinite.
void attend(double beta, MutReals values_n);

std::unique_ptr<Agent> make_attention_search(const AttentionOptions& options);

}  // namespace rover
