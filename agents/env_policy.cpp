#include "agents/env_policy.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {
namespace {

constexpr const char* model_name = "env-policy";

class Player final : public BatchPolicy {
 public:
  explicit Player(const EnvPolicy& model)
      : policy_(model.policy), rescaling_(model.rescaling), player_({policy_.get()}) {}
  void reset(std::span<const std::uint64_t> seeds_b) override {
    seen_.resize(seeds_b.size() * rescaling_.mean.size());
    u_.resize(seeds_b.size() * rescaling_.actions.size());
    player_.reset(seeds_b);
  }
  void act(std::span<const float> observations_bo, std::span<float> actions_ba) override {
    rescaling_.see(observations_bo, seen_);
    player_.act(seen_, u_);
    rescaling_.act(u_, actions_ba);
  }

 private:
  std::shared_ptr<const RecurrentPolicy> policy_;
  Rescaling rescaling_;
  RecurrentBatchPolicy player_;
  std::vector<float> seen_, u_;
};

bool all_finite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float x) { return std::isfinite(x); });
}

}  // namespace

void EnvPolicy::save(Checkpoint& out) const {
  out.put_text("model", model_name);
  out.put_text("env", env);
  for (const auto& [key, text] : settings) out.put_text("env_settings/" + key, text);
  out.put("spaces/observation_low", rescaling.observations.low);
  out.put("spaces/observation_high", rescaling.observations.high);
  out.put("spaces/action_low", rescaling.actions.low);
  out.put("spaces/action_high", rescaling.actions.high);
  out.put("rescaling/mean", rescaling.mean);
  out.put("rescaling/scale", rescaling.scale);
  Checkpoint group;
  policy->save(group);
  out.put_group("policy", group);
}

bool EnvPolicy::is_in(const Checkpoint& in) { return in.contains("model") && in.text("model") == model_name; }

EnvPolicy EnvPolicy::load(const Checkpoint& in) {
  if (!is_in(in)) throw std::runtime_error("the file holds no policy that was trained on an environment");
  EnvPolicy out;
  out.env = in.text("env");
  out.settings = in.group("env_settings").texts();
  out.policy = std::make_shared<RecurrentPolicy>(RecurrentPolicy::load(in.group("policy")));
  const std::size_t o = out.policy->observation_size(), a = out.policy->actions();
  Rescaling& r = out.rescaling;
  r.observations = {in.get<float>("spaces/observation_low", o), in.get<float>("spaces/observation_high", o)};
  r.actions = {in.get<float>("spaces/action_low", a), in.get<float>("spaces/action_high", a)};
  r.mean = in.get<float>("rescaling/mean", o), r.scale = in.get<float>("rescaling/scale", o);
  const bool sound = all_finite(r.actions.low) && all_finite(r.actions.high) && all_finite(r.mean) &&
                     all_finite(r.scale) && std::ranges::all_of(r.scale, [](float s) { return s > 0; }) &&
                     out.policy->shape().map == ActionMap::direct;
  if (!sound) throw std::runtime_error("the policy's spaces or its rescaling cannot be");
  return out;
}

EnvPolicy EnvPolicy::read(const std::filesystem::path& path) {
  const Checkpoint file = Checkpoint::read(path);  // says which file itself
  try {
    return load(file);
  } catch (const std::exception& error) { throw std::runtime_error("'" + path.string() + "': " + error.what()); }
}

std::unique_ptr<VectorEnv> EnvPolicy::make_env(std::size_t size) const {
  Settings all = settings;
  all["autoreset"] = "disabled";
  return make_vec(env, size, all);
}

std::unique_ptr<BatchPolicy> EnvPolicy::player() const { return std::make_unique<Player>(*this); }

std::unique_ptr<BatchPolicy> load_policy(const std::filesystem::path& path, const VectorEnv& env) {
  const EnvPolicy model = EnvPolicy::read(path);
  const auto refuse = [&](const char* what, const Space& trained, const Space& given) {
    if (trained == given) return;
    std::string difference = "with other bounds";
    if (trained.size() != given.size())
      difference = std::to_string(given.size()) + " numbers, not " + std::to_string(trained.size());
    throw std::runtime_error("the policy in '" + path.string() + "' was trained on '" + model.env +
                             "': this environment has " + what + " " + difference);
  };
  refuse("observations", model.rescaling.observations, env.observation_space());
  refuse("actions", model.rescaling.actions, env.action_space());
  return model.player();
}

}  // namespace rover
