#pragma once
#include "agents/agent.h"

namespace rover {

// Called by agents(): a static library drops initialisers without a reference.
void register_classical(Registry<Agent>& agents);
void register_attention(Registry<Agent>& agents);
void register_rover(Registry<Agent>& agents);
void register_search(Registry<Agent>& agents);
void register_learned(Registry<Agent>& agents);

}  // namespace rover
