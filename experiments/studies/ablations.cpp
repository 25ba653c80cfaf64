// What each part is worth: one part changed at a time, the rest as in `base`, equal updates, the same test set.
#include <algorithm>
#include <cmath>

#include "agents/rover/conv_heading.h"
#include "experiments/config.h"
#include "experiments/evaluation.h"
#include "experiments/figure.h"
#include "experiments/studies/policy_runs.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"
#include "imitation/collection.h"
#include "training/step_control_episodes.h"

namespace rover {
namespace {

using Sets = std::vector<std::string>;
const std::vector<std::string> families{"quadratic", "valley", "saddle", "plateau"};

/// A policy's training: what differs from the base. `heading`: the name of a trained one, or an analytic heading.
struct Variant {
  std::string group, name, heading;
  Sets sets;
  std::string left_out;  ///< a family that neither heading nor policy sees
};

struct TrainedHeading {
  std::string name;
  Sets sets;
};

std::string without(const std::string& family) {
  std::string out;
  for (const auto& other : families)
    if (other != family) out += (out.empty() ? "" : ",") + other;
  return out;
}

std::vector<TrainedHeading> trained_headings() {
  std::vector<TrainedHeading> out{
      {"fit-net", {}},
      {"cnn", {"network=conv", "views=true", "channels1=32", "channels2=64", "hidden=128", "learning_rate=0.003"}},
      {"n4", {"grid_size=4"}},
      {"n6", {"grid_size=6"}},
      {"n16", {"grid_size=16"}}};
  for (const auto& family : families) out.push_back({"without-" + family, {"collection.families=" + without(family)}});
  return out;
}

std::vector<Variant> variants(bool quick) {
  const std::string generations = "evolution.generations=" + std::to_string(quick ? 300 : 1500);
  std::vector<Variant> out{
      {"reward", "base", "fit-net", {}, ""},
      {"reward", "reward-final", "fit-net", {"env.reward=final"}, ""},
      {"reward", "reward-5", "fit-net", {"env.reward=5"}, ""},
      {"reward", "reward-6", "fit-net", {"env.reward=6"}, ""},
      {"observation", "grid", "fit-net", {"env.observation=grid", "policy.encoder=conv"}, ""},
      {"observation", "context", "fit-net", {"env.observation=context"}, ""},
      {"heading", "cnn", "cnn", {}, ""},
      {"heading", "newton-fit", "newton-fit", {"env.observation=context"}, ""},
      {"heading", "least-squares-gradient", "least-squares-gradient", {"env.observation=context"}, ""},
      {"learner",
       "evolution",
       "fit-net",
       {"learner=evolution", "env.reward=log-regret", "policy.hidden=16", "evolution.learning_rate=0.05", generations},
       ""},
      {"grid size", "n4", "n4", {"env.grid_size=4"}, ""},
      {"grid size", "n6", "n6", {"env.grid_size=6"}, ""},
      {"grid size", "n16", "n16", {"env.grid_size=16"}, ""},
  };
  for (const auto& family : families)
    out.push_back({"left out", "without-" + family, "without-" + family, {"env.families=" + without(family)}, family});
  return out;
}

/// The scores of one policy: mean and log10 regret over all families, then of each.
struct Score {
  double mean, log10;
  std::vector<double> family_mean, family_log10;
};

/// Fresh plain surfaces, half of the fields noisy, T = 30: the same for every policy.
Score test(const std::filesystem::path& run, std::uint64_t seed, bool quick) {
  const RoverModel model = load_policy(run);
  auto env = from_settings<StepControlOptions>(sub_settings(read_config(run / "config.cfg"), "env"));
  env.families = "quadratic,valley,saddle,plateau", env.horizon = 30,
  env.landscape = LandscapeOptions{.noise_probability = 0.5};
  StepControlEpisodes episodes(env, model.heading, quick ? 800 : 3200, derive_seed(seed, 0, "ablations"));
  const PolicyScore score = episodes.score(*model.policy);
  return {score.mean, score.mean_log10, score.family_mean, score.family_log10};
}

class Ablations {
 public:
  explicit Ablations(StudyPlace& place)
      : place_(place), variants_(variants(place.quick)), headings_(trained_headings()) {}

  StudyResult run() {
    require_gnuplot();
    place_.expect(variants_.size() * place_.seeds + 4 * place_.seeds + families.size(),
                  headings_.size() + variants_.size() * place_.seeds);
    train_headings();
    train_policies();
    score();
    for (std::size_t v = 0; v < variants_.size(); ++v) report(v);
    safeguard();
    angles_of_left_out();
    draw();
    result_.text = "Normalised regret after 30 steps on " + std::string(place_.quick ? "800" : "3200") +
                   " fresh surfaces, half of the fields noisy; mean over " + std::to_string(place_.seeds) +
                   " seeds of the policy [least, greatest]; one heading a row.\nleft out: trained without the family, "
                   "tested on it; beside it "
                   "the base, which saw it.\n" +
                   aligned(table_);
    return std::move(result_);
  }

 private:
  void train_headings() {
    std::vector<StudyTraining> trainings;
    for (const auto& [name, sets] : headings_) {
      Sets all{"trainer=heading",
               "collection.noise_probability=0.3",
               "collection.functions=" + std::to_string(place_.quick ? 12'000 : 48'000),
               "updates=" + std::to_string(place_.quick ? 3000 : 16'000),
               "batch_size=256",
               "held_out=100",
               "evaluate_every=1000000"};
      all.insert(all.end(), sets.begin(), sets.end());
      trainings.push_back({"ablations-heading-" + name, "", std::move(all), place_.seed});
    }
    heading_runs_ = place_.train_all(trainings);
  }

  void train_policies() {
    std::vector<StudyTraining> trainings;
    for (const Variant& variant : variants_)
      for (std::size_t k = 0; k < place_.seeds; ++k) {
        Sets all{"trainer=rover",
                 "env.observation=features+context",
                 "env.landscape.noise_probability=0.3",
                 "env.pool=4000",
                 "ddpg.iterations=" + std::to_string(place_.quick ? 80 : 300),
                 "ddpg.validation=" + std::to_string(place_.quick ? 200 : 800),
                 "evolution.validation=" + std::to_string(place_.quick ? 200 : 800),
                 "evolution.threads=1",
                 "test=8"};
        all.insert(all.end(), variant.sets.begin(), variant.sets.end());
        const auto trained = std::ranges::find(headings_, variant.heading, &TrainedHeading::name);
        if (trained == headings_.end()) all.push_back("heading.network=" + variant.heading);
        else
          all.push_back("heading.from=" +
                        heading_runs_[static_cast<std::size_t>(trained - headings_.begin())].string());
        trainings.push_back(
            {"ablations-" + variant.name + "-" + std::to_string(k), "", std::move(all), place_.seed + k});
      }
    policy_runs_ = place_.train_all(trainings);
  }

  const std::filesystem::path& run_of(std::size_t variant, std::size_t k) const {
    return policy_runs_[variant * place_.seeds + k];
  }

  void score() {
    scores_.resize(variants_.size());
    for (std::size_t v = 0; v < variants_.size(); ++v)
      for (std::size_t k = 0; k < place_.seeds; ++k) {
        const auto numbers = place_.cell("exam-" + variants_[v].name + "-" + std::to_string(k), [&] {
          const Score score = test(run_of(v, k), place_.seed, place_.quick);
          std::vector<double> out{score.mean, score.log10};
          out.insert(out.end(), score.family_mean.begin(), score.family_mean.end());
          out.insert(out.end(), score.family_log10.begin(), score.family_log10.end());
          return out;
        });
        scores_[v].push_back(numbers);
      }
  }

  /// Number `column` of a variant's scores, a value a seed.
  std::vector<double> column(std::size_t variant, std::size_t column) const {
    std::vector<double> out;
    for (const auto& numbers : scores_[variant]) out.push_back(numbers.at(column));
    return out;
  }

  void row(const std::string& group, const std::string& name, std::vector<double> means, std::vector<double> logs) {
    const auto cell = [](const ResultLine& line) {
      const auto [low, high] = std::ranges::minmax(line.seeds);
      return short_number(line.ours) + " [" + short_number(low) + ", " + short_number(high) + "]";
    };
    const ResultLine mean = mean_line(group + ": " + name + ", mean normalised regret", "", std::move(means));
    const ResultLine log = mean_line(group + ": " + name + ", mean log10 regret", "log10", std::move(logs));
    if (table_.empty()) table_.push_back({"part", "variant", "mean regret", "mean log10"});
    table_.push_back({group, name, cell(mean), cell(log)});
    bars_.labels.push_back(group + ": " + name), bars_.y.push_back(-log.ours);
    bars_.low.push_back(-std::ranges::max(log.seeds)), bars_.high.push_back(-std::ranges::min(log.seeds));
    result_.lines.push_back(mean), result_.lines.push_back(log);
  }

  void report(std::size_t v) {
    const Variant& variant = variants_[v];
    const auto family = static_cast<std::size_t>(std::ranges::find(families, variant.left_out) - families.begin());
    if (variant.left_out.empty()) return row(variant.group, variant.name, column(v, 0), column(v, 1));
    row(variant.group, variant.left_out + " unseen", column(v, 2 + family), column(v, 6 + family));
    row(variant.group, variant.left_out + " seen (base)", column(0, 2 + family), column(0, 6 + family));
  }

  /// The base policies on the six functions, with and without the safeguard, and random actions.
  void safeguard() {
    const Suite suite = find_suite("paper");
    struct Kind {
      const char *name, *policy, *safeguard;
    };
    for (const Kind& kind :
         {Kind{"with", "learned", "true"}, Kind{"without", "learned", "false"},
          Kind{"random actions, with", "random", "true"}, Kind{"random actions, without", "random", "false"}}) {
      std::vector<double> solved;
      for (std::size_t k = 0; k < place_.seeds; ++k) {
        const std::string cell =
            std::string("safeguard-") + kind.policy + "-" + kind.safeguard + "-" + std::to_string(k);
        solved.push_back(
            place_
                .cell(cell,
                      [&] {
                        const Settings settings{
                            {"from", run_of(0, k).string()}, {"policy", kind.policy}, {"safeguard", kind.safeguard}};
                        const Evaluation evaluation = evaluate(
                            {{"rover", settings, "rover"}}, suite,
                            {.starts = place_.quick ? 20u : 100u, .seed = place_.seed, .threads = place_.threads});
                        return std::vector<double>{
                            100 * statistics(evaluation, "rover", "", {Mark::Clock::iterations, 100}).solved_1e3};
                      })
                .at(0));
      }
      ResultLine line =
          mean_line(std::string("safeguard: ") + kind.name + ", six functions solved after 100 iterations", "%",
                    std::move(solved));
      line.smaller_is_better = false;
      result_.lines.push_back(std::move(line));
    }
  }

  /// How far a heading is from the best teacher on the family that it never saw, beside the one that saw all.
  void angles_of_left_out() {
    for (std::size_t f = 0; f < families.size(); ++f) {
      const auto unseen =
          std::ranges::find(headings_, "without-" + families[f], &TrainedHeading::name) - headings_.begin();
      const auto angles = place_.cell("angle-" + families[f], [&] {
        CollectionOptions test;
        test.families = families[f];
        std::vector<double> out;
        for (const auto& run : {heading_runs_[static_cast<std::size_t>(unseen)], heading_runs_[0]})
          out.push_back(held_out_angles(*load_heading(Checkpoint::read(run / "model.h5")), test, 8,
                                        derive_seed(place_.seed, f, "ablations"), 300)
                            .mean[0]);
        return out;
      });
      result_.lines.push_back(
          mean_line("left out: " + families[f] + " unseen, mean angle of the heading", "°", {angles.at(0)}));
      result_.lines.push_back(
          mean_line("left out: " + families[f] + " seen (base), mean angle of the heading", "°", {angles.at(1)}));
    }
  }

  void draw() const {
    Figure figure;
    figure.columns = 1;
    figure.title = "What each part is worth";
    figure.note = "Held-out surfaces, T = 30. Bars: mean over seeds, least and greatest.";
    Panel panel;
    panel.y_label = "−log10 of the normalised regret (longer is better)";
    panel.bars = {bars_};
    figure.panels.push_back(std::move(panel));
    write_figures(figure, place_.folder, "ablations");
  }

  StudyPlace& place_;
  std::vector<Variant> variants_;
  std::vector<TrainedHeading> headings_;
  std::vector<std::filesystem::path> heading_runs_, policy_runs_;
  std::vector<std::vector<std::vector<double>>> scores_;  // [variant][seed][number]
  StudyResult result_;
  std::vector<std::vector<std::string>> table_;
  Bars bars_;
};

}  // namespace

StudyResult run_ablations(StudyPlace& place) { return Ablations(place).run(); }

}  // namespace rover
