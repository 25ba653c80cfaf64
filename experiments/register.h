#pragma once

namespace rover {

/// Adds every trainer that this program has to trainers(). Again: does nothing.
void register_trainers();

}  // namespace rover
