// The loops that training spends its time in, each fast one beside its slow reference: quote ratios of one run, not
// times.
//   build/dev/bench/bench_hot_loops
#include <benchmark/benchmark.h>

#include <numeric>

#include "agents/nn/layers.h"
#include "agents/nn/recurrent_policy.h"
#include "agents/rover/fit_net.h"
#include "env/analytic_heading.h"
#include "env/kernels/columns.h"
#include "env/kernels/gaussian.h"
#include "env/kernels/matrix.h"
#include "env/landscapes/classifier.h"
#include "env/landscapes/network.h"
#include "env/landscapes/registry.h"
#include "env/step_control_env.h"

using namespace rover;

namespace {

kernels::GaussianProcess saddle() {
  kernels::GaussianProcess process;
  process.count = 4;
  for (std::size_t k = 0; k < 4; ++k) {
    process.anchors[k][0] = k % 2 ? 0.5 : -0.5, process.anchors[k][1] = k < 2 ? 0.5 : -0.5;
    process.weights[k] = k % 3 ? 1 : -1;
  }
  return process;
}

void gaussian_grid(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<double> grid(n * n);
  for (auto _ : state) {
    kernels::gaussian_grid(saddle(), 0.3, 0.2, 0.1, n, grid, {});
    benchmark::DoNotOptimize(grid.data());
  }
}
BENCHMARK(gaussian_grid)->Arg(8)->Arg(16);

void gaussian_grid_reference(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<double> grid(n * n), points(2 * n * n);
  const double pose[2] = {0.3, 0.2};
  for (auto _ : state) {
    slice_points(pose, {0, 1, 0.1}, n, points);
    kernels::reference::gaussian_values(saddle(), points, grid, {});
    benchmark::DoNotOptimize(grid.data());
  }
}
BENCHMARK(gaussian_grid_reference)->Arg(8)->Arg(16);

// Slices in many dimensions: 25 of 8 x 8 in one call, the surface's own way beside the default, which samples each cell
// from scratch.
void many_slices(benchmark::State& state, const char* id, const char* dimension, bool own) {
  const auto surface = landscapes().make(id, {{"dimension", dimension}});
  const std::size_t d = surface->dimension(), n = 8;
  std::vector<double> point(d), grids(25 * n * n);
  RandomStream stream = make_stream(1, 0, "start");
  surface->sample_start(stream, point);
  std::vector<Slice> slices(25);
  for (Slice& slice : slices) {
    slice = {static_cast<std::uint32_t>(stream.below(d - 1)), 0, 0.1};
    slice.j = slice.i + 1;
  }
  for (auto _ : state) {
    if (own) surface->slices(point, slices, n, grids, nullptr);
    else surface->Landscape::slices(point, slices, n, grids, nullptr);
    benchmark::DoNotOptimize(grids.data());
  }
}
#define ROVER_SLICES(id, dimension)                                    \
  BENCHMARK_CAPTURE(many_slices, id, #id, #dimension, true)            \
      ->Name("many_slices/" #id "/" #dimension)                        \
      ->Unit(benchmark::kMillisecond);                                 \
  BENCHMARK_CAPTURE(many_slices, id##_default, #id, #dimension, false) \
      ->Name("many_slices/" #id "/" #dimension "/default")             \
      ->Unit(benchmark::kMillisecond)
ROVER_SLICES(guyon, 50);
ROVER_SLICES(iris, 193);
ROVER_SLICES(mlp, 10062);
ROVER_SLICES(rosenbrock, 1000);
ROVER_SLICES(rastrigin, 1000);
ROVER_SLICES(ackley, 1000);

void one_value(benchmark::State& state, const char* id, const char* dimension) {
  const auto surface = landscapes().make(id, {{"dimension", dimension}});
  std::vector<double> point(surface->dimension());
  RandomStream stream = make_stream(1, 0, "start");
  surface->sample_start(stream, point);
  for (auto _ : state) benchmark::DoNotOptimize(surface->value(point));
}
BENCHMARK_CAPTURE(one_value, guyon, "guyon", "50");
BENCHMARK_CAPTURE(one_value, iris, "iris", "193");
BENCHMARK_CAPTURE(one_value, mlp, "mlp", "10062");
BENCHMARK_CAPTURE(one_value, rastrigin, "rastrigin", "1000");

// The product at the heart of a 784-128-10 network on 128 samples, beside plain loops.
template <auto Multiply>
void product(benchmark::State& state) {
  const std::size_t rows = 128, inner = 784, columns = 128;
  const std::vector<float> a(rows * inner, 0.01f), b(inner * columns, 0.02f);
  std::vector<float> out(rows * columns);
  for (auto _ : state) {
    Multiply(rows, inner, columns, {a.data(), inner, 1}, b.data(), columns, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["flops"] =
      benchmark::Counter(2.0 * rows * inner * columns, benchmark::Counter::kIsIterationInvariantRate);
}
void multiply(std::size_t rows, std::size_t inner, std::size_t columns, kernels::Strided<float> a, const float* b,
              std::size_t b_row, float* out) {
  kernels::multiply<float>(rows, inner, columns, a, b, b_row, out);
}
BENCHMARK(product<multiply>)->Name("product_128x784x128");
BENCHMARK(product<kernels::reference::multiply<float>>)->Name("product_128x784x128_reference");

// One noisy look at a network to be trained, value and gradient: the classifier in float and double, and Network, which
// computes in double and keeps what slices need.
std::unique_ptr<Landscape> network_task(const std::string& kind, std::size_t inputs, std::size_t hidden,
                                        std::size_t batch) {
  const std::size_t samples = 2000, n = kernels::padded(samples), classes = 10;
  RandomStream stream = make_stream(1, 0, "data");
  if (kind == "network") {
    NetworkData data{samples, std::vector<double>(inputs * n), std::vector<double>(classes * n)};
    stream.normals(data.inputs);
    for (std::size_t s = 0; s < samples; ++s) data.targets[s % classes * n + s] = 1;
    return std::make_unique<Network>("network", std::move(data),
                                     NetworkOptions{.widths = {inputs, hidden, classes},
                                                    .activation = Activation::relu,
                                                    .start = NetworkStart::scaled,
                                                    .minibatch = batch});
  }
  auto data = std::make_shared<LabelledData>(LabelledData{samples, inputs, classes, {}, {}});
  for (std::size_t k = 0; k < samples * inputs; ++k) data->inputs.push_back(static_cast<float>(stream.normal()));
  for (std::size_t s = 0; s < samples; ++s) data->labels.push_back(static_cast<std::uint8_t>(s % classes));
  return std::make_unique<Classifier>(
      kind, std::move(data), ClassifierOptions{.hidden = {hidden}, .minibatch = batch, .in_double = kind == "double"});
}
void network_look(benchmark::State& state, const char* kind) {
  const auto size = [&](int k) { return static_cast<std::size_t>(state.range(k)); };
  const auto task = network_task(kind, size(0), size(1), size(2));
  std::vector<double> point(task->dimension()), gradient(point.size()), value(1);
  RandomStream stream = make_stream(1, 0, "start");
  task->sample_start(stream, point);
  for (auto _ : state) {
    task->values_and_gradients(point, value, gradient, &stream);
    benchmark::DoNotOptimize(gradient.data());
  }
}
#define ROVER_LOOK(kind)                            \
  BENCHMARK_CAPTURE(network_look, kind, #kind)      \
      ->ArgNames({"inputs", "hidden", "minibatch"}) \
      ->Args({784, 128, 128})                       \
      ->Args({64, 32, 64})                          \
      ->Unit(benchmark::kMicrosecond)
ROVER_LOOK(float);
ROVER_LOOK(double);
ROVER_LOOK(network);

template <auto Dense>
void dense(benchmark::State& state) {
  const std::size_t rows = 64, inputs = 64, outputs = 64;
  std::vector<float> weight(inputs * outputs, 0.01f), bias(outputs), x(rows * inputs, 1), y(rows * outputs);
  for (auto _ : state) {
    Dense(weight, bias, x, y);
    benchmark::DoNotOptimize(y.data());
  }
}
BENCHMARK(dense<nn::dense>)->Name("dense_64x64x64");
BENCHMARK(dense<nn::dense_reference>)->Name("dense_64x64x64_reference");

// Time of one environment step, B = 256: pose → grid → rescale → heading → observation.
void env_step(benchmark::State& state, std::shared_ptr<const Heading> heading, const char* observation) {
  StepControlOptions options;
  options.observation = observation;
  options.pool = 500;
  const std::size_t size = 256;
  const auto env = make_step_control(size, options, std::move(heading), Autoreset::next_step);
  BatchBuffer buffer(size, env->observation_space().size());
  const std::vector<float> actions(2 * size, -0.05f);
  env->reset(1, buffer.view());
  for (auto _ : state) env->step(actions, buffer.view());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(size));
}
BENCHMARK_CAPTURE(env_step, newton_fit, make_analytic_heading("newton-fit"), "grid+context");
BENCHMARK_CAPTURE(env_step, fit_net, std::make_shared<FitNet>(FitNetOptions{}, 1), "features+context");

void policy_step(benchmark::State& state) {
  const std::size_t rows = 256;
  const RecurrentPolicy policy({}, 70, 8, 1);
  RecurrentPolicy::State memory;
  memory.reset(rows, policy.hidden());
  const std::vector<float> observations(rows * 70, 0.1f);
  std::vector<float> u(rows * 2);
  for (auto _ : state) policy.forward(observations, memory.hidden, memory.cell, u);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
}
BENCHMARK(policy_step);

}  // namespace
