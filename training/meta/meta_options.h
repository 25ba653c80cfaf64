#pragma once
#include <string>

#include "agents/learned/update_rule.h"
#include "agents/schedule.h"
#include "training/meta/meta_task.h"

namespace rover {

/// What every way of meta-training on a distribution of tasks is told.
struct MetaOptions {
  RuleOptions rule;                          ///< set by whoever trains, not a field of these
  ScheduleOptions rate{.learning_rate = 1};  ///< what multiplies the rule's steps, over a task's horizon
  double rate_spread = 1;                    ///< each task's rate is this one times exp(U(−ln, ln)) of it
  std::string tasks = "mlp minibatch=64";
  std::uint64_t meta_steps = 1000;
  std::uint64_t shortest = 20, longest = 100;
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
    visit("shortest", shortest, "steps of a task at least", in(1, 1e7));
    visit("longest", longest, "and at most; between, the logarithm is uniform", in(1, 1e7));
    visit("rescaling", rescaling, "parameters are in other units by up to this factor, either way", in(1, 1e6));
    visit("learning_rate", learning_rate, "of the outer AdamW, falling by a cosine", above(0, 1e3));
    visit("weight_decay", weight_decay, "of the outer AdamW", in(0, 100));
    visit("clip", clip, "norm that the meta-gradient is shortened to", above(0, 1e9));
    visit("threads", threads, "worker threads, 0: one a core; results do not depend on it", in(0, most_threads));
  }
};

/// A task as a meta-step walks on it.
struct DrawnTask {
  MetaTask task;
  std::uint64_t seed = 0;  ///< draws its noise
  ScheduleOptions rate{.learning_rate = 1};
};

/// The task of this seed in its units, with its rate, by the options' spreads. What is drawn next from `stream`, begun
/// for the task, is the caller's.
DrawnTask draw_task(const MetaOptions& options, const DrawTask& draw, std::uint64_t seed, RandomStream& stream);

}  // namespace rover
