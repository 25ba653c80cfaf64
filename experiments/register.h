#pragma once

namespace rover {

/// Adds what the library's registries do not fill themselves. A trainer that needs LibTorch and that
/// register_torch_trainers (imitation/torch/trainers.h) did not add is listed with its settings, as absent. Again: does
/// nothing.
void register_all();

}  // namespace rover
