#pragma once
#include "training/trainer.h"

namespace rover {

/// What every trainer is told beside its own options.
struct TrainerPlace {
  std::uint64_t seed = 0;
  std::string folder;  ///< the run folder
  template <class Visit>
  void fields(Visit&& visit) {
    visit("seed", seed, "draws everything that is random");
    visit("folder", folder, "the run folder");
  }
};

/// Whether `id` was added by add_absent_trainer.
bool trainer_is_absent(const std::string& id);
void set_trainer_absent(const std::string& id);

/// A trainer's own options and its place, as trainers() reads them.
template <class Options>
struct TrainerSettings {
  TrainerPlace place;
  Options own;
  template <class Visit>
  void fields(Visit&& visit) {
    place.fields(visit);
    own.fields(visit);
  }
};

/// Registers a trainer whose settings are an options struct: make(options, place) → std::unique_ptr<Trainer>. Its
/// settings are then checked, recorded and listed by the program.
template <OptionStruct Options, class Make>
void add_trainer(const std::string& id, const std::string& summary, Make make) {
  trainers().add<TrainerSettings<Options>>(
      id, summary, [make](const TrainerSettings<Options>& settings) { return make(settings.own, settings.place); });
}

/// What a user may set of the trainer `id`: all but the run folder. Throws UsageError for an unknown id.
std::vector<Option> trainer_settings(const std::string& id);

/// Registers a trainer that this program does not contain: it is listed, its settings are explained and checked, and
/// making it throws UsageError with `why_absent` (a clause: "needs LibTorch, …").
template <OptionStruct Options>
void add_absent_trainer(const std::string& id, const std::string& summary, const std::string& why_absent) {
  add_trainer<Options>(id, summary, [=](const Options&, const TrainerPlace&) -> std::unique_ptr<Trainer> {
    throw UsageError("the trainer '" + id + "' " + why_absent);
  });
  set_trainer_absent(id);
}

}  // namespace rover
