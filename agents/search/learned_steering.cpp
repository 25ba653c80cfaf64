#include "agents/search/learned_steering.h"

#include <stdexcept>

#include "agents/env_policy.h"

namespace rover {
namespace {

class LearnedSteering final : public SearchSteering {
 public:
  explicit LearnedSteering(const EnvPolicy& model) : player_(model.player()) {}
  void reset(std::uint64_t seed) override { player_->reset({&seed, 1}); }
  void decide(std::span<const float> seen, std::span<float> u) override { player_->act(seen, u); }

 private:
  std::unique_ptr<BatchPolicy> player_;
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
  SteeringModel out{std::make_shared<LearnedSteering>(model), {}};
  Settings own;
  for (const auto& [key, value] : model.settings)
    if (key.starts_with("search.")) own[key.substr(7)] = value;
  apply_settings(out.search, own);
  return out;
}

}  // namespace rover
