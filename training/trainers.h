#pragma once
#include "training/trainer.h"

namespace rover {

/// A setting as `rover train ID --help` shows it.
struct SettingHelp {
  std::string key, value, help;
};

/// The settings of the trainer `id` with their defaults; empty when it was registered without them.
std::vector<SettingHelp> trainer_settings(const std::string& id);
void describe_trainer(const std::string& id, std::vector<SettingHelp> settings);

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

/// Registers a trainer whose settings are an options struct: make(options, place) → std::unique_ptr<Trainer>. Its
/// settings are then checked, recorded and listed by the program. With a member `passed_on` = "group", settings
/// group.KEY go into the member `env_settings` as they are, for somebody else to read; they are listed as "group.*".
template <OptionStruct Options, class Make>
void add_trainer(const std::string& id, const std::string& summary, Make make) {
  trainers().add(id, summary, [make](const Settings& settings) -> std::unique_ptr<Trainer> {
    Settings own = settings, shared;
    for (const auto& key : option_names<TrainerPlace>())
      if (auto node = own.extract(key)) shared.insert(std::move(node));
    Settings passed;
    if constexpr (requires { Options::passed_on; }) {
      passed = sub_settings(own, Options::passed_on);
      for (const auto& [key, value] : passed) own.erase(Options::passed_on + ("." + key));
    }
    auto options = from_settings<Options>(own);
    if constexpr (requires { Options::passed_on; }) options.env_settings = std::move(passed);
    return make(options, from_settings<TrainerPlace>(shared));
  });
  std::vector<SettingHelp> settings{{"seed", "0", "draws everything that is random"}};
  Options defaults;
  for_each_option(defaults, [&](const std::string& key, auto& field, const char* help) {
    settings.push_back({key, detail::to_text(field), help});
  });
  if constexpr (requires { Options::passed_on; })
    settings.push_back({std::string(Options::passed_on) + ".*", "", "settings of what is named there"});
  describe_trainer(id, std::move(settings));
}

/// Registers a trainer that this program does not hold: it is listed, its settings are explained and checked, and
/// making it throws UsageError with `why_absent` (a clause: "needs LibTorch, …").
template <OptionStruct Options>
void add_absent_trainer(const std::string& id, const std::string& summary, const std::string& why_absent) {
  add_trainer<Options>(id, summary, [=](const Options&, const TrainerPlace&) -> std::unique_ptr<Trainer> {
    throw UsageError("the trainer '" + id + "' " + why_absent);
  });
  set_trainer_absent(id);
}

}  // namespace rover
