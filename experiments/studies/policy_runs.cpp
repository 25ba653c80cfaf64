#include "experiments/studies/policy_runs.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {

std::filesystem::path train_in_pomdp(StudyPlace& place) {
  return place.train("rover-pomdp", place.quick ? "quick" : "full", {"walk.evolution.generations=0"}, place.seed);
}

RoverModel load_policy(const std::filesystem::path& run_folder) {
  RoverModel model = RoverModel::load(Checkpoint::read(run_folder / "model.h5"));
  if (!model.policy) throw std::runtime_error("'" + run_folder.string() + "' holds no trained policy");
  return model;
}

PolicyRuns play_policy(const RoverModel& model, std::shared_ptr<const InstancePool> pool,
                       std::span<const PolicyStart> starts, std::size_t steps, std::uint64_t seed) {
  StepControlOptions options;
  options.grid_size = model.grid_size, options.observation = model.observation, options.horizon = steps;
  const auto env = make_step_control(starts.size(), options, model.heading, Autoreset::disabled, std::move(pool));
  RecurrentBatchPolicy policy({model.policy.get()});
  std::vector<StepControlEnv::Start> from;
  for (const auto& start : starts)
    from.push_back({start.instance, std::log(start.step_size), std::log(start.resolution)});
  PolicyRuns out;
  const auto row = [&](const char* key) {
    const auto values = env->info(key);
    return std::vector<double>(values.begin(), values.end());
  };
  const auto exponentials = [](std::vector<double> values) {
    for (double& value : values) value = std::exp(value);
    return values;
  };
  const auto seeds = spread_seed(seed, starts.size());
  Rollout played(*env);
  rollout_from([&](Batch start) { env->reset_from(seeds, from, start); }, policy, *env, seeds, played,
               [&](std::size_t, const Rollout&) {
                 out.step_size.push_back(exponentials(row("log_step_size"))),
                     out.resolution.push_back(exponentials(row("log_resolution")));
                 out.regret.push_back(row("regret")), out.x.push_back(row("x")), out.y.push_back(row("y"));
               });
  return out;
}

void put_runs(Checkpoint& out, const std::string& group, const PolicyRuns& runs) {
  const auto put = [&](const char* name, const std::vector<std::vector<double>>& rows) {
    std::vector<double> flat;
    for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
    out.put(group + "/" + name, flat, {rows.size(), rows[0].size()});
  };
  put("step_size", runs.step_size), put("resolution", runs.resolution), put("regret", runs.regret), put("x", runs.x),
      put("y", runs.y);
}

double usual_step_size() {
  const StepControlOptions range;
  return std::sqrt(range.step_size_low * range.step_size_high);
}

double usual_resolution(std::size_t grid_size) {
  const StepControlOptions range;
  return std::sqrt(range.resolution_low * range.resolution_high) * 8 / static_cast<double>(grid_size);
}

std::shared_ptr<const InstancePool> perturbed_starts(const InstancePool& pool, std::size_t index, std::size_t count,
                                                     double share, std::uint64_t seed) {
  const Trial& one = pool.instances.at(index);
  auto out = std::make_shared<InstancePool>();
  out->families = pool.families;
  double distance = 0;
  for (std::size_t i = 0; i < one.start.size(); ++i) distance = std::hypot(distance, one.start[i] - one.optimum[i]);
  for (std::size_t k = 0; k < count; ++k) {
    Trial& copy = out->instances.emplace_back(one);
    if (k == 0) continue;
    RandomStream stream = make_stream(seed, k, "perturbed start");
    for (double& x : copy.start) x += share * distance * stream.normal();
    copy.start_value = copy.landscape->value(copy.start);
  }
  return out;
}

Curve median_curve(const std::string& label, const std::vector<std::vector<double>>& rows, double low, double high) {
  Curve out;
  out.label = label;
  for (std::size_t t = 0; t < rows.size(); ++t) {
    out.x.push_back(static_cast<double>(t));
    out.y.push_back(quantile(rows[t], 0.5)), out.low.push_back(quantile(rows[t], low)),
        out.high.push_back(quantile(rows[t], high));
  }
  return out;
}

}  // namespace rover
