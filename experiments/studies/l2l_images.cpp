// A rule that never saw an image trains a classifier of images, against tuned baselines: by steps and by time.
#include <algorithm>
#include <cmath>

#include "env/landscapes/images.h"
#include "env/landscapes/registry.h"
#include "experiments/figure.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

/// Starts of the 784-128-10 network, each with a minibatch stream of its own.
std::vector<Trial> starts(const std::shared_ptr<const Landscape>& images, std::size_t count, std::uint64_t seed) {
  std::vector<Trial> out;
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "image start");
    out.push_back(draw_trial(images, stream));
  }
  return out;
}

std::string cell_name(const RuleEntrant& entrant, const std::string& rest) {
  std::string out = entrant.label + "-" + rest;
  std::ranges::replace_if(
      out, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-'; }, '_');
  return out;
}

/// Rules of the documents and of the field, meta-trained here, by backpropagation through walks on drawn tasks or by
/// evolution.
std::vector<StudyTraining> small_rules(std::uint64_t seed) {
  const auto lstm = [&](const std::string& features) {
    return StudyTraining{"l2l-images-lstm-" + features,
                         "lopt-relative",
                         {"rule=lstm", "features=" + features, "hidden=8", "output_scale=0.01", "backprop.rate=1",
                          "backprop.rate_spread=1", "backprop.schedule=constant"},
                         seed};
  };
  return {lstm("raw"),
          lstm("log"),
          lstm("rich"),
          {"l2l-images-relative", "lopt-relative", {}, seed},
          {"l2l-images-small-fc", "lopt-small-fc", {}, seed}};
}

}  // namespace

StudyResult run_l2l_images(StudyPlace& place) {
  const std::shared_ptr<const Landscape> images = landscapes().make("images");
  std::vector<RuleEntrant> entrants = classical_entrants();
  const std::size_t classical = entrants.size();
  entrants.push_back(untrained_entrant());
  entrants.push_back(learned_entrant("Celo2, learned", "lopt-celo2"));
  entrants.push_back(learned_entrant("Celo2-rates, learned", "lopt-celo2-rates"));
  const std::size_t untrained = classical, learned = entrants.size() - 1;
  const std::vector<std::uint64_t> horizons =
      place.quick ? std::vector<std::uint64_t>{100} : std::vector<std::uint64_t>{100, 200, 500, 2000};
  const std::size_t seeds = std::max<std::size_t>(place.seeds, 2);
  const std::vector<std::uint64_t> short_horizons =
      place.quick ? std::vector<std::uint64_t>{100} : std::vector<std::uint64_t>{100, 500};
  const auto trainings = small_rules(place.seed);
  if (place.expect)
    place.expect(entrants.size() * horizons.size() + horizons.size() + trainings.size() * short_horizons.size(),
                 trainings.size());
  const auto tuning = starts(images, 2, derive_seed(place.seed, 0, "image tuning")),
             fresh = starts(images, seeds, place.seed);

  StudyResult result;
  std::vector<std::vector<RuleRuns>> runs(entrants.size());  // [entrant][horizon]
  std::vector<std::vector<std::string>> table{{"final training loss, mean of " + std::to_string(seeds) + " seeds"}};
  for (const std::uint64_t steps : horizons)
    table[0].push_back("T = " + std::to_string(steps)), table[0].push_back("rate");
  table[0].push_back("ms a step");
  for (std::size_t e = 0; e < entrants.size(); ++e) {
    auto& row = table.emplace_back(1, entrants[e].label);
    for (const std::uint64_t steps : horizons) {
      runs[e].push_back(
          contest(place, cell_name(entrants[e], std::to_string(steps)), entrants[e], tuning, fresh, steps));
      row.push_back(short_number(mean(runs[e].back().losses))), row.push_back(short_number(runs[e].back().rate));
    }
    row.push_back(short_number(1e3 * runs[e].back().seconds_a_step));
  }
  result.text = aligned_within(table);

  std::vector<std::vector<std::string>> quotients{
      {"learned / …", "best classical", "its name", "untrained", "best classical, equal time"}};
  const auto best_classical = [&](std::size_t h) {
    std::size_t best = 0;
    for (std::size_t e = 1; e < classical; ++e)
      if (mean(runs[e][h].losses) < mean(runs[best][h].losses)) best = e;
    return best;
  };
  for (std::size_t h = 0; h < horizons.size(); ++h) {
    const std::size_t best = best_classical(h);
    const auto& ours = runs[learned][h].losses;
    // In the time of the best classical's T steps the learned rule makes fewer.
    const double slower = runs[learned][h].seconds_a_step / runs[best][h].seconds_a_step;
    const auto fewer =
        static_cast<std::uint64_t>(std::max(1.0, static_cast<double>(horizons[h]) / std::max(slower, 1e-3)));
    const RuleRuns timed = contest(place, cell_name(entrants[learned], "in-time-of-" + std::to_string(horizons[h])),
                                   entrants[learned], tuning, fresh, fewer, runs[learned][h].rate);
    const std::string name = "T = " + std::to_string(horizons[h]);
    quotients.push_back({name, quotient_text(ours, runs[best][h].losses), entrants[best].label,
                         quotient_text(ours, runs[untrained][h].losses),
                         quotient_text(timed.losses, runs[best][h].losses) + " (" + std::to_string(fewer) + " steps)"});
    result.lines.push_back(quotient_line(name + ": learned / best classical", ours, runs[best][h].losses,
                                         horizons[h] <= 100 ? 0.95 : 0.98));
    result.lines.push_back(quotient_line(name + ": learned / untrained", ours, runs[untrained][h].losses));
    if (horizons[h] < 200) continue;
    result.lines.push_back(
        quotient_line(name + ": learned / best classical, equal time", timed.losses, runs[best][h].losses, 1));
  }
  result.text += "\n" + aligned_within(quotients);

  const auto folders = place.train_all(trainings);
  const std::vector<std::string> labels{"LSTM, features g, θ", "LSTM, features log |g|, sign g, θ",
                                        "LSTM, rich features", "relative", "small_fc"};
  std::vector<std::vector<std::string>> small{{"meta-trained on drawn tasks"}};
  for (const std::uint64_t steps : short_horizons)
    for (const char* column : {"T = ", "rate, T = ", "over best classical, T = "})
      small[0].push_back(column + std::to_string(steps));
  small[0].push_back("ms a step");
  for (std::size_t k = 0; k < trainings.size(); ++k) {
    const RuleEntrant entrant = learned_entrant(labels[k], folders[k].string());
    auto& row = small.emplace_back(1, labels[k]);
    double seconds = 0;
    for (const std::uint64_t steps : short_horizons) {
      const auto h = static_cast<std::size_t>(std::ranges::find(horizons, steps) - horizons.begin());
      const RuleRuns played =
          contest(place, trainings[k].name + "-" + std::to_string(steps), entrant, tuning, fresh, steps);
      row.push_back(short_number(mean(played.losses))), row.push_back(short_number(played.rate));
      row.push_back(quotient_text(played.losses, runs[best_classical(h)][h].losses));
      seconds = played.seconds_a_step;
    }
    row.push_back(short_number(1e3 * seconds));
  }
  result.text += "\n" + aligned_within(small);

  Figure figure;
  figure.title = "A 784-128-10 classifier of Fashion-MNIST";
  figure.note = "Training loss over all images after T steps on minibatches of 128, mean and range of " +
                std::to_string(seeds) + " seeds. Each learning rate was chosen for that T from eleven, on other seeds.";
  figure.columns = horizons.size() > 1 ? 2 : 1;
  for (std::size_t h = 0; h < horizons.size(); ++h) {
    Panel& panel = figure.panels.emplace_back();
    panel.title = "T = " + std::to_string(horizons[h]), panel.y_label = "training loss";
    Bars& bars = panel.bars.emplace_back();
    for (std::size_t e = entrants.size(); e-- > 0;) {
      const auto& losses = runs[e][h].losses;
      bars.labels.push_back(entrants[e].label), bars.y.push_back(mean(losses));
      bars.low.push_back(std::ranges::min(losses)), bars.high.push_back(std::ranges::max(losses));
    }
    panel.y_range = {{0, 1.05 * std::ranges::max(bars.high)}};
  }
  write_figures(figure, place.folder, "l2l-images");
  return result;
}

}  // namespace rover
