#pragma once
#include <string>

#include "core/settings.h"

namespace rover {

/// Throws UsageError "the setting learning_rate must be greater than 0" unless `holds`.
inline void require(bool holds, const char* name, const char* rule) {
  if (!holds) throw UsageError("the setting " + std::string(name) + " " + rule);
}

}  // namespace rover
