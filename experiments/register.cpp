#include "experiments/register.h"

#include "imitation/heading_trainer.h"
#include "imitation/rover_trainer.h"
#include "training/torch/controller_trainer.h"

namespace rover {

void register_trainers() {
  static const bool once = [] {
    register_heading_trainer(trainers());
    register_rover_trainer(trainers());
    register_controller_trainer(trainers());
    return true;
  }();
  (void)once;
}

}  // namespace rover
