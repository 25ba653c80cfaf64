#include "agents/search/learned_steering.h"

#include <array>
#include <stdexcept>

#include "agents/env_policy.h"
#include "agents/search/steering_env.h"
#include "env/registered_env.h"

namespace rover {
namespace {

class LearnedSteering final : public SearchSteering {
 public:
  LearnedSteering(const EnvPolicy& model, bool blind) : player_(model.player()), blind_(blind) {}
  void reset(std::uint64_t seed) override { player_->reset({&seed, 1}); }
  void decide(std::span<const float> seen, std::span<float> u) override {
    static constexpr std::array<float, features> nothing{};
    player_->act(blind_ ? std::span<const float>(nothing) : seen, u);
  }

 private:
  std::unique_ptr<BatchPolicy> player_;
  bool blind_;
};

}  // namespace

SteeringModel SteeringModel::read(const std::filesystem::path& path) {
  const Checkpoint file = Checkpoint::read(path);
  if (file.contains("model") && file.text("model") == "rover")
    throw UsageError("'" + path.string() +
                     "' holds the paper's Rover: it is for the agent rover, rover:" + path.string());
  const EnvPolicy model = EnvPolicy::load(file);
  if (model.env != "Rover/Search-v0" || model.policy->observation_size() != SearchSteering::features ||
      model.policy->actions() != SearchSteering::decisions)
    throw std::runtime_error("'" + path.string() + "' holds a policy for " + model.env +
                             ", and a search is steered by one for Rover/Search-v0 of this version");
  RegisteredEnvOptions<SteeringEnvOptions> trained;
  apply_settings(trained, model.settings);
  return {std::make_shared<LearnedSteering>(model, trained.own.blind), trained.own.search};
}

}  // namespace rover
