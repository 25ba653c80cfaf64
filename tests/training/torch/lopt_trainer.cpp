#include "training/lopt_trainer.h"

#include "tests/training/trainer_conformance.h"
#include "training/torch/backprop_meta_learner.h"

namespace rover {

TEST_CASE("the trainer lopt keeps the contract by backpropagation, for every rule that has derivatives") {
  set_backprop_learner([](const BackpropMetaOptions& options, std::uint64_t seed) -> std::unique_ptr<MetaLearner> {
    return std::make_unique<BackpropMetaLearner>(options, seed);
  });
  CHECK(!lopt_lacks_libtorch({{"learner", "backprop"}}));
  for (const char* rule : {"mlp", "lstm", "transformer", "relative"}) {
    CAPTURE(rule);
    LoptTrainerOptions options;
    options.learner = "backprop", options.rule.rule = rule, options.rule.hidden = 4, options.rule.window = 3;
    options.backprop.tasks = "mixture inputs=4 hidden=4 samples=60 minibatch=8, sphere";
    options.backprop.meta_steps = 7, options.backprop.batch = 3, options.backprop.rate.learning_rate = 0.02;
    options.backprop.shortest = 2, options.backprop.longest = 6;
    options.meta_steps_per_step = 2, options.validation = options.test = 4, options.test_steps = 5;
    options.validate_every = 1;
    ConformanceOptions walks;
    walks.agent = "lopt";
    check_trainer([&] { return std::make_unique<LoptTrainer>(options, TrainerPlace{3, ""}); }, walks);
  }
}

}  // namespace rover
