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

/// Candidate values, as text, of each setting that is tuned; every combination is tried.
using TuningGrid = std::map<std::string, std::vector<std::string>>;

/// What an agent needs of a surface, or what a surface offers.
struct Capabilities {
  bool gradients = false, hessians = false;
  std::size_t min_dimension = 1, max_dimension = 0;  ///< max 0: any
  bool noise = false;                                ///< an agent allows for noisy values; a surface may return them
  bool unbounded = false;                            ///< an agent works without finite bounds
};

/// What an entry declares beside its options.
struct EntryTraits {
  Capabilities capabilities = {};
  TuningGrid tuning = {};
  bool reports_only = false;  ///< a surface of a benchmark: nothing is tuned or trained on it
  /// Settings of earlier versions and the sentence that names the new spelling. A key that ends in '.' is a prefix.
  std::map<std::string, std::string> former_settings = {};
};

/// The version of the interface between registries and plug-ins. A plug-in compiled against another is refused.
inline constexpr int interface_version = 3;

/// What is known of an entry without making it.
struct EntryInfo {
  std::string id, summary;  ///< the summary: one line that stands alone
  std::vector<Option> options;
  Capabilities capabilities;
  TuningGrid tuning;
  bool reports_only = false;
  std::map<std::string, std::string> former_settings;
  int built_for = interface_version;
};

namespace detail {
/// Throws std::logic_error when the entry is incomplete or was compiled against another version.
void check_entry(const std::string& what, const EntryInfo& entry);
/// Throws UsageError unless the entry has all these settings.
void check_setting_names(const std::string& what, const EntryInfo& entry, const Settings& settings);
}  // namespace detail

/// Maps ids to makers, for landscapes, environments, agents and trainers. Plug-ins add to the same registries.
template <class T>
class Registry {
 public:
  using Maker = std::function<std::unique_ptr<T>(const Settings&)>;
  using Check = std::function<void(const T&, const std::string& id)>;

  /// `what` names the kind in messages ("agent"), `listed_as` after `rover list`. `check` throws when something is
  /// wrong with what was made.
  Registry(std::string what, std::string listed_as, Check check = {})
      : what_(std::move(what)), listed_as_(std::move(listed_as)), check_(std::move(check)) {}

  /// Adds an entry whose `maker` makes a T from Options: maker(options), or maker(options, settings) where it matters
  /// which of them the user gave. Settings are checked against Options before. `defaults`: what `rover list` shows.
  /// Throws std::logic_error for an id that is there.
  template <OptionStruct Options, class Make>
  void add(const std::string& id, const std::string& summary, Make maker, EntryTraits traits = {},
           const Options& defaults = {}, int built_for = interface_version) {
    add_entry({id, summary, describe_options(defaults), traits.capabilities, std::move(traits.tuning),
               traits.reports_only, std::move(traits.former_settings), built_for},
              [maker = std::move(maker), defaults](const Settings& settings) -> std::unique_ptr<T> {
                Options options = defaults;
                apply_settings(options, settings);
                if constexpr (std::is_invocable_v<const Make&, const Options&, const Settings&>)
                  return maker(options, settings);
                else return maker(options);
              });
  }

  /// Registers an id of earlier versions: asking for it throws UsageError with this sentence.
  void moved(const std::string& id, const std::string& sentence) { moved_[id] = sentence; }

  bool contains(const std::string& id) const { return entries_.contains(id); }

  /// Throws UsageError for an unknown id (with the nearest known one), and for settings that the entry does not have or
  /// that are out of range.
  std::unique_ptr<T> make(const std::string& id, const Settings& settings = {}) const {
    const Entry& entry = find(id);
    detail::check_setting_names(what_, entry.info, settings);
    auto made = entry.make(settings);
    if (check_) check_(*made, id);
    return made;
  }

  /// Throws UsageError for an unknown id.
  const EntryInfo& info(const std::string& id) const { return find(id).info; }

  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& [id, entry] : entries_) out.push_back(id);
    return out;
  }
  const std::string& kind() const { return what_; }

 private:
  struct Entry {
    EntryInfo info;
    Maker make;
  };

  void add_entry(EntryInfo entry, Maker maker) {
    detail::check_entry(what_, entry);
    const std::string id = entry.id;
    if (!entries_.emplace(id, Entry{std::move(entry), std::move(maker)}).second)
      throw std::logic_error("the " + what_ + " '" + id + "' is registered twice");
  }

  const Entry& find(const std::string& id) const {
    if (const auto found = entries_.find(id); found != entries_.end()) return found->second;
    if (const auto found = moved_.find(id); found != moved_.end()) throw UsageError(found->second);
    throw UsageError(unknown_name(what_, id, ids()) + " (rover list " + listed_as_ + ")");
  }

  std::string what_, listed_as_;
  Check check_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> moved_;
};

}  // namespace rover
