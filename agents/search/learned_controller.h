#pragma once
#include <memory>

#include "agents/nn/recurrent_policy.h"
#include "agents/search/controller.h"
#include "agents/search/options.h"
#include "storage/checkpoint.h"

namespace rover {

/// A policy that steers the search that counts its evaluations. No LibTorch, no allocation after the first decision.
class LearnedController final : public SearchController {
 public:
  /// Throws UsageError when the policy's observation and actions are not the search's features and decisions.
  explicit LearnedController(std::shared_ptr<const RecurrentPolicy> policy);
  void reset(std::uint64_t seed) override;
  void decide(std::span<const float> features, std::span<float> u) override;

 private:
  std::shared_ptr<const RecurrentPolicy> policy_;
  RecurrentPolicy::State state_;
};

/// What the trainer `controller` leaves: a policy and the search that it steers. In files `model` = "rover-controller".
struct ControllerModel {
  std::shared_ptr<const RecurrentPolicy> policy;
  SearchOptions search;

  void save(Checkpoint& out) const;
  /// Throws std::runtime_error when `in` is no controller.
  static ControllerModel load(const Checkpoint& in);
  /// Whether `in` holds a controller.
  static bool is_in(const Checkpoint& in);
  std::shared_ptr<SearchController> controller() const { return std::make_shared<LearnedController>(policy); }
};

}  // namespace rover
