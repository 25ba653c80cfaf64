#pragma once
#include "imitation/torch/heading_trainer.h"
#include "imitation/torch/rover_trainer.h"
#include "training/torch/ddpg_trainer.h"

namespace rover {

/// The table of the trainers that need LibTorch: add.operator()<TheTrainer, ItsOptions>(id, summary) for each. It can
/// be read without LibTorch, so that every program lists them and explains their settings.
template <class Add>
void for_each_torch_trainer(Add&& add) {
  add.template operator()<HeadingTrainer, HeadingTrainerOptions>(
      "heading", "direction predictor, imitating gradient descent and Newton (section 3.2.2)");
  add.template operator()<RoverTrainer, RoverTrainerOptions>(
      "rover", "the Rover: direction by imitation, then step size and resolution by DDPG or evolution");
  add.template operator()<DdpgTrainer, DdpgTrainerOptions>(
      "ddpg", "a policy for any registered environment (env=ID), by recurrent DDPG");
}

/// Adds them to trainers(), and to the trainer lopt its learner=backprop. Call it first in a program's main
/// (experiments/program.h); a second call does nothing.
void register_torch_trainers();

}  // namespace rover
