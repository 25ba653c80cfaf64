#pragma once
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/settings.h"

namespace rover {

/// Ids to makers: one class for landscapes, environments, agents and trainers. A maker reads its own options from
/// Settings and throws UsageError when they do not fit. Plug-ins add to the same registries.
template <class T>
class Registry {
 public:
  using Maker = std::function<std::unique_ptr<T>(const Settings&)>;
  struct Entry {
    Maker make;
    std::string summary;  ///< one line for `rover list`
  };

  /// `what` names the kind in messages: "agent".
  explicit Registry(std::string what) : what_(std::move(what)) {}

  void add(std::string id, std::string summary, Maker make) {
    if (!entries_.emplace(id, Entry{std::move(make), std::move(summary)}).second)
      throw std::logic_error("the " + what_ + " '" + id + "' is registered twice");
  }

  bool contains(const std::string& id) const { return entries_.contains(id); }

  /// Throws UsageError for an unknown id (with the nearest known one) or settings that the maker refuses.
  std::unique_ptr<T> make(const std::string& id, const Settings& settings = {}) const {
    const auto found = entries_.find(id);
    if (found == entries_.end()) throw UsageError(unknown_name(what_, id, ids()) + " (rover list " + what_ + "s)");
    return found->second.make(settings);
  }

  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& [id, entry] : entries_) out.push_back(id);
    return out;
  }
  const std::string& summary(const std::string& id) const { return entries_.at(id).summary; }

 private:
  std::string what_;
  std::map<std::string, Entry> entries_;
};

}  // namespace rover
