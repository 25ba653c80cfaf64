#include "training/evolution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "core/executor.h"
#include "training/adam.h"

namespace rover {
namespace {

// A shorter memory of squares than Adam's usual 0.999: a run has hundreds of updates, not ten thousands.
constexpr double adam_beta1 = 0.9, adam_beta2 = 0.99;

// Each entry's rank from 0 to 1; ties by index.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return values[k]; });
  std::vector<double> out(values.size());
  for (std::size_t k = 0; k < order.size(); ++k)
    out[order[k]] = static_cast<double>(k) / static_cast<double>(order.size() - 1);
  return out;
}

// The weight of a pair: here the difference of its members' ranks among all, in signed_ranks the rank of its difference
// with that difference's sign.
std::vector<double> rank_differences(std::span<const double> fitness) {
  const std::vector<double> rank = ranks(fitness);
  std::vector<double> out;
  for (std::size_t k = 0; k < rank.size(); k += 2) out.push_back((rank[k] - 0.5) - (rank[k + 1] - 0.5));
  return out;
}

std::vector<double> signed_ranks(std::span<const double> fitness) {
  std::vector<double> differences, sizes;
  for (std::size_t k = 0; k < fitness.size(); k += 2)
    differences.push_back(fitness[k] - fitness[k + 1]), sizes.push_back(std::fabs(differences.back()));
  std::vector<double> out = ranks(sizes);
  for (std::size_t p = 0; p < out.size(); ++p) out[p] = differences[p] < 0 ? -out[p] : out[p];
  return out;
}

/// Discards metrics, for measurements that the run log does not show.
struct Unlogged final : Metrics {
  void log(const std::string&, double) override {}
};

}  // namespace

struct EvolutionLearner::State {
  EvolutionOptions options;
  PolicyProblem problem;
  RecurrentPolicy centre;
  PolicySelection selection;
  std::uint64_t generation = 0;
  std::vector<double> weights;  // the centre in double, so that small steps are not lost
  std::vector<double> mean;     // its running mean
  Adam<double> adam;

  // One a worker; every pair of members is played from a fresh reset, so any worker may play it.
  struct Worker {
    std::unique_ptr<VectorEnv> env;
    RecurrentPolicy plus, minus;
    RecurrentBatchPolicy players;
    Rollout played;
    Worker(const PolicyTask& task, const RecurrentPolicy& policy, std::size_t rows)
        : env(task.make(rows)), plus(policy), minus(policy), players({&plus, &minus}), played(*env) {}
  };
  std::vector<std::unique_ptr<Worker>> workers;

  State(const PolicyProblem& given, const EvolutionOptions& chosen)
      : options(chosen),
        problem(given),
        centre(first_policy(given)),
        selection(given, centre, chosen.validation),
        weights(centre.parameters().flat().begin(), centre.parameters().flat().end()),
        mean(weights),
        adam(weights.size(), adam_beta1, adam_beta2) {
    check_options(options);
    const std::size_t threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t k = 0; k < std::min<std::size_t>(threads, options.pairs); ++k)
      workers.push_back(std::make_unique<Worker>(*problem.task, centre, 2 * options.episodes));
  }

  // Fitness of both members of a pair: rows [0, M) play w + σε, rows [M, 2M) w − σε, on the same episodes.
  std::array<double, 2> play_pair(Worker& worker, std::span<const double> noise,
                                  std::span<const std::uint64_t> seeds) const {
    const auto plus = worker.plus.parameters().flat(), minus = worker.minus.parameters().flat();
    for (std::size_t k = 0; k < weights.size(); ++k) {
      plus[k] = static_cast<float>(weights[k] + options.sigma * noise[k]);
      minus[k] = static_cast<float>(weights[k] - options.sigma * noise[k]);
    }
    rollout(worker.players, *worker.env, seeds, worker.played);
    const auto& returns = worker.played.returns_b;
    const std::size_t half = returns.size() / 2;
    std::array<double, 2> fitness{};
    for (std::size_t side = 0; side < 2; ++side)
      fitness[side] =
          std::accumulate(&returns[side * half], &returns[side * half] + half, 0.0) / static_cast<double>(half);
    return fitness;
  }
};

EvolutionLearner::EvolutionLearner(const PolicyProblem& problem, const EvolutionOptions& options)
    : state_(std::make_unique<State>(problem, options)) {}
EvolutionLearner::~EvolutionLearner() = default;

std::vector<std::string> EvolutionLearner::metric_names() { return {"evolution/fitness", "evolution/fitness_spread"}; }

std::uint64_t EvolutionLearner::steps_done() const { return state_->generation; }
const RecurrentPolicy& EvolutionLearner::policy() const { return state_->selection.best(); }

void EvolutionLearner::step(Metrics& metrics) {
  State& s = *state_;
  const std::size_t pairs = s.options.pairs, episodes = s.options.episodes, size = s.weights.size();
  RandomStream stream = make_stream(s.problem.seed, s.generation, "evolution");
  const bool own = s.options.common == "pair";
  std::vector<double> noise(pairs * size), fitness;
  std::vector<std::vector<std::uint64_t>> seeds(own ? pairs : 1);
  for (auto& rows : seeds) {
    for (std::size_t k = 0; k < episodes; ++k) rows.push_back(stream.bits());
    rows.insert(rows.end(), rows.begin(), rows.end());  // both members of a pair play the same episodes
  }
  stream.normals(noise);

  const auto played = make_thread_executor(s.workers.size())->map(pairs, [&](std::size_t p, std::size_t w) {
    return s.play_pair(*s.workers[w], std::span(noise).subspan(p * size, size), seeds[own ? p : 0]);
  });
  for (const auto& pair : played) fitness.insert(fitness.end(), pair.begin(), pair.end());
  if (!std::ranges::all_of(fitness, [](double f) { return std::isfinite(f); }))
    throw std::runtime_error("the fitness is not a number in generation " + std::to_string(s.generation) +
                             "; try a smaller evolution.learning_rate");

  const std::vector<double> weights = own ? signed_ranks(fitness) : rank_differences(fitness);
  const double progress =
      static_cast<double>(s.generation) / static_cast<double>(std::max<std::uint64_t>(s.options.generations, 1));
  const double rate = s.options.learning_rate * (1 - 0.9 * std::min(progress, 1.0));
  ++s.generation;
  std::vector<double> descent(size);  // the gradient of −fitness
  for (std::size_t p = 0; p < pairs; ++p) {
    const double weight = weights[p] / (static_cast<double>(pairs) * s.options.sigma);
    for (std::size_t k = 0; k < size; ++k) descent[k] -= weight * noise[p * size + k];
  }
  s.adam.update(s.weights, descent, rate);
  const auto flat = s.centre.parameters().flat();
  for (std::size_t k = 0; k < size; ++k) {
    s.weights[k] *= 1 - s.options.weight_decay * rate;
    flat[k] = static_cast<float>(s.weights[k]);
    s.mean[k] += s.options.averaging * (s.weights[k] - s.mean[k]);
  }

  const double mean = std::accumulate(fitness.begin(), fitness.end(), 0.0) / static_cast<double>(fitness.size());
  double spread = 0;
  for (const double f : fitness) spread += (f - mean) * (f - mean) / static_cast<double>(fitness.size());
  metrics.log("evolution/fitness", mean);
  metrics.log("evolution/fitness_spread", std::sqrt(spread));
  if (s.generation % s.options.evaluate_every != 0 && s.generation != s.options.generations) return;
  s.selection.offer(s.centre, metrics);
  if (s.options.averaging == 0) return;
  RecurrentPolicy averaged = s.centre;
  std::ranges::transform(s.mean, averaged.parameters().flat().begin(), [](double w) { return static_cast<float>(w); });
  Unlogged unlogged;
  s.selection.offer(averaged, unlogged);
}

void EvolutionLearner::save(Checkpoint& out) const {
  out.put_integer("generation", state_->generation);
  out.put("weights", state_->weights);
  out.put("mean", state_->mean);
  state_->adam.save(out, "adam/");
  state_->selection.save(out);
}

void EvolutionLearner::load(const Checkpoint& in) {
  State& s = *state_;
  const std::size_t size = s.weights.size();
  s.weights = in.get<double>("weights", size);
  s.mean = in.get<double>("mean", size);
  s.adam.load(in, "adam/");
  s.generation = in.integer("generation");
  std::ranges::transform(s.weights, s.centre.parameters().flat().begin(),
                         [](double w) { return static_cast<float>(w); });
  s.selection.load(in);
}

}  // namespace rover
