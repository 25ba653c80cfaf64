#pragma once
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>

#include "training/trainer.h"

namespace rover {

struct LoopOptions {
  std::filesystem::path folder;    ///< the run folder
  bool resume = false;             ///< go on from its checkpoint
  Settings config;                 ///< recorded in every file; a resumed run must have the same
  double checkpoint_seconds = 20;  ///< between checkpoints; 0: after every step
  bool quiet = false;              ///< write nothing to `log`
  std::ostream* log = nullptr;     ///< where progress goes; nullptr: nowhere
  bool terminal = false;  ///< `log` is a terminal: redraw one status line in place, else a line about every 5 s
};

struct LoopResult {
  bool interrupted = false;               ///< by SIGINT or SIGTERM; a checkpoint was written
  std::uint64_t steps = 0;                ///< done, those before a resume included
  std::map<std::string, double> metrics;  ///< last value of each metric in the run log
};

using MakeTrainer = std::function<std::unique_ptr<Trainer>()>;

/// Trains to the end or until SIGINT / SIGTERM, in a folder of its own:
///
///   config.cfg     the settings, readable with --config
///   checkpoint.h5  all that a resumed run needs: `steps`, `config/KEY`, `trainer/…`
///   model.h5       what the agent needs to walk (trainer.save_model), as of the checkpoint; `config/KEY`
///   run.h5         every metric (RunLog), readable while it is written
///   .lock          held with flock while a process trains here
///
/// A run that was killed at any moment, the first included, resumes and ends with the same bits in checkpoint.h5 and
/// model.h5. `make` is called when the folder is locked and found fit, so a trainer may keep files of its own there.
/// Throws UsageError for a folder that exists without `resume`, one without a run with `resume`, other settings than
/// the run's, or a second process on the folder; std::runtime_error when a step, the disk or a damaged checkpoint fails
/// it. The last good checkpoint stays in any case.
LoopResult run_training(const MakeTrainer& make, const LoopOptions& options);

}  // namespace rover
