#pragma once
#include <array>
#include <string>
#include <vector>

#include "experiments/evaluation.h"
#include "experiments/figure.h"
#include "experiments/reproduce.h"

namespace rover {

/// What figures 4 and 5 have in common: the Rover of the run folder and its peers, tuned where they have something to
/// tune. The Rover takes part three times: in the paper's form with the safeguard and without ("rover, plain"), and
/// counting its evaluations. `settings`: of the first two, key=value. Peers that this build does not have are left out.
std::vector<AgentSpec> compared_agents(const std::filesystem::path& run, const Settings& settings = {});

/// A panel a function: the gap of the best value, mean over starts and the envelope of all runs, as in the paper.
Figure envelope_figure(const Evaluation& evaluation, Mark::Clock clock, std::uint64_t last);

/// Draws NAME-iterations and NAME-evaluations (.svg, .png) into the folder, each from runs whose peers are tuned for
/// that clock.
void draw_comparison(const StudyPlace& place, const Evaluation& by_iterations, const Evaluation& by_evaluations,
                     const std::string& name, std::uint64_t iterations);

/// Rows agents, columns functions: median gap after so many iterations, or at so many evaluations.
std::string gap_table(const Evaluation& evaluation, const Mark& mark);

/// A start and `count` − 1 others, each coordinate moved by N(0, 1)·`scale`[i]; into the domain where `clamp`. Trial k
/// depends on (seed, k) alone.
std::vector<Trial> perturbed_trials(const std::shared_ptr<const Landscape>& landscape, const std::vector<double>& start,
                                    const std::vector<double>& scale, std::size_t count, std::uint64_t seed,
                                    bool clamp);

}  // namespace rover
