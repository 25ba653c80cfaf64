#pragma once
#include <map>
#include <string>
#include <vector>

#include "training/trainer.h"

namespace rover {

/// Metrics that a trainer logs and also writes to its checkpoint and its model, so that the model says how good it is.
struct KeptMetrics {
  std::map<std::string, double> values;

  void log(Metrics& metrics, const std::string& name, double value) {
    metrics.log(name, value);
    values[name] = value;
  }
  void save(Checkpoint& out) const {
    for (const auto& [name, value] : values) out.put_number(name, value);
  }
  /// `names`: what may have been kept.
  void load(const Checkpoint& in, const std::vector<std::string>& names) {
    values.clear();
    for (const auto& name : names)
      if (in.contains(name)) values[name] = in.number(name);
  }
};

}  // namespace rover
