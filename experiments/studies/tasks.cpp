// One rule for every network of the suite `tasks`, against the best tuned baseline of each.
#include <algorithm>
#include <cmath>

#include "agents/learned/safeguarded.h"
#include "experiments/config.h"
#include "experiments/figure.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/suites.h"
#include "experiments/text.h"
#include "training/meta/meta_task.h"

namespace rover {
namespace {

/// Tasks from what the shipped rule was meta-trained on, but other ones.
std::vector<Trial> trained_on(std::size_t count, std::uint64_t seed) {
  const TaskDistribution tasks(read_config(find_preset("celo2-rates", "lopt").path).at("evolution.tasks"));
  std::vector<Trial> out;
  for (std::size_t k = 0; k < count; ++k) {
    MetaTask task = tasks.draw(derive_seed(seed, k, "trained on"));
    out.push_back(make_trial(task.landscape, std::move(task.start)));
  }
  return out;
}

}  // namespace

StudyResult run_tasks(StudyPlace& place) {
  const Suite suite = find_suite("tasks");
  std::vector<RuleEntrant> entrants = classical_entrants();
  const std::size_t classical = entrants.size();
  entrants.push_back(untrained_entrant());
  entrants.push_back(learned_entrant("Celo2, learned", "lopt-celo2"));
  entrants.push_back(learned_entrant("Celo2-rates, learned", "lopt-celo2-rates"));
  const RuleEntrant plain = entrants.back();
  entrants.push_back({"Celo2-rates, safeguarded", "learned", plain.middle, [plain](double rate) {
                        return std::make_unique<Safeguarded>(plain.make(rate), SafeguardOptions{});
                      }});
  const std::size_t untrained = classical, learned = classical + 2, guarded = classical + 3;
  const std::uint64_t steps = suite.iterations;
  const std::size_t instances = place.quick ? 3 : std::max<std::size_t>(place.seeds, 10);
  if (place.expect) place.expect((2 * suite.functions.size() + 1) * entrants.size(), 0);
  // By one rate for all tasks, as when nobody tunes.
  std::vector<double> one_rate;
  const auto seen = trained_on(24, derive_seed(place.seed, 0, "one rate"));
  for (std::size_t e = 0; e < entrants.size(); ++e)
    one_rate.push_back(contest(place, "one-rate-" + std::to_string(e), entrants[e], seen, {}, steps).rate);

  StudyResult result;
  std::vector<std::vector<std::string>> table{
      {"task", "best classical", "loss", "learned / it", "guarded / it", "learned / untrained"}};
  std::vector<double> of_learned, of_guarded, of_untrained, of_learning;
  std::vector<std::vector<double>> untuned(entrants.size());  // [entrant][task], over the best tuned classical
  double worst = 0;
  Bars tuned;
  for (const std::string& task : suite.functions) {
    const bool large = task.starts_with("images-28");
    const auto tuning = suite.draw(task, large ? 2 : 5, derive_seed(place.seed, 0, "tasks tuning")),
               fresh = suite.draw(task, large ? std::min<std::size_t>(instances, 5) : instances, place.seed);
    std::vector<RuleRuns> runs;
    std::size_t best = 0;
    for (std::size_t e = 0; e < entrants.size(); ++e) {
      runs.push_back(contest(place, task + "-" + std::to_string(e), entrants[e], tuning, fresh, steps));
      if (e < classical && quotient(runs[e].losses, runs[best].losses) < 1) best = e;
    }
    const auto& base = runs[best].losses;
    for (std::size_t e = 0; e < entrants.size(); ++e)
      untuned[e].push_back(quotient(
          contest(place, task + "-one-rate-" + std::to_string(e), entrants[e], {}, fresh, steps, one_rate[e]).losses,
          base));
    const double ratio = quotient(runs[learned].losses, base), safe = quotient(runs[guarded].losses, base);
    of_learned.push_back(ratio), of_guarded.push_back(safe);
    of_untrained.push_back(quotient(runs[untrained].losses, base));
    of_learning.push_back(quotient(runs[learned].losses, runs[untrained].losses));
    worst = std::max(worst, safe);
    table.push_back({task, entrants[best].label, short_number(mean(base)), quotient_text(runs[learned].losses, base),
                     quotient_text(runs[guarded].losses, base),
                     quotient_text(runs[learned].losses, runs[untrained].losses)});
    tuned.labels.push_back(task), tuned.y.push_back(ratio);
  }
  const std::vector<double> ones(of_learned.size(), 1.0);
  table.push_back({"geometric mean", "", "", quotient_text(of_learned, ones), quotient_text(of_guarded, ones),
                   quotient_text(of_learning, ones)});
  result.text = "Loss after " + std::to_string(steps) +
                " steps, every rate tuned on other instances; quotients of geometric means, 95 % intervals\n" +
                aligned_within(table);
  // The classical one that is best so.
  std::size_t best = 0;
  for (std::size_t e = 1; e < classical; ++e)
    if (quotient(untuned[e], ones) < quotient(untuned[best], ones)) best = e;
  std::vector<std::vector<std::string>> of_one_rate{
      {"one rate for all", "rate", "over the best tuned", "over it on the worst task", "over " + entrants[best].label}};
  for (std::size_t e = 0; e < entrants.size(); ++e)
    of_one_rate.push_back({entrants[e].label, short_number(one_rate[e]), quotient_text(untuned[e], ones),
                           short_number(std::ranges::max(untuned[e])), quotient_text(untuned[e], untuned[best])});
  result.text +=
      "\nNobody tunes: one rate for all tasks, the best on 24 tasks from those of meta-training; loss over that of "
      "the\ntask's best tuned classical optimizer, geometric means over the tasks\n" +
      aligned_within(of_one_rate);
  result.lines.push_back(quotient_line("one rate for all: learned / best classical", untuned[learned], untuned[best]));
  result.lines.push_back(quotient_line("one rate for all: learned / untrained", untuned[learned], untuned[untrained]));
  result.lines.push_back(quotient_line("learned / best classical, geometric mean", of_learned, ones, 0.95));
  result.lines.push_back(quotient_line("safeguarded / best classical, geometric mean", of_guarded, ones, 0.95));
  result.lines.push_back(quotient_line("safeguarded / best classical, worst task", {worst}, {1}, 1.1));
  result.lines.push_back(quotient_line("untrained / best classical, geometric mean", of_untrained, ones));
  result.lines.push_back(quotient_line("learned / untrained, geometric mean", of_learning, ones));
  Bars by_one_rate{tuned.labels, {}, {}, {}};
  for (std::size_t k = 0; k < tuned.y.size(); ++k) by_one_rate.y.push_back(untuned[learned][k] / untuned[best][k]);
  Figure figure;
  figure.title = "One learned rule on networks that it never saw";
  figure.note = "Loss after " + std::to_string(steps) +
                " steps over that of a classical optimizer. Left: each at the rate " +
                "that is best for the task, over the best of six. Right: each at one rate for all tasks, over " +
                entrants[best].label + ". Dashed: equal.";
  figure.columns = 2;
  for (const auto& [title, bars] :
       {std::pair{"tuned for each task", tuned}, std::pair{"one rate for all", by_one_rate}}) {
    Panel& panel = figure.panels.emplace_back();
    panel.title = title, panel.y_label = "loss / classical", panel.level = 1, panel.log_y = true;
    panel.bars = {bars}, panel.y_range = {{0.01, 2}};
  }
  write_figures(figure, place.folder, "tasks");
  return result;
}

}  // namespace rover
