#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/heading.h"
#include "imitation/collection.h"
#include "training/kept_metrics.h"
#include "training/trainers.h"

namespace rover {

/// How a direction predictor is trained (section 3.2.2).
struct HeadingTrainerOptions {
  std::string network = "fit-net";
  std::uint64_t grid_size = 8;
  std::uint64_t hidden = 64;
  bool robust = false;
  std::uint64_t channels1 = 16, channels2 = 32;
  bool views = false;
  CollectionOptions collection;
  std::string loss = "angle";
  double confidence = 0.1;
  std::uint64_t updates = 8000;
  std::uint64_t batch_size = 512;
  double learning_rate = 4e-3;
  double final_learning_rate = 0.005;
  std::uint64_t updates_per_step = 250;
  std::uint64_t evaluate_every = 8;
  std::uint64_t held_out = 300;
  bool keep_data = false;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("network", network, "fit-net (rotation-equivariant) or conv (the paper's)",
          one_of("fit-net", "conv", "least-squares-gradient", "newton-fit"));
    visit("grid_size", grid_size, "n of the n×n grid", in(3, 64));
    visit("hidden", hidden, "width of the hidden layers", in(1, 1024));
    visit("robust", robust, "fit-net: a second, robustly rescaled channel");
    visit("channels1", channels1, "conv: channels of the first convolution", in(1, 256));
    visit("channels2", channels2, "conv: channels of the second convolution", in(1, 256));
    visit("views", views, "conv: average the output over the 8 dihedral views");
    visit("collection", collection, "how the data is collected");
    visit("loss", loss, "angle, cosine, or the paper's nce (eq. 2)", one_of("angle", "cosine", "nce"));
    visit("confidence", confidence,
          "weight of eq. 2 beside the losses angle and cosine, which leave the output's norm open", in(0, 1e6));
    visit("updates", updates, "gradient steps", in(1, 1e7));
    visit("batch_size", batch_size, "samples of a gradient step", in(1, 16384));
    visit("learning_rate", learning_rate, "Adam's first step size; decays by a cosine", above(0, 1e38));
    visit("final_learning_rate", final_learning_rate, "last step size as a fraction of the first", in(0, 1));
    visit("updates_per_step", updates_per_step, "gradient steps between two reports", in(1, 1e6));
    visit("evaluate_every", evaluate_every, "reports between two measurements on held-out surfaces", in(1, 1e6));
    visit("held_out", held_out, "held-out surfaces of each family", in(1, 10000));
    visit("keep_data", keep_data, "keep dataset.h5 when the direction is learned");
  }
};

/// First collects (a shard a step, in FOLDER/dataset.h5 when there is a folder), then trains. Logs heading/loss
/// and, every `evaluate_every` steps and at the end, heading/angle_FAMILY and heading/median_FAMILY: degrees on
/// held-out noise-free surfaces. Data, batches and negatives are functions of (options, seed, number), so a checkpoint
/// holds counters, weights and moments only; a data file that is missing, damaged or another's is collected again to
/// the same bits.
class HeadingTrainer final : public Trainer {
 public:
  /// Throws UsageError when the options do not fit.
  HeadingTrainer(const HeadingTrainerOptions& options, const TrainerPlace& place);
  ~HeadingTrainer() override;

  std::uint64_t steps_done() const override;
  std::uint64_t steps_total() const override;
  std::string phase() const override;  ///< "collect", then "direction"
  std::vector<std::string> metric_names() const override;
  void step(Metrics& metrics) override;
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  void save_model(Checkpoint& out) const override;  ///< what load_heading reads, with the last angles
  std::unique_ptr<Agent> agent() const override;    ///< walks along the heading by a rule of its own (HeadingWalker)

  /// What has been learned so far, for inference.
  std::shared_ptr<const Heading> heading() const;
  /// Errors of the heading as it is now, on the held-out surfaces.
  AngleErrors held_out() const;
  /// heading/angle_… and heading/median_… as last logged.
  const KeptMetrics& measured() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
