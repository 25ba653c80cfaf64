#include "agents/learned/update_rule.h"

#include <stdexcept>

#include "agents/learned/mlp_rule.h"

namespace rover {

bool holds_update_rule(const Checkpoint& in) { return in.contains("model") && in.text("model") == "update-rule"; }

std::shared_ptr<const UpdateRule> load_update_rule(const Checkpoint& in) {
  if (!holds_update_rule(in)) throw std::runtime_error("the file holds no update rule");
  const std::string& name = in.text("rule");
  if (name == MlpUpdateRule::kName) return MlpUpdateRule::load(in);
  throw std::runtime_error("the update rule '" + name + "' is not known to this version");
}

}  // namespace rover
