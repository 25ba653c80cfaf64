#include "training/meta/meta_options.h"

namespace rover {

DrawnTask draw_task(const MetaOptions& options, const DrawTask& draw, std::uint64_t seed, RandomStream& stream) {
  DrawnTask out{draw(seed), seed, options.rate};
  out.rate.learning_rate *= stream.log_uniform(1 / options.rate_spread, options.rate_spread);
  const double s = stream.log_uniform(1 / options.rescaling, options.rescaling);
  if (options.rescaling == 1) return out;
  out.task.landscape = rescaled(out.task.landscape, s);
  if (out.task.judge) out.task.judge = rescaled(out.task.judge, s);
  for (double& x : out.task.start) x /= s;
  out.rate.learning_rate /= s;  // where the rate is the user's, so are its units
  return out;
}

}  // namespace rover
