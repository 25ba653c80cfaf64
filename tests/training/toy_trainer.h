#pragma once
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "core/random.h"
#include "training/trainers.h"
#include "training/training_loop.h"

namespace rover {

struct ToyOptions {
  std::uint64_t steps = 40;
  double learning_rate = 0.1;
  std::uint64_t size = 16;
  std::uint64_t nan_at = 0;  // the step that fails, from 1; 0: none
  std::uint64_t step_microseconds = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("steps", steps, "how many");
    visit("net.learning_rate", learning_rate, "step size");
    visit("size", size, "number of weights");
    visit("nan_at", nan_at, "the step that fails");
    visit("step_microseconds", step_microseconds, "how long a step sleeps");
  }
};

/// Momentum descent on noisy ½‖w − 1‖², in two phases: the smallest thing that has weights, moments and a stream.
class ToyTrainer : public Trainer {
 public:
  ToyTrainer(const ToyOptions& options, std::uint64_t seed)
      : options_(options), stream_(make_stream(seed, 0, "toy")), weights_(options.size), moments_(options.size) {}

  std::function<void(std::uint64_t)> on_step;  ///< called in the middle of step k, from 1

  std::uint64_t steps_done() const override { return done_; }
  std::uint64_t steps_total() const override { return options_.steps; }
  std::string phase() const override { return done_ * 2 < options_.steps ? "coarse" : "fine"; }
  std::vector<std::string> metric_names() const override { return {"loss", "fine/distance"}; }

  void step(Metrics& metrics) override {
    if (options_.step_microseconds) std::this_thread::sleep_for(std::chrono::microseconds(options_.step_microseconds));
    const double rate = options_.learning_rate * (phase() == "fine" ? 0.1 : 1);
    double loss = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      moments_[i] = 0.9 * moments_[i] + weights_[i] - 1 + 0.1 * stream_.normal();
      weights_[i] -= rate * moments_[i];
      loss += 0.5 * (weights_[i] - 1) * (weights_[i] - 1);
    }
    ++done_;
    if (on_step) on_step(done_);
    if (done_ == options_.nan_at)
      throw std::runtime_error("the loss is not a number in step " + std::to_string(done_) + "\nframe #0: …");
    metrics.log("loss", loss);
    if (phase() == "fine") metrics.log("fine/distance", std::sqrt(2 * loss));
  }

  void save(Checkpoint& out) const override {
    out.put("weights", weights_);
    out.put("moments", moments_);
    out.put("stream", std::vector<std::uint64_t>{stream_.key, stream_.counter});
    out.put_integer("done", done_);
  }
  void load(const Checkpoint& in) override {
    weights_ = in.get<double>("weights", options_.size);
    moments_ = in.get<double>("moments", options_.size);
    const auto& stream = in.get<std::uint64_t>("stream", 2);
    stream_ = {stream[0], stream[1]};
    done_ = in.integer("done");
  }
  void save_model(Checkpoint& out) const override { out.put("weights", weights_); }

  std::unique_ptr<Agent> agent() const override {
    struct Walker final : Agent {
      explicit Walker(std::vector<double> weights) : w(std::move(weights)) {}
      void reset(const Problem& problem, std::uint64_t, Action& first) override {
        d = problem.dimension, t = 0;
        first = {};
      }
      void act(const Observation&, Action& next) override {
        next.move.resize(d);
        for (double& x : next.move) x = 0.01 * w[t++ % w.size()];
      }
      std::vector<double> w;
      std::size_t d = 0, t = 0;
    };
    return std::make_unique<Walker>(weights_);
  }

 private:
  ToyOptions options_;
  RandomStream stream_;
  std::vector<double> weights_, moments_;
  std::uint64_t done_ = 0;
};

inline MakeTrainer toy(ToyOptions options = {}, std::uint64_t seed = 7,
                       std::function<void(std::uint64_t)> on_step = {}) {
  return [=] {
    auto trainer = std::make_unique<ToyTrainer>(options, seed);
    trainer->on_step = on_step;
    return trainer;
  };
}

}  // namespace rover
