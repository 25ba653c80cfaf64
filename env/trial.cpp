#include "env/trial.h"

#include <utility>

namespace rover {

Trial make_trial(std::shared_ptr<const Landscape> landscape, std::vector<double> start) {
  Trial out;
  out.start_value = landscape->value(start);
  if (auto optimum = landscape->optimum()) {
    out.optimum_value = optimum->value;
    out.optimum = std::move(optimum->point);
  }
  out.landscape = std::move(landscape), out.start = std::move(start);
  return out;
}

Trial draw_trial(std::shared_ptr<const Landscape> landscape, RandomStream& stream) {
  std::vector<double> start(landscape->dimension());
  landscape->sample_start(stream, start);
  return make_trial(std::move(landscape), std::move(start));
}

}  // namespace rover
