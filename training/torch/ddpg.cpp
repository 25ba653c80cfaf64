#include "training/torch/ddpg.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <future>

#include "storage/episodes.h"
#include "training/replay.h"
#include "training/torch/ddpg_torch.h"

namespace rover {
namespace {

torch::Tensor tensor_of(std::span<float> data, std::vector<std::int64_t> shape) {
  return torch::from_blob(data.data(), shape, torch::kFloat32);
}

void polyak(nn::Parameters& target, const nn::Parameters& source, double tau) {
  const auto to = target.flat();
  const auto from = source.flat();
  for (std::size_t k = 0; k < to.size(); ++k) to[k] += static_cast<float>(tau) * (from[k] - to[k]);
}

/// "rover/step-control-v0" → "Rover/StepControl-v0", as environments are registered.
std::string environment_id(const std::string& task) {
  std::string out;
  bool capital = true;
  for (std::size_t k = 0; k < task.size(); ++k) {
    const bool version = k + 1 < task.size() && task[k] == '-' && task[k + 1] == 'v' && k > task.rfind('-') - 1;
    if (task[k] == '-' && !version) {
      capital = true;
      continue;
    }
    out += capital ? static_cast<char>(std::toupper(static_cast<unsigned char>(task[k]))) : task[k];
    capital = task[k] == '/';
  }
  return out;
}

}  // namespace

torch::Tensor ddpg_targets(const torch::Tensor& rewards, const torch::Tensor& next_values, double gamma) {
  auto continues = torch::zeros_like(rewards);  // the step after this one happened
  const auto later = rewards.size(1) - 1;
  continues.narrow(1, 0, later).copy_(rewards.narrow(1, 1, later).isnan().logical_not());
  return rewards + gamma * continues * next_values;
}

struct DdpgLearner::State {
  struct Critic {
    nn::Parameters weights, target;
    Adam<float> adam;
  };

  DdpgOptions options;
  PolicyProblem problem;
  RecurrentPolicy actor, target_actor;
  Adam<float> actor_adam;
  CriticShape critic_shape;
  std::vector<Critic> critics;
  PolicySelection selection;
  std::unique_ptr<VectorEnv> env;
  Rollout played;  // the episodes that are being collected
  std::size_t action_size;
  EpisodeShape episode_shape;
  std::unique_ptr<ReplayBuffer> replay;  // until the last iteration: a finished training keeps none
  std::uint64_t iteration = 0, updates = 0;
  std::vector<float> batch_observations, batch_privileged, batch_actions, batch_rewards, row;  // one update's episodes

  State(const PolicyProblem& given, const DdpgOptions& chosen)
      : options(chosen),
        problem(given),
        actor(first_policy(given)),
        target_actor(actor),
        actor_adam(actor.parameters().flat().size()),
        selection(given, actor, chosen.validation),
        env(given.task->make(std::max<std::uint64_t>(chosen.episodes, 1))),
        played(*env),
        action_size(actor.actions()) {
    check_options(options);
    if (options.reward_scale == 0) throw UsageError("DDPG needs reward_scale > 0");
    at::set_num_threads(1);  // the second core collects; sums do not depend on the machine's cores
    const bool privileged = options.privileged && env->privileged_size() > 0;
    const EpisodeShape& shape = episode_shape = {env->horizon(), actor.observation_size(),
                                                 privileged ? env->privileged_size() : 0, action_size};
    make_replay();
    critic_shape = {shape.observation_size,
                    shape.privileged_size,
                    !privileged && actor.has_memory(),
                    actor.convolutional() && !privileged,
                    actor.grid_size(),
                    problem.policy.channels1,
                    problem.policy.channels2,
                    options.critic_hidden,
                    action_size};
    for (std::size_t k = 0; k < (options.twin ? 2u : 1u); ++k) {
      nn::Parameters weights = make_critic(critic_shape, derive_seed(problem.seed, k, "critic"));
      const std::size_t size = weights.flat().size();
      critics.push_back({weights, weights, Adam<float>(size)});
    }
    const std::size_t b = options.batch, t = shape.steps;
    batch_observations.resize(b * (t + 1) * shape.observation_size),
        batch_privileged.resize(b * (t + 1) * shape.privileged_size);
    batch_actions.resize(b * t * action_size), batch_rewards.resize(b * t), row.resize(shape.size());
  }

  void make_replay() {
    replay = std::make_unique<ReplayBuffer>(episode_shape, options.capacity, options.in_memory,
                                            problem.folder.empty() ? "" : problem.folder + "/replay.tmp");
  }

  // The reset seed of the training's k-th episode.
  std::uint64_t episode_seed(std::uint64_t k) const { return derive_seed(problem.seed, k, "episode"); }

  // A whole batch of episodes with exploration, as rows of the replay buffer. Of steps that did not happen, because the
  // episode had ended, the reward is nan and the rest 0.
  std::vector<float> collect(const RecurrentPolicy& policy, double noise, double& mean_return) {
    const EpisodeShape& shape = episode_shape;
    const std::size_t size = env->size(), o = shape.observation_size, p = shape.privileged_size;
    std::vector<float> rows(size * shape.size());
    std::vector<EpisodeView<float>> episodes;
    std::vector<std::uint64_t> seeds;
    for (std::size_t b = 0; b < size; ++b) {
      episodes.emplace_back(std::span<float>(rows).subspan(b * shape.size(), shape.size()), shape);
      std::ranges::fill(episodes[b].rewards, std::numeric_limits<float>::quiet_NaN());
      seeds.push_back(episode_seed(iteration * size + b));
    }
    RecurrentBatchPolicy player({&policy}, noise);
    rollout(player, *env, seeds, played, [&](std::size_t t, const Rollout& seen) {
      for (std::size_t b = 0; b < size; ++b) {
        if (seen.rested_b[b]) continue;
        std::copy_n(&seen.batch.observations[b * o], o, episodes[b].observations.data() + t * o);
        std::copy_n(env->privileged().data() + b * p, p, episodes[b].privileged.data() + t * p);
        if (t == 0) continue;
        for (std::size_t a = 0; a < action_size; ++a)
          episodes[b].actions[(t - 1) * action_size + a] =
              exponent_of(actor.shape().map, seen.actions[b * action_size + a]);
        episodes[b].rewards[t - 1] = seen.batch.rewards[b];
        episodes[b].terminated[0] = seen.batch.terminated[b];
      }
    });
    mean_return = 0;
    for (const double sum : played.returns_b) mean_return += sum / static_cast<double>(size);
    return rows;
  }

  void sample(RandomStream& stream) {
    const EpisodeShape& shape = episode_shape;
    for (std::size_t b = 0; b < options.batch; ++b) {
      replay->read(stream.below(replay->size()), row);
      const EpisodeView<float> episode{row, shape};
      const auto put = [&](std::span<const float> part, std::vector<float>& out) {
        std::ranges::copy(part, out.begin() + static_cast<std::ptrdiff_t>(b * part.size()));
      };
      put(episode.observations, batch_observations), put(episode.privileged, batch_privileged);
      put(episode.actions, batch_actions), put(episode.rewards, batch_rewards);
    }
    const auto clip = static_cast<float>(options.reward_clip), scale = static_cast<float>(options.reward_scale);
    for (float& reward : batch_rewards) reward = std::clamp(reward, -clip, clip) * scale;  // nan stays nan
  }

  struct Losses {
    double critic = 0, value = 0;
  };

  Losses update() {
    RandomStream stream = make_stream(problem.seed, updates, "update");
    sample(stream);
    const EpisodeShape& shape = episode_shape;
    const auto b = static_cast<std::int64_t>(options.batch), t = static_cast<std::int64_t>(shape.steps);
    const auto o = tensor_of(batch_observations, {b, t + 1, static_cast<std::int64_t>(shape.observation_size)});
    const auto p = tensor_of(batch_privileged, {b, t + 1, static_cast<std::int64_t>(shape.privileged_size)});
    const auto a = static_cast<std::int64_t>(action_size);
    const auto u = tensor_of(batch_actions, {b, t, a}), r = tensor_of(batch_rewards, {b, t});
    const auto previous = torch::cat({torch::zeros({b, 1, a}), u}, 1);  // u_{t−1}, [B, T + 1, A]
    const auto happened = r.isnan().logical_not();
    const bool whole = happened.all().item<bool>();
    const auto mean = [&](const torch::Tensor& x) {
      return whole ? x.mean() : x.masked_select(happened).mean();
    };  // [B, T] → a number
    const double progress =
        static_cast<double>(iteration) / static_cast<double>(std::max<std::uint64_t>(options.iterations, 1));
    const double rate = 1 - (1 - options.final_rate) * std::min(progress, 1.0);

    torch::Tensor y;  // y_t = r_t + γ min_k Q'_k(s_{t+1}, μ'(s_{t+1}) + clipped noise)
    {
      torch::NoGradGuard guard;
      auto next =
          torch::tanh(policy_logits(FlatLeaf(target_actor.parameters()).constants(), target_actor, o)).narrow(1, 1, t);
      if (options.smoothing > 0) {
        std::vector<double> normals(static_cast<std::size_t>(b * t * a));
        stream.normals(normals);
        const auto noise = torch::from_blob(normals.data(), {b, t, a}, torch::kFloat64).to(torch::kFloat32);
        next = (next + (options.smoothing * noise).clamp(-0.3, 0.3)).clamp(-1, 1);
      }
      torch::Tensor smallest;
      for (Critic& critic : critics) {
        const auto w = FlatLeaf(critic.target).constants();
        const auto value =
            critic_value(w, critic_shape, critic_state(w, critic_shape, o, p, previous).narrow(1, 1, t), next);
        smallest = smallest.defined() ? torch::minimum(smallest, value) : value;
      }
      y = ddpg_targets(r, smallest, options.gamma).masked_fill(happened.logical_not(), 0);
    }

    Losses losses;
    const auto now = [&](const torch::Tensor& x) { return x.narrow(1, 0, t); };
    for (Critic& critic : critics) {
      FlatLeaf leaf(critic.weights);
      const auto w = leaf.views();
      const auto q = critic_value(w, critic_shape, critic_state(w, critic_shape, now(o), now(p), now(previous)), u);
      const auto loss = mean((q - y).square());
      losses.critic += loss.item<double>() / static_cast<double>(critics.size());
      leaf.descend(loss, critic.adam, options.critic_learning_rate * rate, options.critic_clip, "critic");
    }
    if (++updates % options.delay != 0) return losses;

    // Δη ∝ ∇_a Q(s, a) ∇_η μ(η, s): the deterministic policy gradient
    FlatLeaf leaf(actor.parameters());
    const auto logits = policy_logits(leaf.views(), actor, now(o));
    const auto w = FlatLeaf(critics.front().weights).constants();
    const auto value = mean(critic_value(w, critic_shape, critic_state(w, critic_shape, now(o), now(p), now(previous)),
                                         torch::tanh(logits)));
    losses.value = value.item<double>();
    leaf.descend(-value + options.logit_penalty * (whole ? logits.square().mean() : mean(logits.square().mean(2))),
                 actor_adam, options.actor_learning_rate * rate, options.actor_clip, "actor");
    for (Critic& critic : critics) polyak(critic.target, critic.weights, options.tau);
    polyak(target_actor.parameters(), actor.parameters(), options.tau);
    return losses;
  }

  // The latest episodes, oldest first, as another program would have recorded them from the environment.
  void export_latest() const {
    const Rescaling* rescaling = problem.task->rescaling();
    const Space& seen = rescaling ? rescaling->observations : env->observation_space();
    const Space& done = rescaling ? rescaling->actions : env->action_space();
    EpisodeMeta meta{problem.task->id(),
                     box_space_json(seen.low, seen.high),
                     box_space_json(done.low, done.high),
                     "recurrent DDPG with exploration",
                     environment_id(problem.task->id()),
                     env->horizon(),
                     problem.task->description()};
    meta.attributes["seed"] = std::to_string(problem.seed);
    EpisodeWriter writer(problem.folder + "/replay", std::move(meta));
    const EpisodeShape& shape = episode_shape;
    std::vector<float> stored(shape.size());
    for (std::size_t k = std::min<std::size_t>(options.export_episodes, replay->size()); k-- > 0;) {
      replay->read(replay->latest(k), stored);
      const EpisodeView<float> view{stored, shape};
      const auto steps =
          static_cast<std::size_t>(std::ranges::count_if(view.rewards, [](float r) { return !std::isnan(r); }));
      Episode episode;
      episode.observations.assign(
          view.observations.begin(),
          view.observations.begin() + static_cast<std::ptrdiff_t>((steps + 1) * shape.observation_size));
      for (std::size_t i = 0; i < steps * action_size; ++i)
        episode.actions.push_back(action_of(actor.shape().map, view.actions[i]));
      if (rescaling) {
        rescaling->unsee(std::vector(episode.observations), episode.observations);
        rescaling->act(std::vector(episode.actions), episode.actions);
      }
      for (std::size_t t = 0; t < steps; ++t) episode.rewards.push_back(view.rewards[t]);
      episode.terminations.assign(steps, 0), episode.truncations.assign(steps, 0);
      (view.terminated[0] > 0 ? episode.terminations : episode.truncations).back() = 1;
      episode.seed = episode_seed(iteration * options.episodes - 1 - k);
      writer.write(episode);
    }
    writer.close();
  }
};

DdpgLearner::DdpgLearner(const PolicyProblem& problem, const DdpgOptions& options)
    : state_(std::make_unique<State>(problem, options)) {}
DdpgLearner::~DdpgLearner() = default;

std::vector<std::string> DdpgLearner::metric_names() { return {"ddpg/return", "ddpg/critic_loss", "ddpg/value"}; }

std::uint64_t DdpgLearner::steps_done() const { return state_->iteration; }
const RecurrentPolicy& DdpgLearner::policy() const { return state_->selection.best(); }

void DdpgLearner::step(Metrics& metrics) {
  State& s = *state_;
  const bool learning = s.replay->size() >= std::min(s.options.learning_starts, s.options.capacity);
  const RecurrentPolicy behaviour = s.actor;
  double mean_return = 0;
  auto collected = std::async(std::launch::async, [&] {
    return s.collect(behaviour, learning ? s.options.noise : s.options.warmup_noise, mean_return);
  });
  State::Losses sum;
  std::exception_ptr failure;
  if (learning) try {
      for (std::size_t k = 0; k < s.options.updates; ++k) {
        const auto losses = s.update();
        sum.critic += losses.critic, sum.value += losses.value;
      }
    } catch (...) { failure = std::current_exception(); }
  std::vector<float> rows;
  try {
    rows = collected.get();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  if (failure) std::rethrow_exception(failure);
  const std::size_t width = s.episode_shape.size();
  for (std::size_t b = 0; b < s.options.episodes; ++b) s.replay->add(std::span(rows).subspan(b * width, width));
  ++s.iteration;
  metrics.log("ddpg/return", mean_return);
  if (s.iteration == s.options.iterations && s.options.export_episodes > 0 && !s.problem.folder.empty())
    s.export_latest();
  if (learning) {
    const auto count = static_cast<double>(s.options.updates);
    metrics.log("ddpg/critic_loss", sum.critic / count);
    metrics.log("ddpg/value", sum.value / count * static_cast<double>(s.options.delay));
    if (s.iteration % s.options.evaluate_every == 0 || s.iteration == s.options.iterations)
      s.selection.offer(s.actor, metrics);
  }
  if (s.iteration == s.options.iterations) s.replay.reset();
}

void DdpgLearner::save(Checkpoint& out) const {
  const State& s = *state_;
  out.put_integer("iteration", s.iteration);
  out.put_integer("updates", s.updates);
  s.actor.parameters().save(out, "actor/");
  s.target_actor.parameters().save(out, "target_actor/");
  s.actor_adam.save(out, "actor_adam/");
  for (std::size_t k = 0; k < s.critics.size(); ++k) {
    const std::string name = "critic" + std::to_string(k);
    s.critics[k].weights.save(out, name + "/");
    s.critics[k].target.save(out, "target_" + name + "/");
    s.critics[k].adam.save(out, name + "_adam/");
  }
  if (s.replay) s.replay->save(out, "replay/");
  s.selection.save(out);
}

void DdpgLearner::load(const Checkpoint& in) {
  State& s = *state_;
  s.iteration = in.integer("iteration");
  s.updates = in.integer("updates");
  s.actor.parameters().load(in, "actor/");
  s.target_actor.parameters().load(in, "target_actor/");
  s.actor_adam.load(in, "actor_adam/");
  for (std::size_t k = 0; k < s.critics.size(); ++k) {
    const std::string name = "critic" + std::to_string(k);
    s.critics[k].weights.load(in, name + "/");
    s.critics[k].target.load(in, "target_" + name + "/");
    s.critics[k].adam.load(in, name + "_adam/");
  }
  if (s.iteration < s.options.iterations) {
    if (!s.replay) s.make_replay();
    s.replay->load(in, "replay/");
  } else s.replay.reset();
  s.selection.load(in);
}

}  // namespace rover
