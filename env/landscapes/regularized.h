#pragma once
#include <memory>

#include "env/landscape.h"

namespace rover {

/// f(x) + λ/2 ‖x − c‖², c the centre of f's domain: a bowl that smooths the surface over and gives it a lowest point.
/// Noise, derivatives and starts are f's. Its optimum is known where f's is the centre.
std::unique_ptr<Landscape> make_regularized(std::shared_ptr<const Landscape> base, double weight);

}  // namespace rover
