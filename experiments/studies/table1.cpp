// Table 1: the angle between the heading and the best teacher's direction, trained on each family alone and on all,
// tested on each.
#include <cmath>

#include "agents/rover/conv_heading.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"
#include "imitation/collection.h"

namespace rover {
namespace {

const std::vector<std::string> families{"quadratic", "valley", "saddle", "plateau"};
const char* const all_families = "quadratic,valley,saddle,plateau";

// Rows: trained on quadratics, valleys, saddles, plateaus, all. Columns: tested on.
constexpr double paper_angles[5][4] = {{1.2, 89.2, 43.1, 34.8},
                                       {83.5, 4.9, 94.1, 86.9},
                                       {44.7, 85.8, 3.8, 57.2},
                                       {29.4, 94.3, 53.9, 1.9},
                                       {3.1, 6.4, 5.1, 3.8}};
constexpr double view_targets[4] = {10, 12, 10, 2};  // means over δ ∈ [.3, 3]; medians ≤ 5

/// How the resolution is drawn, in training and in test. The paper does not say; the fixed one is the best of those
/// tried for the CNN.
struct Resolution {
  const char *name, *title;
  double low, high;
};
constexpr Resolution resolutions[] = {{"fixed", "δ = 0.5", 0.5, 0.5}, {"range", "δ in [0.3, 3]", 0.3, 3}};

struct Network {
  const char *name, *title;
  std::vector<std::string> settings;
};
std::vector<Network> networks() {
  return {{"cnn",
           "CNN",
           {"network=conv", "views=true", "channels1=32", "channels2=64", "hidden=128", "learning_rate=0.003",
            "batch_size=256"}},
          {"fitnet", "FitNet", {"network=fit-net", "batch_size=256", "learning_rate=0.004"}}};
}

struct Budget {
  std::uint64_t functions, updates, test_functions;
};
Budget budget_of(bool quick) { return quick ? Budget{16'000, 4'000, 200} : Budget{128'000, 40'000, 500}; }

std::string train_name(std::size_t row) { return row < families.size() ? families[row] : "all"; }

/// 4 means, then 4 medians, in degrees, on noise-free surfaces that no training saw.
std::vector<double> angles(const std::filesystem::path& run, const Resolution& resolution, const Budget& budget,
                           std::uint64_t seed) {
  const auto heading = load_heading(Checkpoint::read(run / "model.h5"));
  CollectionOptions test;
  test.families = all_families, test.resolution_low = resolution.low, test.resolution_high = resolution.high;
  const AngleErrors errors =
      held_out_angles(*heading, test, heading->grid_size(), derive_seed(seed, 0, "table 1"), budget.test_functions);
  std::vector<double> out = errors.mean;
  out.insert(out.end(), errors.median.begin(), errors.median.end());
  return out;
}

}  // namespace

StudyResult run_table1(StudyPlace& place) {
  const Budget budget = budget_of(place.quick);
  const std::size_t seeds = place.quick ? 1 : place.seeds, rows = families.size() + 1;
  place.expect(2 * 2 * rows * seeds, 2 * 2 * rows * seeds);
  StudyResult result;
  for (const Resolution& resolution : resolutions)
    for (const Network& network : networks()) {
      std::vector<StudyTraining> trainings;
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t k = 0; k < seeds; ++k) {
          std::vector<std::string> sets{
              "trainer=heading",
              "collection.noise_probability=0",
              "collection.families=" + (row < families.size() ? families[row] : std::string(all_families)),
              "collection.resolution_low=" + detail::to_text(resolution.low),
              "collection.resolution_high=" + detail::to_text(resolution.high),
              "collection.functions=" + std::to_string(budget.functions),
              "updates=" + std::to_string(budget.updates),
              "evaluate_every=1000000"};
          sets.insert(sets.end(), network.settings.begin(), network.settings.end());
          trainings.push_back({std::string("table1-") + network.name + "-" + resolution.name + "-" + train_name(row) +
                                   "-" + std::to_string(k),
                               "", std::move(sets), place.seed + k});
        }
      const auto runs = place.train_all(trainings);
      std::vector<std::vector<std::string>> table{
          {std::string(network.title) + ", " + resolution.title + ": trained on \\ tested on"}};
      for (const auto& family : families) table[0].push_back(family);
      for (std::size_t row = 0; row < rows; ++row) {
        auto& cells = table.emplace_back(1, train_name(row));
        std::vector<std::vector<double>> of_test(8);
        for (std::size_t k = 0; k < seeds; ++k) {
          const StudyTraining& training = trainings[row * seeds + k];
          const auto measured = place.cell(
              training.name, [&] { return angles(runs[row * seeds + k], resolution, budget, place.seed + k); });
          for (std::size_t t = 0; t < of_test.size(); ++t) of_test[t].push_back(measured.at(t));
        }
        const bool fixed = resolution.low == resolution.high,
                   goal = std::string(network.name) == "cnn" && row + 1 == rows;
        for (std::size_t t = 0; t < of_test.size(); ++t) {
          const bool median = t >= families.size();
          const std::size_t family = t % families.size();
          ResultLine line =
              mean_line(std::string(network.title) + ", " + resolution.title + ", trained on " + train_name(row) +
                            ", tested on " + families[family] + (median ? ", median" : ""),
                        "°", of_test[t]);
          if (!median && fixed) line.paper = paper_angles[row][family];
          if (goal && fixed && !median) line.target = paper_angles[row][family];
          if (goal && !fixed) line.target = median ? 5 : view_targets[family];
          if (!median) cells.push_back(short_number(line.ours) + (fixed ? " (" + short_number(line.paper) + ")" : ""));
          if (!median || goal) result.lines.push_back(std::move(line));
        }
      }
      result.text += aligned(table) + "\n";
    }
  result.text +=
      "Mean angle in degrees (in brackets: the paper's). Every heading: " + std::to_string(budget.functions) +
      " surfaces of 8 steps, " + std::to_string(budget.updates) +
      " updates of 256 samples, n = 8, noise-free; tests: " + std::to_string(budget.test_functions) +
      " fresh surfaces a family. The CNN is averaged over the 8 symmetries of the grid.\n";
  return result;
}

}  // namespace rover
