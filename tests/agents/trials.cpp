#include "agents/trials.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "agents/runner.h"
#include "core/executor.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"
#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

std::shared_ptr<const Landscape> noisy_bowl() {
  return make_function([](Reals x) { return x[0] * x[0] + x[1] * x[1]; }, cube(2, -4, 4),
                       {.optimum = Optimum{{0, 0}, 0}, .noise_deviation = 0.5});
}

TrialRun run_of(std::size_t entrant, const Trial& trial) { return {entrant, &trial, 7, "start 3"}; }

}  // namespace

TEST_CASE("a trial knows f(x₀), and its optimum where the landscape does") {
  const Trial known = make_trial(bowl(2), {1, 2});
  CHECK(known.start_value == 5);
  CHECK(known.optimum_value == 0);
  CHECK(known.optimum == std::vector<double>{0, 0});
  const Trial unknown = make_trial(two_wells(), {1, 1});
  CHECK(std::isnan(unknown.optimum_value));
  CHECK(unknown.optimum.empty());
  RandomStream stream = make_stream(1, 0, "start"), same = make_stream(1, 0, "start");
  CHECK(draw_trial(bowl(3), stream).start == draw_trial(bowl(3), same).start);
}

TEST_CASE("curves on noisy surfaces hold noise-free values of the samples that looked best") {
  const Trial trial = make_trial(noisy_bowl(), {3, -2});
  const auto agent = agents().make("random");
  const TrialCurve curve = play_trial(*agent, trial, {.evaluations = 300, .noisy = true}, 2, {});
  CHECK(std::ranges::is_sorted(curve.best_value, std::greater{}));
  CHECK(curve.best_value.front() <= 13);
  CHECK(curve.best() >= 0);
  CHECK(curve.best() < 1);
  CHECK(curve.seconds.size() == curve.best_value.size());
  CHECK(play_trial(*agent, trial, {.evaluations = 300, .noisy = true}, 2, {}).best_value == curve.best_value);
  CHECK(play_trial(*agent, trial, {.evaluations = 300, .noisy = false}, 2, {}).best_value != curve.best_value);
}

TEST_CASE("where a noise-free value costs many looks, it is measured at marks and at the end alone") {
  // 600 samples by 2 at a time: a value costs 100 looks.
  const std::shared_ptr<const Landscape> task =
      landscapes().make("mixture", {{"samples", "600"}, {"minibatch", "2"}, {"inputs", "4"}, {"hidden", "3"}});
  REQUIRE(task->noise_free_cost() == 100);
  RandomStream stream = make_stream(1, 0, "start");
  const Trial trial = draw_trial(task, stream);
  const auto agent = agents().make("adam", {{"learning_rate", "0.02"}});
  std::vector<double> seen;  // noise-free, by iteration
  const auto env = make_surface_env(task, {.budget = unlimited, .noisy = true, .start = trial.start});
  play(*agents().make("adam", {{"learning_rate", "0.02"}}), *env, 5, 230,
       [&](const Action&, const StepResult& result, const EpisodeInfo&) {
         seen.push_back(task->value(result.observation.pose));
       });
  const TrialCurve curve = play_trial(*agent, trial, {.iterations = 230, .noisy = true}, 5, {.iterations = 230});
  const auto at = [&](std::uint64_t iterations) {
    const auto found = std::ranges::find(curve.iterations, iterations);
    REQUIRE(found != curve.iterations.end());
    return curve.best_value[static_cast<std::size_t>(found - curve.iterations.begin())];
  };
  CHECK(at(99) == trial.start_value);
  CHECK(at(100) == std::min(trial.start_value, seen[100]));
  CHECK(at(199) == at(100));
  CHECK(at(200) == std::min(at(100), seen[200]));
  CHECK(at(230) == std::min(at(200), seen[230]));

  // Marks are measured whatever it costs, with the validation loss of the best point, and a mark of evaluations is the
  // last look before it.
  const TrialCurve marked =
      play_trial(*agent, trial, {.iterations = 60, .noisy = true}, 5,
                 {.iterations = 0, .iteration_marks = {7, 30}, .improvements = false, .validation = true});
  CHECK(marked.iterations == std::vector<std::uint64_t>{0, 7, 30, 60});
  double best = trial.start_value;
  for (const std::size_t k : {1u, 2u, 3u}) {
    best = std::min(best, seen[marked.iterations[k]]);
    CHECK(marked.best_value[k] == best);
  }
  CHECK(std::isnan(marked.validation[0]));
  CHECK(marked.validation[3] < task->validation(trial.start));
  CHECK(curve.validation.empty());
  const std::uint64_t look = marked.evaluations[1] / 8;  // the first is at the start
  const TrialCurve bought = play_trial(*agent, trial, {.evaluations = 20 * look, .noisy = true}, 5,
                                       {.iterations = 0, .evaluation_marks = {8 * look + 1}, .improvements = false});
  CHECK(bought.evaluations == std::vector<std::uint64_t>{look, 8 * look, 20 * look});
  CHECK(bought.best_value[1] == marked.best_value[1]);
}

TEST_CASE("the validation loss is that of the best point, also on surfaces without noise") {
  const std::shared_ptr<const Landscape> task = landscapes().make("sinusoid", {{"seed", "4"}});
  RandomStream stream = make_stream(1, 0, "start");
  const Trial trial = draw_trial(task, stream);
  std::vector<double> best_point = trial.start;
  double best = trial.start_value;
  const auto env = make_surface_env(task, {.budget = unlimited, .start = trial.start});
  play(*agents().make("adam", {{"learning_rate", "0.3"}}), *env, 5, 25,  // so fast that it goes up in between
       [&](const Action&, const StepResult& result, const EpisodeInfo&) {
         if (const double f = task->value(result.observation.pose); f < best)
           best = f, best_point.assign(result.observation.pose.begin(), result.observation.pose.end());
       });
  const auto agent = agents().make("adam", {{"learning_rate", "0.3"}});
  const TrialCurve curve = play_trial(*agent, trial, {.iterations = 25}, 5, {.validation = true});
  CHECK(curve.best() == best);
  CHECK(curve.validation.back() == task->validation(best_point));
}

TEST_CASE("which points a curve keeps") {
  const Trial trial = make_trial(bowl(2), {3, -2});
  const auto agent = agents().make("gd", {{"learning_rate", "0.1"}});
  const TrialCurve sparse =
      play_trial(*agent, trial, {.evaluations = 400}, 1, {.iterations = 3, .improvements = false});
  CHECK(sparse.iterations == std::vector<std::uint64_t>{0, 1, 2, 3, 99});
  CHECK(sparse.evaluations.back() == 400);
  const TrialCurve marked = play_trial(*agent, trial, {.evaluations = 400}, 1,
                                       {.iterations = 0, .evaluation_marks = {102}, .improvements = false});
  CHECK(marked.evaluations == std::vector<std::uint64_t>{4, 100, 400});
  const TrialCurve grown =
      play_trial(*agent, trial, {.evaluations = 400}, 1, {.iterations = 0, .improvements = false, .growth = 1});
  CHECK(grown.evaluations == std::vector<std::uint64_t>{4, 12, 28, 60, 124, 252, 400});
  CHECK(play_trial(*agent, trial, {.iterations = 5}, 1, {}).iterations.back() == 5);
}

TEST_CASE("the curve of an agent that stops reaches to the limits of the run") {
  const auto agent = agents().make("nelder-mead", {{"restarts", "false"}});
  const Trial trial = make_trial(bowl(2), {1, 2});
  const TrialCurve by_evaluations = play_trial(*agent, trial, {.evaluations = 5000}, 1, {});
  CHECK(by_evaluations.evaluations.back() == 5000);
  CHECK(*(by_evaluations.evaluations.end() - 2) < 1000);
  CHECK(by_evaluations.best() < 1e-10);
  CHECK(play_trial(*agent, trial, {.iterations = 3000}, 1, {}).iterations.back() == 3000);
}

TEST_CASE("a run that fails keeps what it found and says why; another failure is thrown with its name") {
  const auto cliff = surface_of(cube(2, -4, 4), [](Reals x) { return x[0] < 1 ? std::nan("") : x[0]; });
  const Trial trial = make_trial(cliff, {3, 0});
  const std::vector<Entrant> entrants{{"'random' on 'cliff'", "random", {}, {.evaluations = 100}},
                                      {"'gd' on 'cliff'", "gd", {}, {.evaluations = 100}},
                                      {"'nobody'", "nobody", {}, {.evaluations = 100}}};
  TrialPlayer player(entrants, {}, 2);
  const TrialCurve curve = player.play(run_of(0, trial), 1);
  CHECK(curve.failure.starts_with("the landscape 'test surface' returned nan at "));
  CHECK(curve.best() <= 3);
  CHECK(curve.evaluations.back() >= 1);
  CHECK_THROWS_WITH_AS(player.play(run_of(1, trial), 0),
                       "'gd' on 'cliff', start 3: the agent needs gradients, and the landscape 'test surface' has none",
                       UsageError);
  CHECK_THROWS_AS(player.play(run_of(2, trial), 0), UsageError);
  const TrialCurve back = from_bytes<TrialCurve>(to_bytes(curve));
  CHECK(back.best_value == curve.best_value);
  CHECK(back.failure == curve.failure);
}
