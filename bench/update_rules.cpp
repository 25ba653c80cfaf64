// A step of each learned rule beside LibTorch's Adam, on the parameters of a 784-128-10 network and on 10 million, in
// layers of that shape: quote the ratios of one run, not times.
//   build/dev/bench/bench_update_rules
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "core/random.h"
#include "training/torch/learned_optimizer_torch.h"

using namespace rover;

namespace {

/// Parameters of `copies` networks 784-128-10, with gradients.
std::vector<torch::Tensor> parameters(std::int64_t copies) {
  std::vector<torch::Tensor> out;
  torch::manual_seed(1);
  for (std::int64_t k = 0; k < copies; ++k)
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{128, 784}, {128}, {10, 128}, {10}}) {
      out.push_back((0.05 * torch::randn(shape)).requires_grad_(true));
      out.back().mutable_grad() = 0.01 * torch::randn(shape);
    }
  return out;
}

void adam(benchmark::State& state) {
  torch::optim::Adam optimizer(parameters(state.range(0)), torch::optim::AdamOptions(1e-6));
  for (auto _ : state) optimizer.step();
}

void rule(benchmark::State& state, const RuleOptions& options) {
  RandomStream stream = make_stream(1, 0, "weights");
  LearnedOptimizer optimizer(
      parameters(state.range(0)),
      TrainedRule{make_update_rule(options, initial_weights(options, stream)), {.learning_rate = 1e-6}});
  for (auto _ : state) optimizer.step();
}

void each_size(benchmark::internal::Benchmark* of) {
  of->Arg(1)->Arg(98)->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(adam)->Apply(each_size);
BENCHMARK_CAPTURE(rule, mlp, RuleOptions{.rule = "mlp"})->Apply(each_size);
BENCHMARK_CAPTURE(rule, relative, RuleOptions{.rule = "relative"})->Apply(each_size);
BENCHMARK_CAPTURE(rule, lstm_8, (RuleOptions{.rule = "lstm", .features = "rich", .hidden = 8}))->Apply(each_size);
BENCHMARK_CAPTURE(rule, small_fc, RuleOptions{.rule = "small-fc"})->Apply(each_size);
BENCHMARK_CAPTURE(rule, celo2_base, RuleOptions{.rule = "celo2-base"})->Apply(each_size);
BENCHMARK_CAPTURE(rule, celo2, RuleOptions{.rule = "celo2"})->Apply(each_size);

}  // namespace
