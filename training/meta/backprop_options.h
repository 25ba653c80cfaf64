#pragma once
#include <memory>
#include <string>

#include "agents/learned/update_rule.h"
#include "agents/schedule.h"
#include "training/meta/meta_learner.h"
#include "training/meta/meta_task.h"

namespace rover {

/// How a rule is meta-trained by going back through its walks.
struct BackpropMetaOptions {
  RuleOptions rule;                          ///< set by whoever trains, not a field of these
  ScheduleOptions rate{.learning_rate = 1};  ///< what multiplies the rule's steps, over the T of a meta-step
  double rate_spread = 1;                    ///< each task's rate is this one times exp(U(−ln, ln)) of it
  std::string tasks = "mlp minibatch=64";
  std::uint64_t meta_steps = 1000, batch = 16;
  std::uint64_t shortest = 20, longest = 100, curriculum = 0;
  std::uint64_t truncation = 0;
  bool first_order = false;
  double step_clip = 0;
  std::string loss = "mean";
  std::uint64_t loss_every = 1;
  bool log_loss = true;
  double log_offset = 0.1;
  double rescaling = 1;
  double learning_rate = 3e-3, weight_decay = 0, clip = 1;
  std::uint64_t threads = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("rate", rate.learning_rate, "learning rate of the inner loop: it multiplies the rule's steps", above(0, 1e6));
    visit("schedule", rate.schedule, "how that falls over a task's steps", one_of("constant", "linear", "cosine"));
    visit("rate_spread", rate_spread, "each task's rate is drawn up to this factor above and below it", in(1, 1e3));
    visit("tasks", tasks, "landscapes with their settings, each as likely: \"mlp minibatch=64, sinusoid\"");
    visit("meta_steps", meta_steps, "updates of the rule", in(1, 1e7));
    visit("batch", batch, "tasks of a meta-step", in(1, 4096));
    visit("shortest", shortest, "steps of the inner loop at least", in(1, 1e6));
    visit("longest", longest, "and at most; between, the logarithm is uniform", in(1, 1e6));
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
    visit("rescaling", rescaling, "parameters are in other units by up to this factor, either way", in(1, 1e6));
    visit("learning_rate", learning_rate, "of the outer AdamW, falling by a cosine", above(0, 1e3));
    visit("weight_decay", weight_decay, "of the outer AdamW", in(0, 100));
    visit("clip", clip, "norm that the meta-gradient is shortened to", above(0, 1e9));
    visit("threads", threads, "worker threads, 0: one a core; results do not depend on it", in(0, most_threads));
  }
};

/// Makes the learner of training/torch/backprop_meta_learner.h. A program that has LibTorch sets it once, at its start;
/// null in one that has none.
using MakeBackpropLearner = std::unique_ptr<MetaLearner> (*)(const BackpropMetaOptions&, std::uint64_t seed);
void set_backprop_learner(MakeBackpropLearner make);
MakeBackpropLearner backprop_learner();

}  // namespace rover
