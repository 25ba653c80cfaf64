// Do learned optimizers lie on a manifold? Experiments A, B and C of "Second-Order Structure in Learned Optimizers"
// (Patel 2025, sections 4 and 6.2), each beside its nulls, with ten seeds as in the paper and with a thousand.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/parallel.h"
#include "experiments/figure.h"
#include "experiments/reproduce.h"
#include "experiments/studies/ensemble.h"
#include "experiments/studies/studies.h"
#include "experiments/studies/trajectory_studies.h"
#include "experiments/text.h"
#include "training/unroll/mlp_learner.h"

namespace rover {
namespace {

constexpr std::size_t kWidth = MlpRule::parameters, kRecordEvery = 20, kLastSteps = 50;

/// Section 3.5: FULL, or DEBUG for the preset quick.
struct Regime {
  std::uint64_t meta_steps, inner_steps, tasks, seeds, recovery_steps, trials, many;
};
constexpr Regime kFull{1000, 30, 16, 10, 300, 8, 1000}, kDebug{100, 10, 4, 3, 30, 4, 40};

MlpLearnerOptions in_regime(MlpLearnerOptions options, const Regime& regime) {
  options.meta_steps = regime.meta_steps, options.tasks = regime.tasks, options.unroll.steps = regime.inner_steps;
  return options;
}

std::vector<double> to_double(std::span<const float> values) { return {values.begin(), values.end()}; }
std::vector<float> to_float(std::span<const double> values) { return {values.begin(), values.end()}; }

/// One training: losses over its meta-steps, and α every kRecordEvery of them, the first and the last included.
struct Training {
  std::vector<double> losses;
  Ensemble path{kWidth};
  std::span<const double> first() const { return path[0]; }
  std::span<const double> last() const { return path[path.size() - 1]; }
  double last_loss() const {
    const std::size_t count = std::min(kLastSteps, losses.size());
    return std::accumulate(losses.end() - static_cast<std::ptrdiff_t>(count), losses.end(), 0.0) /
           static_cast<double>(count);
  }
};

Training train(const MlpLearnerOptions& options, std::uint64_t seed, std::size_t record_every = kRecordEvery) {
  Training out;
  MlpLearner learner(options, seed);
  out.path.add(to_double(learner.weights()));
  while (learner.steps_done() < options.meta_steps) {
    out.losses.push_back(learner.step());
    if (learner.steps_done() % record_every == 0 || learner.steps_done() == options.meta_steps)
      out.path.add(to_double(learner.weights()));
  }
  return out;
}

/// Ten seeds with their paths, kept in one cell.
std::vector<Training> train_seeds(StudyPlace& place, const std::string& name, const MlpLearnerOptions& options,
                                  std::size_t seeds) {
  const std::vector<double> numbers = place.cell(name, [&] {
    std::vector<Training> made(seeds);
    in_parallel(seeds, place.threads,
                [&](std::size_t s, std::size_t) { made[s] = train(options, derive_seed(place.seed, s, "manifold")); });
    std::vector<double> out;
    for (const Training& training : made) {
      out.insert(out.end(), training.losses.begin(), training.losses.end());
      out.insert(out.end(), training.path.values().begin(), training.path.values().end());
    }
    return out;
  });
  std::vector<Training> out(seeds);
  const std::size_t width = numbers.size() / seeds;
  for (std::size_t s = 0; s < seeds; ++s) {
    const std::span row = std::span(numbers).subspan(s * width, width);
    out[s].losses.assign(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(options.meta_steps));
    for (std::size_t at = options.meta_steps; at < width; at += kWidth) out[s].path.add(row.subspan(at, kWidth));
  }
  return out;
}

/// First and last α of many seeds and their last losses, a cell for each fifty.
struct Many {
  Ensemble first{kWidth}, last{kWidth};
  std::vector<double> losses;
};
constexpr std::size_t kPart = 50;
Many train_many(StudyPlace& place, const std::string& name, const MlpLearnerOptions& options, std::size_t seeds) {
  Many out;
  for (std::size_t begin = 0; begin < seeds; begin += kPart) {
    const std::size_t count = std::min(kPart, seeds - begin);
    const std::vector<double> numbers = place.cell(name + "-" + std::to_string(begin), [&] {
      std::vector<double> made(count * (2 * kWidth + 1));
      in_parallel(count, place.threads, [&](std::size_t s, std::size_t) {
        const Training training = train(options, derive_seed(place.seed, begin + s, "manifold"), options.meta_steps);
        const std::span row = std::span(made).subspan(s * (2 * kWidth + 1), 2 * kWidth + 1);
        std::ranges::copy(training.first(), row.begin());
        std::ranges::copy(training.last(), row.begin() + kWidth);
        row.back() = training.last_loss();
      });
      return made;
    });
    for (std::size_t s = 0; s < count; ++s) {
      const std::span row = std::span(numbers).subspan(s * (2 * kWidth + 1), 2 * kWidth + 1);
      out.first.add(row.first(kWidth)), out.last.add(row.subspan(kWidth, kWidth)), out.losses.push_back(row.back());
    }
  }
  return out;
}

template <class Rows, class Of>
Ensemble each(const Rows& rows, std::size_t width, Of&& of) {
  Ensemble out(width);
  for (const auto& row : rows) out.add(of(row));
  return out;
}
Ensemble firsts(const std::vector<Training>& all) {
  return each(all, kWidth, [](const Training& t) { return t.first(); });
}
Ensemble lasts(const std::vector<Training>& all) {
  return each(all, kWidth, [](const Training& t) { return t.last(); });
}
template <class Of>
Ensemble mapped(const Ensemble& ensemble, std::size_t width, Of&& of) {
  Ensemble out(width);
  for (std::size_t s = 0; s < ensemble.size(); ++s) out.add(of(ensemble[s]));
  return out;
}
Ensemble difference(const Ensemble& a, const Ensemble& b) {
  Ensemble out = a;
  for (std::size_t s = 0; s < a.size(); ++s)
    for (std::size_t k = 0; k < a.width(); ++k) out[s][k] -= b[s][k];
  return out;
}
Ensemble matched_to_first(const Ensemble& ensemble) {
  return mapped(ensemble, kWidth, [&](std::span<const double> alpha) { return matched(ensemble[0], alpha); });
}
constexpr std::size_t kProbes = 100;
Ensemble in_function_space(const Ensemble& ensemble) {
  return mapped(ensemble, 4 * kProbes, [](std::span<const double> alpha) { return probe_updates(alpha, kProbes, 0); });
}

// ---- nulls
// -----------------------------------------------------------------------------------------------------------

std::vector<double> deviations(const Ensemble& ensemble) {
  std::vector<double> out(ensemble.width());
  const auto n = static_cast<double>(ensemble.size());
  for (std::size_t k = 0; k < out.size(); ++k) {
    double mean = 0, square = 0;
    for (std::size_t s = 0; s < ensemble.size(); ++s) mean += ensemble[s][k] / n;
    for (std::size_t s = 0; s < ensemble.size(); ++s) square += (ensemble[s][k] - mean) * (ensemble[s][k] - mean);
    out[k] = std::sqrt(square / (n - 1));
  }
  return out;
}

/// `count` Gaussian vectors with these deviations.
Ensemble gaussian(std::size_t count, std::span<const double> deviation, RandomStream& stream) {
  Ensemble out(deviation.size());
  std::vector<double> row(deviation.size());
  for (std::size_t s = 0; s < count; ++s) {
    stream.normals(row);
    for (std::size_t k = 0; k < row.size(); ++k) row[k] *= deviation[k];
    out.add(row);
  }
  return out;
}

Ensemble initial_rules(std::size_t count, double deviation, RandomStream& stream) {
  Ensemble out(kWidth);
  for (std::size_t s = 0; s < count; ++s) out.add(to_double(initial_mlp_rule(deviation, stream.bits())));
  return out;
}

/// Where trainings would end that take the same steps, in length, as a real one, each in a random direction.
Ensemble random_walks(const std::vector<Training>& trainings, RandomStream& stream) {
  Ensemble out(kWidth);
  std::vector<double> at(kWidth), direction(kWidth);
  for (const Training& training : trainings) {
    std::ranges::copy(training.first(), at.begin());
    for (std::size_t t = 1; t < training.path.size(); ++t) {
      stream.normals(direction);
      const double factor = distance(training.path[t - 1], training.path[t]) / norm(direction);
      for (std::size_t k = 0; k < kWidth; ++k) at[k] += factor * direction[k];
    }
    out.add(at);
  }
  return out;
}

/// `count` draws from the Gaussian that has the mean and covariance of many trained rules: weights N(0, 1/n) over their
/// centred rows.
Ensemble like(const Ensemble& many, std::size_t count, RandomStream& stream) {
  Ensemble out(many.width());
  std::vector<double> mean(many.width()), weights(many.size());
  const auto n = static_cast<double>(many.size());
  for (std::size_t s = 0; s < many.size(); ++s)
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += many[s][k] / n;
  for (std::size_t c = 0; c < count; ++c) {
    stream.normals(weights);
    std::vector<double> row = mean;
    for (std::size_t s = 0; s < many.size(); ++s)
      for (std::size_t k = 0; k < row.size(); ++k) row[k] += weights[s] / std::sqrt(n) * (many[s][k] - mean[k]);
    out.add(row);
  }
  return out;
}

/// What clouds of one kind show: means over draws, and the range of D90.
struct Shown {
  double d90 = 0, pc1 = 0, pc2 = 0, participation = 0, distance = 0;
  std::size_t least = ~std::size_t{0}, greatest = 0;
};
template <class Draw>
Shown shown(std::size_t draws, Draw&& draw) {
  Shown out;
  const auto share = 1 / static_cast<double>(draws);
  for (std::size_t k = 0; k < draws; ++k) {
    const Ensemble cloud = draw();
    const Components components = principal_components(cloud);
    const auto ratio = [&](std::size_t c) { return c < components.ratios.size() ? components.ratios[c] : 0; };
    out.d90 += share * static_cast<double>(components.d90), out.pc1 += share * ratio(0), out.pc2 += share * ratio(1);
    out.participation += share * components.participation;
    out.distance += share * pairwise_distances(cloud).mean;
    out.least = std::min(out.least, components.d90), out.greatest = std::max(out.greatest, components.d90);
  }
  return out;
}
Shown shown(const Ensemble& cloud) {
  return shown(1, [&] { return cloud; });
}

using Table = std::vector<std::vector<std::string>>;
void add_row(Table& table, const std::string& name, const Shown& s) {
  const std::string range =
      s.least == s.greatest ? "" : " [" + std::to_string(s.least) + ", " + std::to_string(s.greatest) + "]";
  table.push_back({name, short_number(s.distance), short_number(s.d90) + range, percent(s.pc1), percent(s.pc2),
                   short_number(s.participation)});
}
Table components_table() { return {{"ensemble", "mean distance", "D90", "PC1", "PC2", "participation"}}; }

Curve scree(const std::string& label, const Ensemble& cloud, std::size_t most) {
  Curve out;
  out.label = label;
  double sum = 0;
  const Components components = principal_components(cloud);
  for (std::size_t k = 0; k < std::min(most, components.ratios.size()); ++k) {
    out.x.push_back(static_cast<double>(k + 1)), out.y.push_back(sum += components.ratios[k]);
  }
  return out;
}

// ---- the experiments
// -------------------------------------------------------------------------------------------------

/// Experiment C: distances from α* of trainings that go on from α* + σu, [σ, recorded step], means over the trials.
struct Recovery {
  std::vector<double> sigmas{0, 0.1, 0.5, 1, 2};
  std::vector<std::vector<double>> distances;
};
Recovery recover(StudyPlace& place, const MlpLearnerOptions& options, const Regime& regime, std::uint64_t seed,
                 bool resumed) {
  Recovery out;
  const std::size_t records = regime.recovery_steps / 10 + 1, rows = out.sigmas.size() * regime.trials;
  const std::vector<double> numbers = place.cell(resumed ? "recovery-resumed" : "recovery-fresh", [&] {
    MlpLearner reference(options, seed);
    while (reference.steps_done() < options.meta_steps) reference.step();
    const std::vector<double> star = to_double(reference.weights());
    Checkpoint state;
    reference.save(state);
    std::vector<double> made(rows * records);
    in_parallel(rows, place.threads, [&](std::size_t row, std::size_t) {
      MlpLearner learner(options, derive_seed(seed, row, "recovery"));
      learner.load(state);
      if (!resumed) learner.forget_moments();
      std::vector<double> direction(kWidth), at = star;
      RandomStream stream = make_stream(seed, row % regime.trials, "direction");
      stream.normals(direction);
      const double factor = out.sigmas[row / regime.trials] / norm(direction);
      for (std::size_t k = 0; k < kWidth; ++k) at[k] += factor * direction[k];
      learner.set_alpha(to_float(at));
      for (std::size_t t = 0; t <= regime.recovery_steps; ++t) {
        if (t % 10 == 0) made[row * records + t / 10] = distance(to_double(learner.weights()), star);
        learner.step();
      }
    });
    return made;
  });
  out.distances.assign(out.sigmas.size(), std::vector<double>(records));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t t = 0; t < records; ++t)
      out.distances[row / regime.trials][t] += numbers[row * records + t] / static_cast<double>(regime.trials);
  return out;
}

/// How far J rises above the straight line between its ends, on the line from a to b.
double barrier(MlpUnroll& unroll, const RegressionBatch& tasks, std::span<const double> a, std::span<const double> b) {
  constexpr std::size_t kPoints = 11;
  std::vector<double> loss(kPoints);
  for (std::size_t p = 0; p < kPoints; ++p) {
    const double share = static_cast<double>(p) / (kPoints - 1);
    std::vector<float> at(kWidth);
    for (std::size_t k = 0; k < kWidth; ++k) at[k] = static_cast<float>((1 - share) * a[k] + share * b[k]);
    loss[p] = unroll(tasks, at, {}, {});
  }
  double out = 0;
  for (std::size_t p = 0; p < kPoints; ++p) {
    const double share = static_cast<double>(p) / (kPoints - 1);
    out = std::max(out, loss[p] - ((1 - share) * loss.front() + share * loss.back()));
  }
  return std::isfinite(out) ? out : std::numeric_limits<double>::infinity();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

std::size_t count_finite(const std::vector<Training>& trainings) {
  return static_cast<std::size_t>(std::ranges::count_if(
      trainings, [](const Training& t) { return t.last_loss() < 1; }));  // standardised targets: 1 is a constant's loss
}

/// Section 6.2: D90(t), and motion within and across the span of the last principal components.
std::string dynamics(const std::vector<Training>& trainings, Panel& panel) {
  const std::size_t records = trainings[0].path.size();
  const Ensemble late = principal_directions(lasts(trainings), std::min<std::size_t>(6, trainings.size() - 1));
  Table table{{"meta-steps", "D90", "participation", "moved within", "across", "share within"}};
  Curve d90;
  d90.label = "D90";
  const std::size_t fifth = std::max<std::size_t>(1, (records - 1) / 5);
  for (std::size_t t = 0; t < records; t += 1) {
    const Ensemble now = each(trainings, kWidth, [&](const Training& x) { return x.path[t]; });
    const Components components = principal_components(now);
    d90.x.push_back(static_cast<double>(t * kRecordEvery)), d90.y.push_back(static_cast<double>(components.d90));
    if (t == 0 || t % fifth != 0) continue;
    double within = 0, across = 0;
    for (const Training& training : trainings)
      for (std::size_t r = t - fifth; r < t; ++r) {
        std::vector<double> step(kWidth);
        for (std::size_t k = 0; k < kWidth; ++k) step[k] = training.path[r + 1][k] - training.path[r][k];
        const double whole = norm(step), inside = length_within(late, step);
        const double share = 1 / static_cast<double>(fifth * trainings.size());
        within += share * inside, across += share * std::sqrt(std::max(0.0, whole * whole - inside * inside));
      }
    table.push_back({std::to_string((t - fifth) * kRecordEvery) + " – " + std::to_string(t * kRecordEvery),
                     std::to_string(components.d90), short_number(components.participation), short_number(within),
                     short_number(across), percent(within / std::hypot(within, across))});
  }
  panel.curves.push_back(d90);
  const double random = std::sqrt(static_cast<double>(late.size()) / kWidth);
  return "motion within and across the span of the last " + std::to_string(late.size()) + " components, per " +
         std::to_string(kRecordEvery) + " meta-steps; a random direction has " + percent(random) + " within\n" +
         aligned(table);
}

std::string clusters(const std::vector<Training>& trainings, std::uint64_t seed) {
  Ensemble all(kWidth);
  for (const Training& training : trainings)
    for (std::size_t t = 0; t < training.path.size(); ++t) all.add(training.path[t]);
  Table table{{"k", "seeds in a cluster", "transitions of a seed"}};
  const std::size_t records = trainings[0].path.size();
  for (const std::size_t k : {2u, 5u, 10u, 20u}) {
    if (k >= all.size()) break;
    RandomStream stream = make_stream(seed, k, "k-means");
    const std::vector<std::size_t> labels = k_means(all, k, 4, stream);
    std::vector<std::set<std::size_t>> seeds(k);
    std::size_t transitions = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      seeds[labels[row]].insert(row / records);
      if (row % records > 0) transitions += labels[row] != labels[row - 1];
    }
    double mean = 0;
    for (const auto& in : seeds) mean += static_cast<double>(in.size()) / static_cast<double>(k);
    table.push_back({std::to_string(k), short_number(mean),
                     short_number(static_cast<double>(transitions) / static_cast<double>(trainings.size()))});
  }
  return "k-means over seeds and time\n" + aligned(table);
}

}  // namespace

StudyResult run_manifold(StudyPlace& place) {
  const Regime& regime = place.quick ? kDebug : kFull;
  const MlpLearnerOptions literal = in_regime(MlpLearnerOptions::literal(), regime),
                          stable = in_regime(MlpLearnerOptions::stable(), regime);
  MlpLearnerOptions shuffled = literal;
  shuffled.shuffled_targets = true;
  const std::size_t parts = (regime.many + kPart - 1) / kPart;
  if (place.expect) place.expect(6 + 2 * parts, 0);
  const auto trained = train_seeds(place, "literal", literal, regime.seeds),
             safe = train_seeds(place, "stable", stable, regime.seeds),
             nothing = train_seeds(place, "shuffled-targets", shuffled, regime.seeds);
  const Ensemble final = lasts(trained), start = firsts(trained), final_safe = lasts(safe);
  RandomStream stream = make_stream(place.seed, 0, "manifold-nulls");
  StudyResult result;

  // A: do seeds come to one point?
  Table a{{"ensemble", "norm", "mean distance", "±", "matched", "in function space", "loss, median", "below 1"}};
  const auto add_a = [&](const std::string& name, const Ensemble& cloud, const std::vector<Training>* trainings) {
    const auto norms = mapped(cloud, 1, [](std::span<const double> row) { return std::vector<double>{norm(row)}; });
    double mean = 0;
    for (std::size_t s = 0; s < norms.size(); ++s) mean += norms[s][0] / static_cast<double>(norms.size());
    const Distances apart = pairwise_distances(cloud);
    double nearest = 0, pairs = 0;
    for (std::size_t i = 0; i < cloud.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) nearest += distance(cloud[i], matched(cloud[i], cloud[j])), ++pairs;
    std::vector<double> losses;
    if (trainings)
      for (const Training& training : *trainings) losses.push_back(training.last_loss());
    a.push_back({name, short_number(mean), short_number(apart.mean), short_number(apart.deviation),
                 short_number(nearest / pairs), short_number(pairwise_distances(in_function_space(cloud)).mean),
                 losses.empty() ? "" : short_number(median(losses)),
                 trainings ? std::to_string(count_finite(*trainings)) + " of " + std::to_string(cloud.size()) : ""});
  };
  add_a("literal: initialisations", start, nullptr), add_a("literal: trained", final, &trained);
  add_a("literal: shuffled targets", lasts(nothing), &nothing);
  add_a("stable: initialisations", firsts(safe), nullptr), add_a("stable: trained", final_safe, &safe);
  double scrambled_distance = 0;
  for (std::size_t s = 0; s < final.size(); ++s)
    scrambled_distance += distance(final[s], scrambled(final[s], stream)) / static_cast<double>(final.size());
  result.text += "A. " + std::to_string(regime.seeds) + " seeds\n" + aligned(a) +
                 "an optimizer and itself with units permuted and turned (the same function): distance " +
                 short_number(scrambled_distance) + "\n\n";

  // B: how many dimensions?
  constexpr std::size_t kDraws = 100;
  Table b = components_table();
  const std::vector<double> ones(kWidth, 1), spread = deviations(final);
  add_row(b, "literal: trained", shown(final));
  add_row(b, "literal: displacement", shown(difference(final, start)));
  add_row(b, "literal: matched to seed 0", shown(matched_to_first(final)));
  add_row(b, "literal: in function space", shown(in_function_space(final)));
  add_row(b, "stable: trained", shown(final_safe));
  add_row(b, "stable: in function space", shown(in_function_space(final_safe)));
  add_row(b, "null: isotropic Gaussians", shown(kDraws, [&] { return gaussian(final.size(), ones, stream); }));
  add_row(b, "null: Gaussians of the same deviations",
          shown(kDraws, [&] { return gaussian(final.size(), spread, stream); }));
  add_row(b, "null: initialisations alone",
          shown(kDraws, [&] { return initial_rules(final.size(), literal.start_deviation, stream); }));
  add_row(b, "null: initialisations in function space", shown(kDraws, [&] {
            return in_function_space(initial_rules(final.size(), literal.start_deviation, stream));
          }));
  add_row(b, "null: random walks of the same length", shown(kDraws, [&] { return random_walks(trained, stream); }));
  add_row(b, "null: trained on shuffled targets", shown(lasts(nothing)));
  add_row(b, "null: copies of one optimizer, scrambled", shown(kDraws, [&] {
            return mapped(final, kWidth, [&](std::span<const double>) { return scrambled(final[0], stream); });
          }));
  result.text += "B. principal components of " + std::to_string(regime.seeds) +
                 " seeds; nulls: means over 100 draws [least, greatest]\n" + aligned(b) + "\n";

  // C: is a trained optimizer an attractor?
  std::vector<std::size_t> order(regime.seeds);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t s) { return trained[s].last_loss(); });
  const std::uint64_t reference_seed = derive_seed(place.seed, order[order.size() / 4], "manifold");
  const Recovery resumed = recover(place, literal, regime, reference_seed, true),
                 fresh = recover(place, literal, regime, reference_seed, false);
  Table c{{"σ", "resumed Adam", "fresh Adam", "√(σ² + drift²)", "paper"}};
  const std::vector<double> paper{NAN, 0.19, 0.54, 1.02, 1.96};
  for (std::size_t s = 0; s < paper.size(); ++s) {
    const double drift = resumed.distances[0].back();
    c.push_back({short_number(resumed.sigmas[s]), short_number(resumed.distances[s].back()),
                 short_number(fresh.distances[s].back()), short_number(std::hypot(resumed.sigmas[s], drift)),
                 std::isnan(paper[s]) ? "" : short_number(paper[s])});
    if (s == 0) continue;
    ResultLine line = measured("C: distance after recovery from σ = " + short_number(resumed.sigmas[s]), "");
    line.paper = paper[s], line.ours = resumed.distances[s].back();
    result.lines.push_back(line);
  }
  result.text += "C. distance from α* after " + std::to_string(regime.recovery_steps) +
                 " more meta-steps from α* + σu, " + std::to_string(regime.trials) + " directions\n" + aligned(c) +
                 "\n";

  // Time, and barriers.
  Figure figure;
  figure.columns = 2;
  Panel d90_panel;
  d90_panel.title = "D90 of " + std::to_string(regime.seeds) + " seeds over time", d90_panel.x_label = "meta-step";
  result.text += dynamics(trained, d90_panel) + "\n" + clusters(trained, place.seed) + "\n";
  const std::vector<double> barriers = place.cell("barriers", [&] {
    const RegressionBatch tasks = regression_tasks("all", 64, place.seed);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t i = 0; i < final_safe.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) pairs.emplace_back(i, j);
    std::vector<double> made(2 * pairs.size());
    in_parallel(pairs.size(), place.threads, [&](std::size_t p, std::size_t) {
      MlpUnroll unroll(stable.unroll);
      const auto one = final_safe[pairs[p].first], other = final_safe[pairs[p].second];
      made[2 * p] = barrier(unroll, tasks, one, other);
      made[2 * p + 1] = barrier(unroll, tasks, one, matched(one, other));
    });
    return made;
  });
  std::vector<double> before, after;
  for (std::size_t p = 0; p < barriers.size(); p += 2) before.push_back(barriers[p]), after.push_back(barriers[p + 1]);
  result.text += "barriers of mean ln(L + .1) on the line between two stable optimizers: median " +
                 short_number(median(before)) + ", after matching " + short_number(median(after)) + "\n\n";

  // A thousand seeds.
  const Many many = train_many(place, "many-literal", literal, regime.many),
             many_safe = train_many(place, "many-stable", stable, regime.many);
  Table s{{"ensemble", "S = 10", "40", "100", std::to_string(regime.many), "PC1", "participation"}};
  const auto add_s = [&](const std::string& name, const Ensemble& cloud) {
    const Components whole = principal_components(cloud);
    std::vector<std::string> row{name};
    for (const std::size_t count : {10u, 40u, 100u})
      row.push_back(count < cloud.size() ? std::to_string(principal_components(cloud.first(count)).d90) : "");
    row.push_back(std::to_string(whole.d90));
    row.push_back(percent(whole.ratios[0])), row.push_back(short_number(whole.participation));
    s.push_back(std::move(row));
  };
  const std::vector<double> many_spread = deviations(many.last);
  add_s("literal: trained", many.last), add_s("literal: matched to seed 0", matched_to_first(many.last));
  add_s("literal: displacement", difference(many.last, many.first));
  add_s("literal: in function space", in_function_space(many.last));
  add_s("stable: trained", many_safe.last), add_s("stable: matched to seed 0", matched_to_first(many_safe.last));
  add_s("stable: in function space", in_function_space(many_safe.last));
  add_s("null: initialisations", many.first);
  add_s("null: initialisations, matched", matched_to_first(many.first));
  add_s("null: initialisations in function space", in_function_space(many.first));
  add_s("null: isotropic Gaussians", gaussian(regime.many, ones, stream));
  add_s("null: Gaussians of the same deviations", gaussian(regime.many, many_spread, stream));
  const auto below = [](const Many& all) {
    return std::to_string(std::ranges::count_if(all.losses, [](double loss) { return loss < 1; })) + " of " +
           std::to_string(all.losses.size());
  };
  result.text += "D90 as the number of seeds grows\n" + aligned(s) +
                 "trainings that end below a constant's loss: literal " + below(many) + ", stable " + below(many_safe) +
                 "\n";
  Table seen = components_table();
  add_row(seen, "ten draws from the Gaussian of all literal seeds",
          shown(kDraws, [&] { return like(many.last, 10, stream); }));
  result.text += aligned(seen);

  const auto line = [&](const std::string& name, double ours, double paper_value) {
    ResultLine out = measured(name, "");
    out.ours = ours, out.paper = paper_value;
    result.lines.push_back(out);
  };
  const Components main = principal_components(final);
  line("A: mean distance, literal", pairwise_distances(final).mean, 1.71);
  line("B: D90, literal", static_cast<double>(main.d90), 6);
  line("B: PC1, literal", 100 * main.ratios[0], 27.5);
  line("B: PC1 + PC2, literal", 100 * (main.ratios[0] + main.ratios[1]), 49.4);
  ResultLine finite = measured("stable: seeds that end below a constant's loss, %", "%", false);
  finite.ours = 100 * static_cast<double>(count_finite(safe)) / static_cast<double>(regime.seeds), finite.target = 100;
  result.lines.push_back(finite);

  // Pictures.
  Panel ten, all, recovery;
  ten.title = "Explained variance, " + std::to_string(regime.seeds) + " seeds", ten.x_label = "components";
  ten.curves = {scree("trained", final, 30), scree("in function space", in_function_space(final), 30),
                scree("null: isotropic", gaussian(final.size(), ones, stream), 30),
                scree("null: initialisations", start, 30)};
  all.title = "Explained variance, " + std::to_string(regime.many) + " seeds", all.x_label = "components";
  all.curves = {scree("trained", many.last, 81), scree("in function space", in_function_space(many.last), 81),
                scree("null: isotropic", gaussian(regime.many, ones, stream), 81),
                scree("null: initialisations", many.first, 81)};
  recovery.title = "Distance from α* after a push of σ", recovery.x_label = "meta-step";
  for (std::size_t k = 0; k < resumed.sigmas.size(); ++k) {
    Curve curve;
    curve.label = "σ = " + short_number(resumed.sigmas[k]);
    for (std::size_t t = 0; t < resumed.distances[k].size(); ++t)
      curve.x.push_back(static_cast<double>(10 * t)), curve.y.push_back(resumed.distances[k][t]);
    curve.colour = static_cast<int>(4 + k);
    recovery.curves.push_back(std::move(curve));
  }
  for (Panel* panel : {&ten, &all}) panel->y_range = {{0, 1}}, panel->level = 0.9;
  for (Curve& curve : d90_panel.curves) curve.colour = 0, curve.label.clear();
  figure.panels = {ten, all, d90_panel, recovery};
  figure.note = "Dashed: 90 %. Ten vectors span nine dimensions at most, so their curve says little.";
  write_figures(figure, place.folder, "manifold");
  return result;
}

}  // namespace rover
