// `rover-torch`: the program with the trainers that need LibTorch. `rover` starts it in its own place.
#include "experiments/program.h"
#include "imitation/torch/trainers.h"

int main(int count, char** arguments) {
  rover::register_torch_trainers();
  return rover::run_program(count, arguments);
}
