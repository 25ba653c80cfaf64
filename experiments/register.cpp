#include "experiments/register.h"

#include "imitation/torch/trainers.h"  // only its table: its functions are not linked here
#include "training/env_trainer.h"
#include "training/lopt_trainer.h"

namespace rover {

void register_all() {
  register_es_trainer();
  register_lopt_trainer();
  for_each_torch_trainer([]<class Made, class Options>(const std::string& id, const std::string& summary) {
    if (!trainers().contains(id))
      add_absent_trainer<Options>(
          id, summary,
          "needs LibTorch, and this program has none of it (it was built with ROVER_TRAINING=OFF, "
          "or its main does not call register_torch_trainers)");
  });
}

}  // namespace rover
