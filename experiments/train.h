#pragma once
#include "training/training_loop.h"

namespace rover {

/// Trains as `rover train` does: `loop.config` is what gather_settings returns, `trainer` in it. Throws what
/// run_training throws. `watch`, when given, wraps the trainer, to show progress in another way.
LoopResult train(const LoopOptions& loop,
                 const std::function<std::unique_ptr<Trainer>(std::unique_ptr<Trainer>)>& watch = {});

/// Whether the training of these settings needs LibTorch, and this program has none of it.
bool lacks_libtorch(const Settings& config);

}  // namespace rover
