#include "agents/learned/coordinate_features.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/settings.h"

namespace rover {

double time_share(std::uint64_t t, std::uint64_t horizon) {
  const auto steps = static_cast<double>(t);
  return horizon == 0 ? steps / (steps + 100) : std::min(1.0, steps / static_cast<double>(horizon));
}

CoordinateFeatures::CoordinateFeatures(const std::string& text) {
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '+');) {
    bool* const which = part == "raw"            ? &raw
                        : part == "log"          ? &log
                        : part == "andrychowicz" ? &andrychowicz
                        : part == "rich"         ? &rich
                        : part == "point"        ? &point
                        : part == "time"         ? &time
                                                 : nullptr;
    if (which == nullptr)
      throw UsageError(unknown_name("part of features", part, {"raw", "log", "andrychowicz", "rich", "point", "time"}));
    if (*which) throw UsageError("features=" + text + " has the part '" + part + "' twice");
    *which = true;
  }
  if (count() == 0) throw UsageError("features= is empty; for example features=log+time");
}

std::size_t CoordinateFeatures::count() const {
  return (raw ? 2u : 0u) + (log ? 3u : 0u) + (andrychowicz ? 2u : 0u) + (rich ? 9u : 0u) + (point ? 1u : 0u) +
         (time ? 1u : 0u);
}

CoordinateTime::CoordinateTime(std::uint64_t t, std::uint64_t horizon) {
  const auto steps = static_cast<double>(t);
  share = static_cast<float>(time_share(t, horizon));
  log_time = static_cast<float>(std::min(1.0, std::log(steps + 1) / 10));
  early = static_cast<float>(std::exp(-steps / 10));
  for (std::size_t k = 0; k < 3; ++k)
    momentum_scale[k] = static_cast<float>(1 / (1 - std::pow(CoordinateFeatures::momentum_decays[k], steps + 1)));
  square_scale = static_cast<float>(1 / (1 - std::pow(CoordinateFeatures::square_decay, steps + 1)));
}

std::vector<double> reference::coordinate_features(const CoordinateFeatures& features, double gradient, double point,
                                                   std::span<double> kept, std::uint64_t t, std::uint64_t horizon) {
  const auto sign = [](double x) { return static_cast<double>((x > 0) - (x < 0)); };
  const auto steps = static_cast<double>(t);
  const double a = std::log(std::abs(gradient) + 1e-8) / 10;
  std::vector<double> out;
  const auto add = [&](std::initializer_list<double> values) {
    for (const double value : values) out.push_back(value);
  };
  if (features.raw) add({gradient, point});
  if (features.log) add({a, sign(gradient), point});
  if (features.andrychowicz) add({std::max(-1.0, a), a > -1 ? sign(gradient) : std::exp(10.0) * gradient});
  if (features.rich) {
    kept[3] = 0.999 * kept[3] + 0.001 * gradient * gradient;
    const double s = std::sqrt(kept[3] / (1 - std::pow(0.999, steps + 1)) + 1e-16);
    add({std::clamp(gradient / s, -4.0, 4.0)});
    for (std::size_t k = 0; k < 3; ++k) {
      const double decay = CoordinateFeatures::momentum_decays[k];
      kept[k] = decay * kept[k] + (1 - decay) * gradient;
      add({std::clamp(kept[k] / (1 - std::pow(decay, steps + 1)) / s, -4.0, 4.0)});
    }
    add({std::log(s) / 10, std::clamp(point, -4.0, 4.0), time_share(t, horizon),
         std::min(1.0, std::log(steps + 1) / 10), std::exp(-steps / 10)});
  }
  if (features.point) add({point / 5});
  if (features.time) add({time_share(t, horizon)});
  return out;
}

}  // namespace rover
