#include "env/landscapes/shared_pool.h"

#include <map>
#include <mutex>
#include <stdexcept>

namespace rover {

std::shared_ptr<const InstancePool> shared_pool(const std::string& key, const std::function<InstancePool()>& make) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const InstancePool>> pools;
  const std::lock_guard lock(mutex);  // also while drawing: a second call for the same one waits for it
  std::erase_if(pools, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = pools.find(key); found != pools.end())
    if (auto pool = found->second.lock()) return pool;
  auto pool = std::make_shared<const InstancePool>(make());
  pools[key] = pool;
  return pool;
}

void require_instances(std::span<const std::size_t> instances_b, std::size_t size, const InstancePool& pool) {
  if (instances_b.size() != size)
    throw std::invalid_argument("one instance is needed for each of " + std::to_string(size) + " environments, not " +
                                std::to_string(instances_b.size()));
  for (const std::size_t instance : instances_b)
    if (instance >= pool.instances.size())
      throw std::invalid_argument("the pool has no instance " + std::to_string(instance) + ": it holds " +
                                  std::to_string(pool.instances.size()));
}

}  // namespace rover
