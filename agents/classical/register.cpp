#include "agents/register.h"

#include "agents/classical/gradient.h"

namespace rover {

void register_classical(Registry<Agent>& agents) {
  const auto add = [&]<class Options>(const char* id, const char* summary, std::unique_ptr<Agent> (*make)(const Options&)) {
    agents.add(id, summary, [make](const Settings& settings) { return make(from_settings<Options>(settings)); });
  };
  add("gd", "gradient descent", make_gradient_descent);
  add("momentum", "gradient descent with heavy-ball momentum (Polyak)", make_momentum);
  add("nesterov", "gradient descent with Nesterov momentum", make_nesterov);
  add("adam", "Adam (Kingma & Ba)", make_adam);
}

}  // namespace rover
