#include "agents/search/learned_controller.h"

#include <stdexcept>

#include "agents/search/search_env.h"

namespace rover {
namespace {

constexpr const char* model_name = "rover-controller";

bool fits(const RecurrentPolicy& policy) {
  return policy.observation_size() == SearchController::features && policy.actions() == SearchController::decisions &&
         policy.shape().map == ActionMap::direct;
}

}  // namespace

LearnedController::LearnedController(std::shared_ptr<const RecurrentPolicy> policy) : policy_(std::move(policy)) {
  if (!policy_ || !fits(*policy_)) throw UsageError("the policy is none that steers the search");
  reset(0);
}

void LearnedController::reset(std::uint64_t) { state_.reset(1, policy_->hidden()); }

void LearnedController::decide(std::span<const float> seen, std::span<float> u) {
  policy_->forward(seen, state_.hidden, state_.cell, u);
  to_decisions(u, u);
}

void ControllerModel::save(Checkpoint& out) const {
  out.put_text("model", model_name);
  Checkpoint group;
  policy->save(group);
  out.put_group("policy", group);
  for (const auto& [key, text] : to_settings(search)) out.put_text("search/" + key, text);
}

bool ControllerModel::is_in(const Checkpoint& in) { return in.contains("model") && in.text("model") == model_name; }

ControllerModel ControllerModel::load(const Checkpoint& in) {
  if (!is_in(in)) throw std::runtime_error("the file holds no controller of the search");
  ControllerModel out;
  out.policy = std::make_shared<RecurrentPolicy>(RecurrentPolicy::load(in.group("policy")));
  if (!fits(*out.policy))
    throw std::runtime_error("the controller was made for a search with other features or decisions");
  Settings search = in.group("search").texts();
  search.erase("control");  // of files from version 0.1
  out.search = nn::from_file([&] { return from_settings<SearchOptions>(search); });
  return out;
}

}  // namespace rover
