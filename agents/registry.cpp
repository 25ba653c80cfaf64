#include "agents/register.h"

namespace rover {

Registry<Agent>& agents() {
  static Registry<Agent> registry = [] {
    Registry<Agent> filled("agent", "agents");
    register_classical(filled);
    register_attention(filled);
    register_rover(filled);
    register_search(filled);
    register_learned(filled);
    return filled;
  }();
  return registry;
}

}  // namespace rover
