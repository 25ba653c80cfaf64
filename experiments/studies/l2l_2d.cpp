// Learning to optimize in two dimensions: a generalist that is fine-tuned, specialists, and tuned classical optimizers
// ("Experiments with Attention", section 4), on surfaces whose optimum is moved, so that nobody knows where it is.
#include <algorithm>
#include <cmath>
#include <limits>

#include "agents/classical/gradient.h"
#include "agents/learned/learned_optimizer.h"
#include "agents/models.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "core/executor.h"
#include "env/bad_value.h"
#include "experiments/figure.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"
#include "training/meta/meta_task.h"

namespace rover {
namespace {

constexpr const char *kQuadratic = "quadratic shifted=true rotated=true", *kRastrigin = "rastrigin shifted=true",
                     *kRosenbrock = "rosenbrock shifted=true rotated=true";

/// What is judged on: instances that nobody was trained or tuned on.
struct Surface {
  std::string name, tasks;
};
const std::vector<Surface> surfaces{{"quadratic, moved", kQuadratic},
                                    {"Rastrigin, moved", kRastrigin},
                                    {"Rastrigin, centred", "rastrigin"},
                                    {"Rastrigin, moved and turned", "rastrigin shifted=true rotated=true"},
                                    {"Rosenbrock, moved", kRosenbrock}};
constexpr std::size_t kMovedRastrigin = 1;

std::vector<Trial> draw(const std::string& tasks, std::size_t count, std::uint64_t seed) {
  const TaskDistribution distribution(tasks);
  std::vector<Trial> out;
  for (std::size_t k = 0; k < count; ++k) {
    MetaTask task = distribution.draw(derive_seed(seed, k, "surface"));
    out.push_back(make_trial(task.landscape, std::move(task.start)));
  }
  return out;
}

/// A learned optimizer, trained once a seed.
struct Learned {
  std::string label, name, preset;
  std::vector<std::string> sets;
  std::string begins_with = {};  ///< the name of the one that it goes on from
};

std::vector<Learned> learned_optimizers() {
  std::vector<Learned> out;
  for (const std::string rule : {"lstm", "transformer"}) {
    const std::string label = rule == "lstm" ? "LSTM" : "Transformer", preset = "lopt-" + rule;
    const auto on = [](const std::string& tasks) { return std::vector<std::string>{"evolution.tasks=" + tasks}; };
    out.push_back({label + ": generalist, on quadratics", rule + "-generalist", preset, on(kQuadratic)});
    out.push_back({label + ": the same, fine-tuned on Rastrigin",
                   rule + "-tuned",
                   preset,
                   {"evolution.meta_steps=300"},
                   rule + "-generalist"});
    out.push_back({label + ": specialist for Rastrigin and Rosenbrock", rule + "-two", preset,
                   on(std::string(kRastrigin) + ", " + kRosenbrock)});
    out.push_back({label + ": specialist for Rastrigin", rule + "-one", preset, {}});
  }
  const auto lstm = [&](const std::string& label, const std::string& name, std::vector<std::string> sets) {
    out.push_back({"LSTM for Rastrigin, " + label, "lstm-" + name, "lopt-lstm", std::move(sets)});
  };
  lstm("sees log |g|, sign g, θ, t/T alone", "log", {"features=andrychowicz+point+time"});
  lstm("the same without θ", "no-point", {"features=andrychowicz+time"});
  lstm("the same without t/T", "no-time", {"features=andrychowicz+point"});
  lstm("by backpropagation", "backprop",
       {"learner=backprop", std::string("backprop.tasks=") + kRastrigin, "backprop.meta_steps=1000",
        "backprop.shortest=40", "backprop.longest=40", "backprop.loss=mean"});
  return out;
}

using MakeAgent = std::function<std::unique_ptr<Agent>()>;

/// Losses of walks on instances: at the end, the least seen, and the mean over instances at each step.
struct Losses {
  std::vector<double> last, best, at;  ///< [n], [n], [T + 1]
};

/// Without noise. From where a walk diverges on, and where it is above that, a loss counts 1.5 f(x₀).
Losses walk(const MakeAgent& make, const std::vector<Trial>& trials, std::uint64_t steps, std::size_t threads,
            std::vector<double>* path = nullptr) {
  // The losses of a walk, and the least seen at the end.
  const auto walks = make_thread_executor(threads)->map(trials.size(), [&](std::size_t k) {
    const Trial& trial = trials[k];
    const double worst = 1.5 * trial.start_value;
    std::vector<double> losses;
    double best = trial.start_value;
    const auto agent = make();
    const auto env = make_surface_env(trial.landscape, {.budget = unlimited, .start = trial.start});
    try {
      play(*agent, *env, 0, steps, [&](const Action&, const StepResult& result, const EpisodeInfo& info) {
        const auto& pose = result.observation.pose;
        const double loss = trial.landscape->value(pose);
        losses.push_back(loss < worst ? loss : worst), best = std::min(best, info.best_value);
        if (path && k == 0) path->insert(path->end(), pose.begin(), pose.end());
      });
    } catch (const BadValueError&) {  // it diverged
    }
    losses.resize(steps + 1, worst), losses.push_back(best);
    return losses;
  });
  Losses out{{}, {}, std::vector<double>(steps + 1)};
  for (const auto& losses : walks) {
    out.last.push_back(losses[steps]), out.best.push_back(losses[steps + 1]);
    for (std::size_t t = 0; t <= steps; ++t) out.at[t] += losses[t] / static_cast<double>(trials.size());
  }
  return out;
}

/// The same, kept as a cell.
Losses kept_walk(StudyPlace& place, const std::string& cell, const MakeAgent& make, const std::vector<Trial>& trials,
                 std::uint64_t steps) {
  const auto numbers = place.cell(cell, [&] {
    const Losses losses = walk(make, trials, steps, place.threads);
    std::vector<double> out = losses.last;
    out.insert(out.end(), losses.best.begin(), losses.best.end());
    out.insert(out.end(), losses.at.begin(), losses.at.end());
    return out;
  });
  const auto n = static_cast<std::ptrdiff_t>(trials.size());
  return {{numbers.begin(), numbers.begin() + n},
          {numbers.begin() + n, numbers.begin() + 2 * n},
          {numbers.begin() + 2 * n, numbers.end()}};
}

/// A classical optimizer by its learning rate and momentum.
struct Classical {
  std::string label;
  std::function<std::unique_ptr<Agent>(const ScheduleOptions& rate, double momentum)> make;
};
const std::vector<Classical> classical{{"SGD",
                                        [](const ScheduleOptions& rate, double momentum) {
                                          return make_momentum({rate, momentum});
                                        }},
                                       {"Adam", [](const ScheduleOptions& rate, double momentum) {
                                          return make_adam({.rate = rate, .beta1 = momentum, .beta2 = 0.99});
                                        }}};

/// Of 17 rates from 1e-4 to 6.6, each with a momentum of 0, .5 and .9, the pair with the lowest mean final loss.
std::pair<double, double> tuned(StudyPlace& place, const std::string& cell, const Classical& of,
                                const std::string& schedule, const std::vector<Trial>& trials, std::uint64_t steps) {
  const auto chosen = place.cell(cell, [&] {
    double best = std::numeric_limits<double>::infinity();
    std::vector<double> out(2);
    for (const double momentum : {0.0, 0.5, 0.9})
      for (double rate = 1e-4; rate < 7; rate *= 2) {
        const auto make = [&] { return of.make({rate, schedule}, momentum); };
        const double loss = mean(walk(make, trials, steps, place.threads).last);
        if (loss < best) best = loss, out = {rate, momentum};
      }
    return out;
  });
  return {chosen[0], chosen[1]};
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// What a table shows of an optimizer on a surface, a value a training seed.
std::string spread_text(const std::vector<double>& seeds) {
  std::string out = short_number(mean(seeds));
  if (seeds.size() > 1)
    out += " [" + short_number(std::ranges::min(seeds)) + ", " + short_number(std::ranges::max(seeds)) + "]";
  return out;
}

Contours contours_of(const Landscape& landscape) {
  Contours out;
  constexpr std::size_t count = 121;
  const Box& box = landscape.domain();
  for (std::size_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    out.x.push_back(box.low[0] + share * (box.high[0] - box.low[0]));
    out.y.push_back(box.low[1] + share * (box.high[1] - box.low[1]));
  }
  for (const double y : out.y)
    for (const double x : out.x) out.values.push_back(landscape.value(std::vector{x, y}));
  out.levels = 8;
  return out;
}

}  // namespace

StudyResult run_l2l_2d(StudyPlace& place) {
  require_gnuplot();
  const std::size_t seeds = place.quick ? 1 : place.seeds, instances = place.quick ? 64 : 512;
  const std::vector<std::uint64_t> horizons{40, 100};
  const std::vector<Learned> learned = learned_optimizers();
  if (place.expect)
    place.expect(horizons.size() * surfaces.size() * (learned.size() * seeds + 2 * 2 * classical.size() + 2),
                 learned.size() * seeds);

  std::vector<std::vector<std::filesystem::path>> folders(learned.size());  // [optimizer][seed]
  for (const bool goes_on : {false, true}) {
    std::vector<StudyTraining> trainings;
    std::vector<std::size_t> owners;
    for (std::size_t l = 0; l < learned.size(); ++l) {
      if (learned[l].begins_with.empty() == goes_on) continue;
      for (std::size_t s = 0; s < seeds; ++s) {
        StudyTraining training{"l2l-2d-" + learned[l].name + "-" + std::to_string(s), learned[l].preset,
                               learned[l].sets, derive_seed(place.seed, s, "l2l-2d") >> 32};
        if (goes_on) {
          const auto base = std::ranges::find(learned, learned[l].begins_with, &Learned::name) - learned.begin();
          training.sets.push_back("start=" + folders[static_cast<std::size_t>(base)][s].string());
        }
        if (place.quick)
          training.sets.insert(training.sets.end(), {"evolution.meta_steps=100", "backprop.meta_steps=100"});
        trainings.push_back(std::move(training)), owners.push_back(l);
      }
    }
    const auto made = place.train_all(trainings);
    for (std::size_t k = 0; k < made.size(); ++k) folders[owners[k]].push_back(made[k]);
  }

  std::vector<std::vector<TrainedRule>> rules(learned.size());
  for (std::size_t l = 0; l < learned.size(); ++l)
    for (const auto& folder : folders[l])
      rules[l].push_back(load_trained_rule(Checkpoint::read(model_path(folder.string()))));

  StudyResult result;
  std::vector<Curve> curves, paths;
  const auto draw_path = [&](const std::string& label, const MakeAgent& make, const std::vector<Trial>& trials,
                             int colour) {
    std::vector<double> poses;
    walk(make, {trials[0]}, horizons[0], 1, &poses);
    Curve& path = paths.emplace_back();
    path.label = label, path.points = true, path.colour = colour;
    for (std::size_t t = 0; t < poses.size(); t += 2) path.x.push_back(poses[t]), path.y.push_back(poses[t + 1]);
  };
  for (const std::uint64_t steps : horizons) {
    const std::string T = std::to_string(steps);
    std::vector<std::vector<std::string>> table{{"T = " + T}};
    for (const Surface& surface : surfaces) table[0].push_back(surface.name);
    std::vector<std::vector<std::string>> best_table = table;
    // A row of losses [surface][seed].
    const auto add_row = [&](const std::string& label, const std::vector<std::vector<Losses>>& losses) {
      auto& row = table.emplace_back(1, label);
      auto& best_row = best_table.emplace_back(1, label);
      for (std::size_t f = 0; f < surfaces.size(); ++f) {
        const bool tails = !surfaces[f].tasks.starts_with("rastrigin");
        std::vector<double> last, best;
        for (const Losses& of : losses[f]) {
          last.push_back(tails ? median(of.last) : mean(of.last));
          best.push_back(tails ? median(of.best) : mean(of.best));
        }
        row.push_back(spread_text(last)), best_row.push_back(spread_text(best));
      }
    };
    std::vector<std::vector<Trial>> fresh;
    for (const Surface& surface : surfaces) fresh.push_back(draw(surface.tasks, instances, place.seed));
    const auto draw_curve = [&](const std::string& label, const std::vector<Losses>& of, bool dashed) {
      if (steps != horizons[0]) return;
      Curve curve;
      curve.label = label, curve.dashed = dashed, curve.colour = static_cast<int>(curves.size());
      for (std::size_t t = 0; t <= steps; ++t) {
        double sum = 0;
        for (const Losses& one : of) sum += one.at[t] / static_cast<double>(of.size());
        curve.x.push_back(static_cast<double>(t)), curve.y.push_back(sum);
      }
      curves.push_back(std::move(curve));
    };

    for (std::size_t l = 0; l < learned.size(); ++l) {
      std::vector<std::vector<Losses>> losses(surfaces.size());
      for (std::size_t f = 0; f < surfaces.size(); ++f)
        for (std::size_t s = 0; s < seeds; ++s) {
          const auto make = [&] { return make_learned_optimizer(rules[l][s]); };
          losses[f].push_back(kept_walk(place,
                                        learned[l].name + "-" + std::to_string(s) + "-" + std::to_string(f) + "-" + T,
                                        make, fresh[f], steps));
        }
      add_row(learned[l].label, losses);
      const std::string& name = learned[l].name;
      if ((name.starts_with("lstm-") && !name.starts_with("lstm-no") && name != "lstm-log") ||
          name == "transformer-one")
        draw_curve(learned[l].label, losses[kMovedRastrigin], learned[l].name == "lstm-backprop");
      if (steps != horizons[0]) continue;
      std::vector<double> of_seeds;
      for (const Losses& of : losses[kMovedRastrigin]) of_seeds.push_back(mean(of.last));
      result.lines.push_back(mean_line("moved Rastrigin, T = 40: " + learned[l].label, "", of_seeds));
      if (learned[l].name != "lstm-one") continue;
      result.lines.back().target = 3;
      draw_path(
          "", [&] { return make_learned_optimizer(rules[l][0]); }, fresh[kMovedRastrigin], curves.back().colour);
    }
    for (const Classical& of : classical)
      for (const std::string schedule : {"constant", "linear"}) {
        const std::string label = of.label + (schedule == "constant" ? ", constant" : ", decayed");
        const std::string cell = std::to_string(&of - classical.data()) + "-" + schedule;
        std::vector<std::vector<Losses>> losses(surfaces.size());
        for (std::size_t f = 0; f < surfaces.size(); ++f) {
          const auto tuning = draw(surfaces[f].tasks, instances / 2, derive_seed(place.seed, f, "tuning"));
          const std::string name = cell + "-" + std::to_string(f) + "-" + T;
          const auto [rate, momentum] = tuned(place, "tuned-" + name, of, schedule, tuning, steps);
          const auto make = [&, r = rate, m = momentum] { return of.make({r, schedule}, m); };
          losses[f].push_back(kept_walk(place, "classical-" + name, make, fresh[f], steps));
          if (label == "Adam, decayed" && f == kMovedRastrigin && steps == horizons[0])
            draw_path("", make, fresh[f], static_cast<int>(curves.size()));
        }
        add_row(label, losses);
        if (schedule == "linear") draw_curve(label, losses[kMovedRastrigin], true);
        if (steps != horizons[0]) continue;
        const double loss = mean(losses[kMovedRastrigin][0].last);
        result.lines.push_back(mean_line("moved Rastrigin, T = 40: " + label, "", {loss}));
      }
    for (const char* rule : {"lstm", "transformer"}) {
      std::vector<std::vector<Losses>> losses(surfaces.size());
      const RuleOptions options{
          .rule = rule, .features = "andrychowicz+rich+point+time", .hidden = 8, .output_scale = 0.5};
      RandomStream stream = make_stream(place.seed, 0, "untrained");
      const TrainedRule untrained{make_update_rule(options, initial_weights(options, stream))};
      for (std::size_t f = 0; f < surfaces.size(); ++f)
        losses[f].push_back(kept_walk(
            place, std::string("untrained-") + rule + "-" + std::to_string(f) + "-" + T,
            [&] { return make_learned_optimizer(untrained); }, fresh[f], steps));
      add_row(std::string(rule == std::string("lstm") ? "LSTM" : "Transformer") + ", untrained", losses);
    }
    result.text += "Final loss after " + T + " steps, " + std::to_string(instances) +
                   " fresh instances: means for Rastrigin, medians for the others; over training seeds mean [least, "
                   "greatest]\n" +
                   aligned_within(table) + "\nThe least loss on the way\n" + aligned_within(best_table) + "\n";
  }

  Figure figure;
  figure.title = "Learned optimizers on moved Rastrigin functions";
  figure.note =
      "Left: mean loss of " + std::to_string(instances) +
      " walks of 40 steps. Right: the first of them, in the same colours: the LSTM trained for Rastrigin, and "
      "Adam.";
  figure.columns = 2;
  Panel& left = figure.panels.emplace_back();
  left.title = "mean loss", left.x_label = "step", left.y_label = "loss", left.log_y = true, left.curves = curves;
  Panel& right = figure.panels.emplace_back();
  right.title = "one walk", right.curves = paths;
  right.contours = {contours_of(*draw(surfaces[kMovedRastrigin].tasks, 1, place.seed)[0].landscape)};
  write_figures(figure, place.folder, "l2l-2d");
  return result;
}

}  // namespace rover
