// The whole `rover` program with an agent of one's own in it:
//
//   own_program list agents
//   own_program evaluate --agents 'compass:radius=0.1,bobyqa' --suite paper --out results.h5
#include "../own_agent/compass.h"
#include "experiments/program.h"
#ifdef TRAINING
#include "imitation/torch/trainers.h"
#endif

int main(int count, char** arguments) {
  register_compass();
#ifdef TRAINING
  rover::register_torch_trainers();
#endif
  return rover::run_program(count, arguments);
}
