// Does learning pay in rover-search? Five policies by evolution on Rover/Search-v0, each trained without one or two of
// the nine families and judged on these, beside the rule, the rule tuned by the same evolution, and random decisions.
#include <algorithm>
#include <cmath>

#include "env/landscapes/extended.h"
#include "env/landscapes/varied.h"
#include "experiments/figure.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/search_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::size_t dimensions[] = {2, 3, 5, 10};
constexpr std::uint64_t evaluations_a_coordinate = 1000;

/// What each training never sees.
const std::vector<std::vector<std::string>>& left_out() {
  static const std::vector<std::vector<std::string>> groups{
      {"bowl", "ridged"}, {"few-bumps", "stepped"}, {"many-bumps", "funnels"}, {"bent", "rugged"}, {"rippled"}};
  return groups;
}

std::vector<StudyTraining> trainings(const StudyPlace& place, bool blind) {
  std::vector<StudyTraining> out;
  for (std::size_t k = 0; k < left_out().size(); ++k) {
    std::string families;
    for (const auto& family : left_out()[k]) families += (families.empty() ? "-" : ",-") + family;
    StudyTraining one{std::string("steering-") + (blind ? "blind-" : "") + std::to_string(k + 1),
                      place.quick ? "search-quick" : "search-full",
                      {"env.families=" + families},
                      place.seed + k};
    if (blind)
      one.sets.insert(one.sets.end(), {"env.blind=true", "policy.encoder=linear", "evolution.generations=100"});
    out.push_back(std::move(one));
  }
  return out;
}

/// Who decides; what it needs on the surfaces of all trainings, in their order.
struct Deciding {
  std::string name;
  Costs costs;
};

void append(Costs& to, const Costs& from) {
  const auto add = [](std::vector<double>& a, const std::vector<double>& b) { a.insert(a.end(), b.begin(), b.end()); };
  add(to.evaluations, from.evaluations), add(to.last, from.last), add(to.reached, from.reached);
}

std::vector<double> part(const std::vector<double>& values, std::pair<std::size_t, std::size_t> range) {
  return {values.begin() + static_cast<std::ptrdiff_t>(range.first),
          values.begin() + static_cast<std::ptrdiff_t>(range.second)};
}

class SteeringStudy {
 public:
  explicit SteeringStudy(StudyPlace& place) : place_(place), each_(place.quick ? 3 : 30) {}

  StudyResult run() {
    require_gnuplot();
    place_.expect(std::size(dimensions) * varied_families().size() * 4 + 1 + left_out().size(), 2 * left_out().size());
    learned_ = place_.train_all(trainings(place_, false));
    blind_ = place_.train_all(trainings(place_, true));
    Figure figure;
    figure.columns = 2;
    for (const std::size_t d : dimensions) figure.panels.push_back(judge(d));
    extended();
    figure.title = "Learned decisions on families that they never saw";
    figure.note =
        "Evaluations to fifty targets down to 1e-8 of the start's regret over those of the rule: geometric means "
        "over " +
        std::to_string(each_ * place_.seeds) + " fresh surfaces a family, 95 % intervals.";
    write_figures(figure, place_.folder, "steering");
    return std::move(result_);
  }

 private:
  static std::vector<std::pair<std::string, Settings>> deciders(const std::filesystem::path& learned,
                                                                const std::filesystem::path& blind) {
    return {{"rule", {}},
            {"learned", {{"from", learned.string()}}},
            {"blind", {{"from", blind.string()}}},
            {"random", {{"control", "random"}}}};
  }

  Panel judge(std::size_t d) {
    std::vector<Deciding> all{{"rule", {}}, {"learned", {}}, {"blind", {}}, {"random", {}}};
    std::vector<std::pair<std::string, std::pair<std::size_t, std::size_t>>> families, groups;
    for (std::size_t k = 0; k < left_out().size(); ++k) {
      const std::size_t begin = all[0].costs.evaluations.size();
      for (const auto& family : left_out()[k]) {
        const auto trials = fresh_surfaces(place_, {family}, d, each_, "steering study " + family);
        const std::size_t first = all[0].costs.evaluations.size();
        const auto who = deciders(learned_[k], blind_[k]);
        for (std::size_t p = 0; p < who.size(); ++p)
          append(all[p].costs, costs_to_fifty_targets(place_, who[p].first + "-" + family + "-" + std::to_string(d),
                                                      "rover-search", who[p].second, trials, evaluations_a_coordinate));
        families.push_back({family, {first, all[0].costs.evaluations.size()}});
      }
      groups.push_back({std::to_string(k + 1), {begin, all[0].costs.evaluations.size()}});
    }
    const Costs &rule = all[0].costs, &learned = all[1].costs, &blind = all[2].costs, &random = all[3].costs;
    const std::string group = "d = " + std::to_string(d);
    std::vector<std::vector<std::string>> rows{
        {group, "learned / rule", "to 1e-8", "learned / blind", "random / rule", "reached by both"}};
    Panel panel;
    panel.title = group, panel.level = 1;
    panel.y_label = "evaluations over the rule's";
    Bars& bars = panel.bars.emplace_back();
    const auto add = [&](const std::string& name, std::pair<std::size_t, std::size_t> range) {
      const auto of = [&](const std::vector<double>& values) { return part(values, range); };
      rows.push_back({name, quotient_text(of(learned.evaluations), of(rule.evaluations)),
                      quotient_text(of(learned.last), of(rule.last)),
                      quotient_text(of(learned.evaluations), of(blind.evaluations)),
                      quotient_text(of(random.evaluations), of(rule.evaluations)),
                      percent(mean(of(rule.reached))) + ", " + percent(mean(of(learned.reached)))});
      const RatioInterval ratio = quotient_interval(of(learned.evaluations), of(rule.evaluations));
      bars.labels.push_back(name), bars.y.push_back(ratio.ratio);
      bars.low.push_back(ratio.low), bars.high.push_back(ratio.high);
    };
    for (const auto& [name, range] : families) add(name, range);
    add("all", {0, rule.evaluations.size()});
    const auto line = [&](const std::string& what, const std::vector<double>& a, const std::vector<double>& b,
                          double target) {
      ResultLine out;
      out.name = group + ", family left out: " + what, out.unit = "ratio", out.ours = quotient(a, b);
      for (const auto& [name, range] : groups) out.seeds.push_back(quotient(part(a, range), part(b, range)));
      out.target = target;
      result_.lines.push_back(std::move(out));
    };
    line("learned / rule, evaluations", learned.evaluations, rule.evaluations, 0.9);
    line("learned / rule, to 1e-8", learned.last, rule.last, 1);
    line("tuned rule (blind) / rule, evaluations", blind.evaluations, rule.evaluations, std::nan(""));
    line("random / rule, evaluations", random.evaluations, rule.evaluations, std::nan(""));
    result_.text += aligned_within(rows, 1, 120) + "\n";
    return panel;
  }

  /// The seven families of the plane, which the paper's Rover is trained on and none of these policies.
  void extended() {
    const auto surfaces = make_extended_pool(each_ * place_.seeds * extended_families().size(),
                                             derive_seed(place_.seed, 2, "steering study"), place_.threads)
                              .instances;
    const auto play = [&](const std::string& cell, const Settings& settings) {
      return costs_to_fifty_targets(place_, cell, "rover-search", settings, surfaces, evaluations_a_coordinate);
    };
    const Costs rule = play("rule-extended", {});
    ResultLine line, last;
    line.name = "suite extended: learned / rule, evaluations", line.unit = "ratio", line.target = 0.9;
    last.name = "suite extended: learned / rule, to 1e-8", last.unit = "ratio", last.target = 1;
    for (std::size_t k = 0; k < learned_.size(); ++k) {
      const Costs learned = play("learned-extended-" + std::to_string(k + 1), {{"from", learned_[k].string()}});
      line.seeds.push_back(quotient(learned.evaluations, rule.evaluations));
      last.seeds.push_back(quotient(learned.last, rule.last));
    }
    line.ours = geometric_mean(line.seeds), last.ours = geometric_mean(last.seeds);
    result_.lines.push_back(std::move(line)), result_.lines.push_back(std::move(last));
  }

  StudyPlace& place_;
  StudyResult result_;
  std::size_t each_;
  std::vector<std::filesystem::path> learned_, blind_;
};

}  // namespace

StudyResult run_steering(StudyPlace& place) { return SteeringStudy(place).run(); }

}  // namespace rover
