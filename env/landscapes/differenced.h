#pragma once
#include <memory>

#include "env/landscape.h"

namespace rover {

/// The same surface with derivatives from central differences of its values, for agents that want them: a value with
/// its gradient takes the 2d samples x ± h e_i, a Hessian with both 2d² more, which is what an environment charges.
/// The value is what the samples' means say, off by h²/2d · tr ∇²f; h is 6e-6 (1.2e-4 for Hessians) of the larger of
/// |x_i| and a tenth of the box's width. At the edge of the box the samples move inside. Without a box of finite width
/// the width counts as 10.
std::unique_ptr<Landscape> make_differenced(std::shared_ptr<const Landscape> base);

}  // namespace rover
