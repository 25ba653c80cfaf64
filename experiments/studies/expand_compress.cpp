// Capacity that grows and shrinks along a ladder of tasks: section 6.3 of "Second-Order Structure in Learned
// Optimizers" (Patel 2025) proposes it and does not do it. Beside it: fixed and random capacity, and no ladder.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "agents/learned/learned_optimizer.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "core/parallel.h"
#include "experiments/figure.h"
#include "experiments/studies/ensemble.h"
#include "experiments/studies/function_walks.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"
#include "training/unroll/mlp_learner.h"

namespace rover {
namespace {

const std::vector<std::string> ladder{"exponential", "polynomial", "sinusoid"};  // the harder to learn, the later
constexpr std::size_t kLevels = 3, kEvery = 50, kMost = RegressionNetwork::hidden, kLeast = 2, kFirst = 4,
                      kWidth = MlpRule::parameters, kRow = kWidth + 2;

/// When capacity changes, judged every fifty meta-steps by the mean of ln(L + .1) over the last fifty.
struct CapacityRule {
  double tolerance = 0.1;    ///< a level is mastered this near to what 32 units alone come to on it
  double saturation = 0.02;  ///< progress below this is none
};

/// Grows the base network where progress ends above mastery, shrinks it where a level is mastered, for as long as it
/// stays so, and then goes on to the next level.
class Capacity {
 public:
  explicit Capacity(std::vector<double> goals) : goals_(std::move(goals)) {}
  std::size_t units() const { return units_; }
  std::size_t level() const { return level_; }
  /// After fifty meta-steps with that mean loss.
  void see(double loss) {
    const bool mastered = loss <= goals_[level_] + rule_.tolerance;
    const double progress = before_ - loss;
    before_ = loss;
    if (mastered && units_ > kLeast) return shrinks_ = true, resize(units_ / 2);
    if (mastered) return rise();
    if (shrinks_ && progress < rule_.saturation) return resize(std::min(2 * units_, kMost)), rise();  // one too many
    if (shrinks_ || progress >= rule_.saturation) return;
    if (units_ < kMost) return resize(2 * units_);
    rise();
  }

 private:
  void resize(std::size_t units) { units_ = units, before_ = std::numeric_limits<double>::infinity(); }
  void rise() {
    if (level_ + 1 == kLevels) return;
    ++level_, shrinks_ = false, before_ = std::numeric_limits<double>::infinity();
  }
  CapacityRule rule_;
  std::vector<double> goals_;
  std::size_t level_ = 0, units_ = kFirst;
  bool shrinks_ = false;
  double before_ = std::numeric_limits<double>::infinity();
};

enum class Plan { cycles, fixed_most, fixed_least, random, joint };
struct Way {
  std::string label, name;
  Plan plan;
};
const std::vector<Way> ways{{"ladder, capacity grows and shrinks", "cycles", Plan::cycles},
                            {"ladder, 32 units", "fixed-32", Plan::fixed_most},
                            {"ladder, 4 units", "fixed-4", Plan::fixed_least},
                            {"ladder, random capacity", "random", Plan::random},
                            {"no ladder: all levels at once, 32 units", "joint", Plan::joint}};

double log_mean(const std::vector<double>& losses) {
  double sum = 0;
  for (const double loss : losses) sum += std::log(loss + 0.1);
  return sum / static_cast<double>(losses.size());
}

/// A training of `meta_steps`: rows of (α, units, level) after every fifty of them, and at the start.
std::vector<double> train_way(const Way& way, const std::vector<double>& goals, std::uint64_t meta_steps,
                              std::uint64_t seed) {
  MlpLearnerOptions options = MlpLearnerOptions::stable();
  options.meta_steps = meta_steps;
  MlpLearner learner(options, seed);
  Capacity capacity(goals);
  std::size_t units = way.plan == Plan::cycles || way.plan == Plan::fixed_least ? kFirst : kMost, level = 0;
  std::vector<double> out, losses;
  const auto keep = [&] {
    out.insert(out.end(), learner.weights().begin(), learner.weights().end());
    out.push_back(static_cast<double>(units)), out.push_back(static_cast<double>(level));
  };
  keep();
  while (learner.steps_done() < meta_steps) {
    if (way.plan == Plan::random)
      units = kLeast << make_stream(seed, learner.steps_done(), "capacity").below(5);  // 2 … 32
    if (way.plan == Plan::cycles) units = capacity.units(), level = capacity.level();
    else level = std::min<std::size_t>(kLevels - 1, learner.steps_done() * kLevels / meta_steps);
    learner.set_tasks(way.plan == Plan::joint ? "all" : ladder[level], units);
    losses.clear();
    while (losses.size() < kEvery) losses.push_back(learner.step());
    capacity.see(log_mean(losses));
    keep();
  }
  return out;
}

/// Mean validation losses of a rule on each level with base networks of so many units.
std::vector<double> on_levels(std::span<const double> alpha, std::size_t units, std::size_t tasks, std::uint64_t seed) {
  MlpLearnerOptions options = MlpLearnerOptions::stable();
  options.unroll.units = units;
  std::vector<double> out;
  for (std::size_t level = 0; level < kLevels; ++level) {
    options.family = ladder[level];
    std::vector<double> losses = regression_losses(options, std::vector<float>(alpha.begin(), alpha.end()), tasks,
                                                   derive_seed(seed, level, "level"));
    for (double& loss : losses) loss = loss < 10 ? loss : 10;
    out.push_back(mean(losses));
  }
  return out;
}

/// Participation of the base network's displacements θ_T − θ₀ over drawn tasks of all levels: how many directions of θ
/// the rule uses.
double dimension_of_theta(std::span<const double> alpha, std::size_t units, std::uint64_t seed) {
  const std::vector<float> weights(alpha.begin(), alpha.end());
  const TrainedRule rule{make_update_rule(
      {.rule = MlpUpdateRule::kName, .output_scale = MlpLearnerOptions::stable().unroll.output_scale}, weights)};
  Ensemble moves(3 * units + 1);
  std::string tasks;
  for (const std::string& family : ladder)
    tasks += (tasks.empty() ? "" : ", ") + family + " hidden=" + std::to_string(units);
  for (const Trial& trial : draw_trials(tasks, 128, seed)) {
    std::vector<double> move = trial.start;
    const auto env = make_surface_env(trial.landscape,
                                      {.budget = unlimited, .start = trial.start, .on_bad_value = BadValue::penalise});
    play(*make_learned_optimizer(rule), *env, 0, 30, [&](const Action&, const StepResult& seen, const EpisodeInfo&) {
      move.assign(seen.observation.pose.begin(), seen.observation.pose.end());
    });
    for (std::size_t i = 0; i < move.size(); ++i) move[i] -= trial.start[i];
    if (std::ranges::all_of(move, [](double x) { return std::abs(x) < 1e6; })) moves.add(move);
  }
  return principal_components(moves).participation;
}

}  // namespace

StudyResult run_expand_compress(StudyPlace& place) {
  require_gnuplot();
  const std::size_t seeds = place.quick ? 5 : std::max<std::size_t>(place.seeds, 30), tasks = 256;
  const std::uint64_t meta_steps = place.quick ? 600 : 3000;
  if (place.expect) place.expect(1 + 2 * ways.size(), 0);

  // What 32 units come to on each level alone, in a third of the meta-steps.
  const std::vector<double> goals = place.cell("goals", [&] {
    std::vector<double> out(kLevels * 5);
    in_parallel(out.size(), place.threads, [&](std::size_t k, std::size_t) {
      MlpLearnerOptions options = MlpLearnerOptions::stable();
      options.meta_steps = meta_steps / kLevels, options.family = ladder[k / 5];
      MlpLearner learner(options, derive_seed(place.seed, k % 5, "goal"));
      std::vector<double> losses;
      while (learner.steps_done() < options.meta_steps) losses.push_back(learner.step());
      losses.erase(losses.begin(), losses.end() - static_cast<std::ptrdiff_t>(kEvery));
      out[k] = log_mean(losses);
    });
    std::vector<double> means;
    for (std::size_t level = 0; level < kLevels; ++level)
      means.push_back(std::accumulate(out.begin() + static_cast<std::ptrdiff_t>(level * 5),
                                      out.begin() + static_cast<std::ptrdiff_t>(level * 5 + 5), 0.0) /
                      5);
    return means;
  });

  using Table = std::vector<std::vector<std::string>>;
  Table losses{{"mean validation loss, 32 units", "exponentials", "polynomials", "sinusoids", "all"}},
      own{{"after training", "units", "loss of all levels with these", "first level: end / after its phase",
           "dimension of θ, these units", "of 3 · units + 1"}},
      dimensions{{"α over the seeds", "D90", "participation", "norm", "mean distance"}};
  StudyResult result;
  std::vector<std::vector<double>> final_loss(ways.size());  // [way][seed], all levels, 32 units
  Figure figure;
  figure.title = "Capacity that grows and shrinks along a ladder of tasks";
  figure.note = "Left: units of the base network, median and quartiles of " + std::to_string(seeds) +
                " meta-trainings. Right: effective dimension of the rules over the seeds (participation ratio).";
  figure.columns = 2;
  figure.panels.resize(2);
  figure.panels[0].title = "units", figure.panels[0].x_label = "meta-step";
  figure.panels[1].title = "dimension of α", figure.panels[1].x_label = "meta-step";
  const std::size_t rows = meta_steps / kEvery + 1;
  for (std::size_t w = 0; w < ways.size(); ++w) {
    const std::vector<double> numbers = place.cell(ways[w].name, [&] {
      std::vector<double> out(seeds * rows * kRow);
      in_parallel(seeds, place.threads, [&](std::size_t s, std::size_t) {
        const auto path = train_way(ways[w], goals, meta_steps, derive_seed(place.seed, s, "expand-compress"));
        std::ranges::copy(path, out.begin() + static_cast<std::ptrdiff_t>(s * rows * kRow));
      });
      return out;
    });
    const auto row = [&](std::size_t s, std::size_t t) {
      return std::span(numbers).subspan((s * rows + t) * kRow, kRow);
    };
    // Of each seed: 32 units [levels], own units: mean, forgetting, dimension of θ.
    const std::vector<double> judged = place.cell(ways[w].name + "-judged", [&] {
      std::vector<double> out(seeds * (kLevels + 3));
      in_parallel(seeds, place.threads, [&](std::size_t s, std::size_t) {
        const auto last = row(s, rows - 1);
        const auto units = static_cast<std::size_t>(last[kWidth]);
        std::size_t end_of_first = 0;  // the last row of the first level's phase
        while (end_of_first + 1 < rows && row(s, end_of_first + 1)[kWidth + 1] == 0) ++end_of_first;
        const auto wide = on_levels(last.first(kWidth), kMost, tasks, place.seed);
        const auto small = on_levels(last.first(kWidth), units, tasks, place.seed);
        const auto then = on_levels(row(s, end_of_first).first(kWidth), kMost, tasks, place.seed);
        double* to = &out[s * (kLevels + 3)];
        std::ranges::copy(wide, to);
        to[kLevels] = mean(small), to[kLevels + 1] = wide[0] / then[0];
        to[kLevels + 2] = dimension_of_theta(last.first(kWidth), units, place.seed);
      });
      return out;
    });
    const auto column = [&](std::size_t k) {
      std::vector<double> out;
      for (std::size_t s = 0; s < seeds; ++s) out.push_back(judged[s * (kLevels + 3) + k]);
      return out;
    };
    for (std::size_t s = 0; s < seeds; ++s)
      final_loss[w].push_back((column(0)[s] + column(1)[s] + column(2)[s]) / kLevels);
    losses.push_back({ways[w].label, spread_text(column(0)), spread_text(column(1)), spread_text(column(2)),
                      spread_text(final_loss[w])});
    std::vector<double> units;
    for (std::size_t s = 0; s < seeds; ++s) units.push_back(row(s, rows - 1)[kWidth]);
    const bool climbs = ways[w].plan != Plan::joint;
    own.push_back({ways[w].label, spread_text(units), spread_text(column(kLevels)),
                   climbs ? spread_text(column(kLevels + 1)) : "", short_number(mean(column(kLevels + 2))),
                   short_number(3 * mean(units) + 1)});
    // α over the seeds, at the start and on the way.
    const auto ensemble_at = [&](std::size_t t) {
      Ensemble out(kWidth);
      for (std::size_t s = 0; s < seeds; ++s) out.add(row(s, t).first(kWidth));
      return out;
    };
    const auto add_dimensions = [&](const std::string& label, const Ensemble& of) {
      const Components parts = principal_components(of);
      double norms = 0;
      for (std::size_t s = 0; s < of.size(); ++s) norms += norm(of[s]) / static_cast<double>(of.size());
      dimensions.push_back({label, std::to_string(parts.d90), short_number(parts.participation), short_number(norms),
                            short_number(pairwise_distances(of).mean)});
    };
    if (w == 0) add_dimensions("initialisations", ensemble_at(0));
    add_dimensions(ways[w].label, ensemble_at(rows - 1));
    Curve size, dimension;
    size.label = dimension.label = ways[w].label, size.colour = dimension.colour = static_cast<int>(w);
    for (std::size_t t = 0; t < rows; ++t) {
      std::vector<double> now;
      for (std::size_t s = 0; s < seeds; ++s) now.push_back(row(s, t)[kWidth]);
      std::ranges::sort(now);
      size.x.push_back(static_cast<double>(t * kEvery)), size.y.push_back(now[seeds / 2]);
      size.low.push_back(now[seeds / 4]), size.high.push_back(now[3 * seeds / 4]);
      dimension.x.push_back(size.x.back());
      dimension.y.push_back(principal_components(ensemble_at(t)).participation);
    }
    if (ways[w].plan == Plan::cycles) figure.panels[0].curves.push_back(size);
    figure.panels[1].curves.push_back(dimension);
  }
  result.text = "Over " + std::to_string(seeds) + " seeds: mean [least, greatest]; a loss counts at most 10\n" +
                aligned_within(losses) + "\n" + aligned_within(own) + "\n" + aligned_within(dimensions);
  for (std::size_t w = 1; w < ways.size(); ++w)
    result.lines.push_back(quotient_line("final loss of all levels: growing and shrinking / " + ways[w].label,
                                         final_loss[0], final_loss[w]));
  write_figures(figure, place.folder, "expand-compress");
  return result;
}

}  // namespace rover
