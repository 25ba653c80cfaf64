#pragma once
#include "experiments/figure.h"
#include "storage/run_log.h"

namespace rover {

/// A training's metrics over its steps: a panel a validation metric, under a title in words, with the baselines of the
/// run's own final tests as dashed lines; and the heading's errors, a line a family. A run that has neither shows
/// whatever it logged. Throws std::runtime_error for a log without any measurement, naming `file`.
Figure training_figure(const RunRecord& record, const std::string& file);

}  // namespace rover
