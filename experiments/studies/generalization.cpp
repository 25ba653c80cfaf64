// How does a learned optimizer fare away from what it was meta-trained on? ("How do learned optimizers generalize
// across substantially different task distributions?") The rule of 81 parameters on regression tasks: trained on a
// family or on all, tested on each, on longer runs, larger targets and other networks; with regularisation, with
// diverse training, and with a safeguard.
#include <algorithm>
#include <limits>

#include "agents/learned/learned_optimizer.h"
#include "agents/learned/safeguarded.h"
#include "agents/models.h"
#include "core/parallel.h"
#include "experiments/figure.h"
#include "experiments/studies/function_walks.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"
#include "training/unroll/mlp_learner.h"

namespace rover {
namespace {

/// What is tested on: tasks, steps of the inner loop, and what a constant prediction loses on them.
struct Shift {
  std::string name, tasks;
  std::uint64_t steps = 30;
  double constant = 1;
};

std::string all_families(const std::string& settings) {
  return "sinusoid" + settings + ", polynomial" + settings + ", exponential" + settings;
}

const std::vector<Shift> shifts{{"sinusoids", "sinusoid"},
                                {"polynomials", "polynomial"},
                                {"exponentials", "exponential"},
                                {"90 steps", all_families(""), 90},
                                {"300 steps", all_families(""), 300},
                                {"targets × 5", all_families(" target_scale=5"), 30, 25},
                                {"128 units", all_families(" hidden=128")},
                                {"64 + 64 units", all_families(" hidden=64x64")},
                                {"rectifiers", all_families(" activation=relu")}};
constexpr std::size_t kFamilies = 3, kLongest = 4;

/// Validation losses over that of a constant, at most 10: a walk that diverges does not decide a mean alone.
Judge judge_of(const Shift& shift) {
  return {[=](const Landscape& landscape, Reals point) { return landscape.validation(point) / shift.constant; },
          [](const Trial&) { return 10.0; }};
}

/// A rule that is meta-trained once a seed, by the kernel or (diverse) by backpropagation through any walk.
struct Trained {
  std::string label, name, family = "all";
  double weight_decay = 0;
  bool diverse = false;
};
const std::vector<Trained> trained{{"on sinusoids", "sinusoid", "sinusoid"},
                                   {"on polynomials", "polynomial", "polynomial"},
                                   {"on exponentials", "exponential", "exponential"},
                                   {"on all three", "all"},
                                   {"on all, regularised", "regularised", "all", 0.3},
                                   {"on all, diverse", "diverse", "all", 0, true},
                                   {"on all, diverse and regularised", "both", "all", 0.3, true}};
constexpr std::size_t kAll = 3;

/// What 003 calls diverse: other sizes of targets, widths and lengths of the inner loop than the judged ones, too.
std::vector<std::string> diverse_settings(const Trained& of, bool quick) {
  return {"learner=backprop",
          "backprop.tasks=" + all_families("") + ", " + all_families(" target_scale=3") + ", " +
              all_families(" target_scale=0.3") + ", " + all_families(" hidden=16") + ", " +
              all_families(" hidden=48 activation=elu"),
          "backprop.meta_steps=" + std::string(quick ? "60" : "400"),
          "backprop.batch=16",
          "backprop.shortest=15",
          "backprop.longest=90",
          "backprop.loss_every=3",
          "backprop.step_clip=0.05",
          "backprop.learning_rate=4e-3",
          "backprop.weight_decay=" + short_number(of.weight_decay),
          "test_steps=30"};
}

TrainedRule rule_of(std::span<const double> alpha, double scale) {
  const std::vector<float> weights(alpha.begin(), alpha.end());
  return {make_update_rule({.rule = MlpUpdateRule::kName, .output_scale = scale}, weights)};
}

}  // namespace

StudyResult run_generalization(StudyPlace& place) {
  require_gnuplot();
  const std::size_t seeds = place.quick ? 2 : place.seeds, tasks = place.quick ? 64 : 256;
  if (place.expect)
    place.expect(trained.size() + (2 * trained.size() + 2 + 10) * shifts.size() + 4 * 2 * shifts.size(),
                 place.quick ? 2 : 2 * seeds);

  // The rules. [trained][seed]
  std::vector<std::vector<TrainedRule>> rules;
  const double scale = MlpLearnerOptions::stable().unroll.output_scale;
  for (const Trained& of : trained) {
    auto& made = rules.emplace_back();
    if (of.diverse) {
      std::vector<StudyTraining> trainings;
      for (std::size_t s = 0; s < seeds; ++s)
        trainings.push_back({"generalization-" + of.name + "-" + std::to_string(s), "lopt-quick",
                             diverse_settings(of, place.quick), place.seed + s});
      for (const auto& folder : place.train_all(trainings))
        made.push_back(load_trained_rule(Checkpoint::read(model_path(folder.string()))));
      continue;
    }
    const auto weights = place.cell("rules-" + of.name, [&] {
      MlpLearnerOptions options = MlpLearnerOptions::stable();
      options.family = of.family, options.weight_decay = of.weight_decay;
      options.meta_steps = 4000;
      std::vector<double> out(seeds * MlpRule::parameters);
      in_parallel(seeds, place.threads, [&](std::size_t s, std::size_t) {
        MlpLearner learner(options, derive_seed(place.seed, s, "generalization"));
        while (learner.steps_done() < options.meta_steps) learner.step();
        std::ranges::copy(learner.weights(), out.begin() + static_cast<std::ptrdiff_t>(s * MlpRule::parameters));
      });
      return out;
    });
    for (std::size_t s = 0; s < seeds; ++s)
      made.push_back(rule_of(std::span(weights).subspan(s * MlpRule::parameters, MlpRule::parameters), scale));
  }

  // Means over tasks, [shift][seed]: at the end and at the best point of a walk.
  struct Means {
    std::vector<std::vector<double>> last, best;
  };
  std::vector<std::vector<Trial>> fresh, tuning;
  for (std::size_t f = 0; f < shifts.size(); ++f) {
    fresh.push_back(draw_trials(shifts[f].tasks, tasks, derive_seed(place.seed, f, "test")));
    tuning.push_back(draw_trials(shifts[f].tasks, tasks / 2, derive_seed(place.seed, f, "tuning")));
  }
  const auto means = [&](const std::string& name, const std::vector<TrainedRule>& of,
                         const std::function<std::unique_ptr<Agent>(std::unique_ptr<Agent>)>& guard) {
    Means out;
    for (std::size_t f = 0; f < shifts.size(); ++f) {
      const auto numbers = place.cell(name + "-" + std::to_string(f), [&] {
        std::vector<double> made;
        for (const TrainedRule& rule : of) {
          const WalkLosses losses = walk([&] { return guard(make_learned_optimizer(rule)); }, fresh[f], shifts[f].steps,
                                         judge_of(shifts[f]), place.threads);
          made.push_back(mean(losses.last)), made.push_back(mean(losses.best));
        }
        return made;
      });
      out.last.emplace_back(), out.best.emplace_back();
      for (std::size_t s = 0; s < of.size(); ++s)
        out.last[f].push_back(numbers[2 * s]), out.best[f].push_back(numbers[2 * s + 1]);
    }
    return out;
  };
  const auto unguarded = [](std::unique_ptr<Agent> agent) { return agent; };
  const auto guarded = [](std::unique_ptr<Agent> agent) -> std::unique_ptr<Agent> {
    return std::make_unique<Safeguarded>(std::move(agent), SafeguardOptions{});
  };
  const auto by = [](const SafeguardOptions& options) {
    return [options](std::unique_ptr<Agent> agent) -> std::unique_ptr<Agent> {
      return std::make_unique<Safeguarded>(std::move(agent), options);
    };
  };

  using Table = std::vector<std::vector<std::string>>;
  Table plain{{"last point, no safeguard"}}, safe{{"best point, with the safeguard"}};
  for (const Shift& shift : shifts) plain[0].push_back(shift.name), safe[0].push_back(shift.name);
  const auto add_row = [](Table& table, const std::string& label, const std::vector<std::vector<double>>& of) {
    auto& row = table.emplace_back(1, label);
    for (const auto& seeds_of : of) row.push_back(spread_text(seeds_of));
  };
  std::vector<Means> bare, safely;
  for (std::size_t r = 0; r < trained.size(); ++r) {
    bare.push_back(means(trained[r].name + "-bare", rules[r], unguarded));
    safely.push_back(means(trained[r].name + "-guarded", rules[r], guarded));
    add_row(plain, trained[r].label, bare[r].last), add_row(safe, trained[r].label, safely[r].best);
  }
  const auto drawn = initial_mlp_rule(MlpLearnerOptions::stable().start_deviation, place.seed);
  const std::vector<double> initial(drawn.begin(), drawn.end());
  const std::vector<TrainedRule> first{rule_of(initial, scale)};
  const Means untrained = means("untrained-bare", first, unguarded),
              safe_untrained = means("untrained-guarded", first, guarded);
  add_row(plain, "untrained", untrained.last), add_row(safe, "untrained", safe_untrained.best);
  std::vector<double> best_classical(shifts.size(), std::numeric_limits<double>::infinity());
  for (const Classical& of : classical_optimizers())
    for (const std::string schedule : {"constant", "linear"}) {
      const std::string name = of.label + "-" + schedule;
      auto &last_row = plain.emplace_back(1, of.label + (schedule == "constant" ? ", constant" : ", decayed")),
           &best_row = safe.emplace_back(1, last_row[0] + ", no safeguard");
      for (std::size_t f = 0; f < shifts.size(); ++f) {
        const auto [rate, momentum] = tuned(place, "tuned-" + name + "-" + std::to_string(f), of, schedule, tuning[f],
                                            shifts[f].steps, judge_of(shifts[f]), true);
        const auto losses = kept_walk(
            place, name + "-" + std::to_string(f),
            [&, r = rate, m = momentum] {
              return of.make({r, schedule}, m);
            },
            fresh[f], shifts[f].steps, judge_of(shifts[f]));
        last_row.push_back(short_number(mean(losses.last))), best_row.push_back(short_number(mean(losses.best)));
        best_classical[f] = std::min(best_classical[f], mean(losses.best));
      }
    }

  StudyResult result;
  result.text = "Validation loss over that of a constant, mean over " + std::to_string(tasks) +
                " fresh tasks, each at most 10; over training seeds mean [least, greatest]. 30 steps unless said.\n" +
                aligned_within(plain) + "\n" + aligned_within(safe);

  // What the safeguard does to the rule trained on all.
  Table forms{{"best point; the safeguard goes back"}};
  for (const Shift& shift : shifts) forms[0].push_back(shift.name);
  for (const std::size_t r : {kAll, kAll - 1}) {
    add_row(forms, trained[r].label + ": never", bare[r].best);
    for (const auto& [patience, limit] :
         {std::pair<std::uint64_t, double>{1, 10}, {3, 10}, {10, 5}, {10, 10}, {10, 30}}) {
      const std::string many = std::to_string(patience), high = short_number(limit);
      add_row(
          forms, trained[r].label + ": after " + many + (patience == 1 ? "" : " or above " + high + " f(x₀)"),
          means(trained[r].name + "-after-" + many + "-" + high, rules[r], by({.limit = limit, .patience = patience}))
              .best);
    }
  }
  result.text += "\n" + aligned_within(forms);

  result.lines.push_back(mean_line("300 steps, trained on 30, with the safeguard", "", safely[kAll].best[kLongest]));
  result.lines.back().target = 0.1;
  result.lines.push_back(mean_line("300 steps, without", "", bare[kAll].last[kLongest]));
  double worst = 0;
  for (std::size_t r = 0; r < trained.size(); ++r)
    for (std::size_t f = 0; f < kFamilies; ++f)
      worst = std::max(worst, mean(safely[r].best[f]) / mean(bare[r].best[f]));
  result.lines.push_back(mean_line("worst family: with the safeguard / without, both at the best point", "", {worst}));
  result.lines.back().target = 1.1;
  std::vector<double> of_all;
  for (std::size_t s = 0; s < seeds; ++s) {
    double learned = 0, adam = 0;
    for (std::size_t f = 0; f < kFamilies; ++f)
      learned += safely[kAll].best[f][s] / kFamilies, adam += best_classical[f] / kFamilies;
    of_all.push_back(learned / adam);
  }
  result.lines.push_back(mean_line("its own three families: learned, safeguarded / best classical, tuned", "", of_all));
  result.lines.back().target = 1;
  for (std::size_t r = kAll + 1; r < trained.size(); ++r) {
    std::vector<double> a, b;
    for (std::size_t f = kFamilies; f < shifts.size(); ++f)
      a.push_back(mean(safely[r].best[f])), b.push_back(mean(safely[kAll].best[f]));
    result.lines.push_back(quotient_line("shifted tasks, safeguarded: " + trained[r].label + " / on all three", a, b));
  }

  Figure figure;
  figure.title = "A rule of 81 parameters away from what it was trained on";
  figure.note = "Validation loss over that of a constant, mean over " + std::to_string(seeds) +
                " rules trained on three families for 30 steps; bars: least and greatest rule. Dashed: the constant.";
  figure.columns = 2;
  for (const bool guard : {false, true}) {
    Panel& panel = figure.panels.emplace_back();
    panel.title = guard ? "with the safeguard, best point" : "no safeguard, last point";
    panel.y_label = "loss / constant", panel.log_y = true, panel.level = 1;
    panel.y_range = {{0.02, 10}};
    Bars& bars = panel.bars.emplace_back();
    for (std::size_t f = 0; f < shifts.size(); ++f) {
      const auto& of = guard ? safely[kAll].best[f] : bare[kAll].last[f];
      bars.labels.push_back(shifts[f].name), bars.y.push_back(mean(of));
      bars.low.push_back(std::ranges::min(of)), bars.high.push_back(std::ranges::max(of));
    }
  }
  write_figures(figure, place.folder, "generalization");
  return result;
}

}  // namespace rover
