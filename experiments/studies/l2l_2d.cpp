// Learning to optimize in two dimensions: a generalist that is fine-tuned, specialists, and tuned classical optimizers
// ("Experiments with Attention", section 4), on surfaces whose optimum is moved, so that nobody knows where it is.
#include <algorithm>

#include "agents/learned/learned_optimizer.h"
#include "agents/models.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "experiments/figure.h"
#include "experiments/studies/function_walks.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

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

/// The same surfaces, walked from the middle of their boxes: what one who knows where optima lie on average would do.
void from_the_middle(std::vector<Trial>& trials) {
  for (Trial& trial : trials) {
    const Box& box = trial.landscape->domain();
    std::vector<double> start;
    for (std::size_t i = 0; i < box.low.size(); ++i) start.push_back((box.low[i] + box.high[i]) / 2);
    trial = make_trial(trial.landscape, std::move(start));
  }
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
    place.expect(
        horizons.size() * surfaces.size() * (learned.size() * seeds + 2 * 3 * classical_optimizers().size() + 2),
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
    Curve& path = paths.emplace_back();
    path.label = label, path.points = true, path.colour = colour;
    const auto env = make_surface_env(trials[0].landscape, {.budget = unlimited, .start = trials[0].start});
    play(*make(), *env, 0, horizons[0], [&](const Action&, const StepResult& seen, const EpisodeInfo&) {
      path.x.push_back(seen.observation.pose[0]), path.y.push_back(seen.observation.pose[1]);
    });
  };
  for (const std::uint64_t steps : horizons) {
    const std::string T = std::to_string(steps);
    std::vector<std::vector<std::string>> table{{"T = " + T}};
    for (const Surface& surface : surfaces) table[0].push_back(surface.name);
    std::vector<std::vector<std::string>> best_table = table;
    // A row of losses [surface][seed].
    const auto add_row = [&](const std::string& label, const std::vector<std::vector<WalkLosses>>& losses) {
      auto& row = table.emplace_back(1, label);
      auto& best_row = best_table.emplace_back(1, label);
      for (std::size_t f = 0; f < surfaces.size(); ++f) {
        const bool tails = !surfaces[f].tasks.starts_with("rastrigin");
        std::vector<double> last, best;
        for (const WalkLosses& of : losses[f]) {
          last.push_back(tails ? median(of.last) : mean(of.last));
          best.push_back(tails ? median(of.best) : mean(of.best));
        }
        row.push_back(spread_text(last)), best_row.push_back(spread_text(best));
      }
    };
    std::vector<std::vector<Trial>> fresh;
    for (const Surface& surface : surfaces) fresh.push_back(draw_trials(surface.tasks, instances, place.seed));
    const auto draw_curve = [&](const std::string& label, const std::vector<WalkLosses>& of, bool dashed) {
      if (steps != horizons[0]) return;
      Curve curve;
      curve.label = label, curve.dashed = dashed, curve.colour = static_cast<int>(curves.size());
      for (std::size_t t = 0; t <= steps; ++t) {
        double sum = 0;
        for (const WalkLosses& one : of) sum += one.at[t] / static_cast<double>(of.size());
        curve.x.push_back(static_cast<double>(t)), curve.y.push_back(sum);
      }
      curves.push_back(std::move(curve));
    };

    for (std::size_t l = 0; l < learned.size(); ++l) {
      std::vector<std::vector<WalkLosses>> losses(surfaces.size());
      for (std::size_t f = 0; f < surfaces.size(); ++f)
        for (std::size_t s = 0; s < seeds; ++s) {
          const auto make = [&] { return make_learned_optimizer(rules[l][s]); };
          losses[f].push_back(kept_walk(place,
                                        learned[l].name + "-" + std::to_string(s) + "-" + std::to_string(f) + "-" + T,
                                        make, fresh[f], steps, by_value()));
        }
      add_row(learned[l].label, losses);
      const std::string& name = learned[l].name;
      if ((name.starts_with("lstm-") && !name.starts_with("lstm-no") && name != "lstm-log") ||
          name == "transformer-one")
        draw_curve(learned[l].label, losses[kMovedRastrigin], learned[l].name == "lstm-backprop");
      if (steps != horizons[0]) continue;
      std::vector<double> of_seeds;
      for (const WalkLosses& of : losses[kMovedRastrigin]) of_seeds.push_back(mean(of.last));
      result.lines.push_back(mean_line("moved Rastrigin, T = 40: " + learned[l].label, "", of_seeds));
      if (learned[l].name != "lstm-one") continue;
      result.lines.back().target = 3;
      draw_path(
          "", [&] { return make_learned_optimizer(rules[l][0]); }, fresh[kMovedRastrigin], curves.back().colour);
    }
    for (const Classical& of : classical_optimizers())
      for (const auto& [schedule, middle] :
           {std::pair<std::string, bool>{"constant", false}, {"linear", false}, {"linear", true}}) {
        const std::string label = of.label + (schedule == "constant" ? ", constant" : ", decayed") +
                                  (middle ? ", from the middle of the box" : "");
        const std::string cell =
            std::to_string(&of - classical_optimizers().data()) + "-" + schedule + (middle ? "-middle" : "");
        std::vector<std::vector<WalkLosses>> losses(surfaces.size());
        for (std::size_t f = 0; f < surfaces.size(); ++f) {
          auto tuning = draw_trials(surfaces[f].tasks, instances, derive_seed(place.seed, f, "tuning"));
          auto walked = fresh[f];
          if (middle) from_the_middle(tuning), from_the_middle(walked);
          const std::string name = cell + "-" + std::to_string(f) + "-" + T;
          const auto [rate, momentum] = tuned(place, "tuned-" + name, of, schedule, tuning, steps, by_value());
          const auto make = [&, r = rate, m = momentum, by = schedule] { return of.make({r, by}, m); };
          losses[f].push_back(kept_walk(place, "classical-" + name, make, walked, steps, by_value()));
          if (label == "Adam, decayed" && f == kMovedRastrigin && steps == horizons[0])
            draw_path("", make, walked, static_cast<int>(curves.size()));
        }
        add_row(label, losses);
        if (schedule == "linear" && (!middle || of.label == "SGD")) draw_curve(label, losses[kMovedRastrigin], true);
        if (steps != horizons[0]) continue;
        result.lines.push_back(
            mean_line("moved Rastrigin, T = 40: " + label, "", {mean(losses[kMovedRastrigin][0].last)}));
      }
    for (const char* rule : {"lstm", "transformer"}) {
      std::vector<std::vector<WalkLosses>> losses(surfaces.size());
      const RuleOptions options{
          .rule = rule, .features = "andrychowicz+rich+point+time", .hidden = 8, .output_scale = 0.5};
      RandomStream stream = make_stream(place.seed, 0, "untrained");
      const TrainedRule untrained{make_update_rule(options, initial_weights(options, stream))};
      for (std::size_t f = 0; f < surfaces.size(); ++f)
        losses[f].push_back(kept_walk(
            place, std::string("untrained-") + rule + "-" + std::to_string(f) + "-" + T,
            [&] { return make_learned_optimizer(untrained); }, fresh[f], steps, by_value()));
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
  right.contours = {contours_of(*draw_trials(surfaces[kMovedRastrigin].tasks, 1, place.seed)[0].landscape)};
  write_figures(figure, place.folder, "l2l-2d");
  return result;
}

}  // namespace rover
