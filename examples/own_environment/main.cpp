// Trains a policy on an environment of one's own (pendulum.h) with the library's training loop, and plays it:
//
//   own_environment es FOLDER      evolution strategies
//   own_environment ddpg FOLDER    recurrent DDPG, where LibTorch is there (cmake -DTRAINING=ON)
//
// The folder can be resumed after Ctrl-C or kill -9 by the same call.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>

#include "agents/env_policy.h"
#include "env/check_env.h"
#include "pendulum.h"
#include "training/env_trainer.h"
#include "training/training_loop.h"
#ifdef TRAINING
#include "imitation/torch/trainers.h"
#endif

namespace {

double mean_return(rover::BatchPolicy& policy, rover::VectorEnv& env) {
  rover::Rollout played(env);
  rover::rollout(policy, env, rover::spread_seed(/*seed=*/7, env.size()), played);
  double sum = 0;
  for (const double value : played.returns_b) sum += value / static_cast<double>(env.size());
  return sum;
}

}  // namespace

int main(int count, char** arguments) try {
  const std::string trainer = count > 1 ? arguments[1] : "es",
                    folder = count > 2 ? arguments[2] : "own_environment_run";
  register_pendulum();
  rover::register_es_trainer();
#ifdef TRAINING
  rover::register_torch_trainers();
#endif

  const auto env = rover::make_vec("Own/Pendulum-v0", 100, {{"autoreset", "disabled"}});
  for (const std::string& violation : rover::check_env(*env)) std::printf("%s\n", violation.c_str());

  rover::LoopOptions loop;
  loop.folder = folder, loop.resume = std::filesystem::exists(folder), loop.log = &std::cout;
  const rover::Settings settings{
      {"env", "Own/Pendulum-v0"}, {"policy.memory", "none"}, {"seed", "1"}, {"folder", folder}};
  if (rover::run_training([&] { return rover::trainers().make(trainer, settings); }, loop).interrupted) return 130;

  const auto learned = rover::load_policy(folder + "/model.h5", *env);
  rover::RandomActions random_actions(env->action_space());
  std::printf("mean return of 100 episodes: learned %.0f, random actions %.0f\n", mean_return(*learned, *env),
              mean_return(random_actions, *env));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
