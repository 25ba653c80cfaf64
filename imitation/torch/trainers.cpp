#include "imitation/torch/trainers.h"

#include "training/torch/backprop_meta_learner.h"

namespace rover {

void register_torch_trainers() {
  set_backprop_learner([](const BackpropMetaOptions& options, std::uint64_t seed) -> std::unique_ptr<MetaLearner> {
    return std::make_unique<BackpropMetaLearner>(options, seed);
  });
  for_each_torch_trainer([]<class Made, class Options>(const std::string& id, const std::string& summary) {
    if (trainers().contains(id)) return;
    add_trainer<Options>(id, summary,
                         [](const Options& options, const TrainerPlace& place) -> std::unique_ptr<Trainer> {
                           return std::make_unique<Made>(options, place);
                         });
  });
}

}  // namespace rover
