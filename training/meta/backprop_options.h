#pragma once
#include <memory>
#include <string>

#include "training/meta/meta_learner.h"
#include "training/meta/meta_options.h"

namespace rover {

/// How a rule is meta-trained by going back through its walks.
struct BackpropMetaOptions : MetaOptions {
  std::uint64_t batch = 16;
  std::uint64_t curriculum = 0;
  std::uint64_t truncation = 0;
  bool first_order = false;
  double step_clip = 0;
  std::string loss = "mean";
  std::uint64_t loss_every = 1;
  bool log_loss = true;
  double log_offset = 0.1;
  template <class Visit>
  void fields(Visit&& visit) {
    MetaOptions::fields(visit);
    visit("batch", batch, "tasks of a meta-step", in(1, 4096));
    visit("curriculum", curriculum, "meta-steps over which the most steps grow from the fewest; 0: at once",
          in(0, 1e7));
    visit("truncation", truncation, "steps that derivatives go back through at most; 0: all", in(0, 1e6));
    visit("first_order", first_order, "gradients count as if they did not depend on where the walk is");
    visit("step_clip", step_clip,
          "norm that a task's derivative by the point is shortened to, step by step on the way back; 0: it is not",
          in(0, 1e9));
    visit("loss", loss,
          "of the losses on the way: their mean; the final one; weighted: half the final one, half the mean in which "
          "later ones count more",
          one_of("mean", "final", "weighted"));
    visit("loss_every", loss_every, "steps between two measurements of the loss", in(1, 1e6));
    visit("log_loss", log_loss, "the meta-loss is ln(L + log_offset), not L");
    visit("log_offset", log_offset, "added to a loss before its logarithm", in(0, 1e9));
  }
};

/// Makes the learner of training/torch/backprop_meta_learner.h. A program that has LibTorch sets it once, at its start;
/// null in one that has none.
using MakeBackpropLearner = std::unique_ptr<MetaLearner> (*)(const BackpropMetaOptions&, std::uint64_t seed);
void set_backprop_learner(MakeBackpropLearner make);
MakeBackpropLearner backprop_learner();

}  // namespace rover
