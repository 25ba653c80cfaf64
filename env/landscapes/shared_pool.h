#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "env/landscapes/registry.h"

namespace rover {

/// The pool that `make` draws. Calls with the same `key` share one for as long as it is held; the key must determine
/// the pool. So environments with the same settings, one a thread, draw their surfaces once.
std::shared_ptr<const InstancePool> shared_pool(const std::string& key, const std::function<InstancePool()>& make);

/// Throws std::invalid_argument unless `instances_b` names one of the pool's instances for each of `size` rows.
void require_instances(std::span<const std::size_t> instances_b, std::size_t size, const InstancePool& pool);

}  // namespace rover
