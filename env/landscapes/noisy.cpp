#include "env/landscapes/noisy.h"

#include <cmath>

#include "core/settings.h"

namespace rover {

Noisy::Noisy(std::shared_ptr<const Landscape> base, double deviation) : base_(std::move(base)), deviation_(deviation) {
  if (!(deviation >= 0) || !std::isfinite(deviation))
    throw UsageError("noise needs a deviation that is finite and not below 0");
}

void Noisy::values(Reals points, MutReals values, RandomStream* noise) const {
  base_->values(points, values, noise);
  if (noise == nullptr) return;
  for (double& value : values) value += deviation_ * noise->normal();
}

}  // namespace rover
