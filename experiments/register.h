#pragma once

namespace rover {

/// Adds the entries that the library's registries do not add themselves. A trainer that needs LibTorch and that
/// register_torch_trainers (imitation/torch/trainers.h) did not add is listed with its settings, as absent. A second
/// call does nothing.
void register_all();

}  // namespace rover
