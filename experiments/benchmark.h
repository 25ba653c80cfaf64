#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/figure.h"
#include "storage/evaluation.h"

namespace rover {

// Results in the form in which the field reports its benchmark (COCO): of the pairs of a function and a target, a gap
// to the optimum of 10², 10^1.8, … 10⁻⁸, the fraction that was reached within so many evaluations.

inline constexpr std::size_t benchmark_targets = 51;
double benchmark_target(std::size_t k);  ///< the k-th, falling

/// Whether an evaluation is of the suite bbob, and its dimension.
bool is_benchmark(const Evaluation& evaluation);
std::size_t benchmark_dimension(const Evaluation& evaluation);

/// Evaluations after which a run reached each target it reached, [≤ 51], ascending: the k-th entry is target k's. The
/// start counts as the first.
std::vector<std::uint64_t> reached_after(const EvaluationCurve& curve);
/// The fraction of pairs that the agent's runs reached within so many evaluations; `group` of bbob_info, or −1: all.
double fraction_reached(const Evaluation& evaluation, const std::string& agent, std::uint64_t evaluations,
                        int group = -1);

/// 10·d, 200, 100·d, 1000 and 6400 evaluations, ascending, each once, up to the evaluation's budget.
std::vector<std::uint64_t> benchmark_budgets(std::size_t dimension, std::uint64_t budget);

/// A published algorithm's fractions, NaN where not known.
struct Published {
  std::size_t dimension;
  std::string year, algorithm;
  double after_200, after_1000, after_6400;
  double after(std::uint64_t evaluations) const;
};
/// "published": those that ship; else a file like published/bbob.tsv. Throws UsageError for a file that is none.
std::vector<Published> read_published(const std::string& name);

/// The tables: fractions at each budget, and by group of functions at the last; `published` rows of the dimension
/// beside them. `details`: expected running times (ERT), a row a function.
std::string benchmark_report(const Evaluation& evaluation, const std::vector<Published>& published, bool details);

/// Fractions over evaluations, a panel for all functions and one a group; published ones as points.
Figure benchmark_picture(const Evaluation& evaluation, const std::vector<Published>& published);

}  // namespace rover
