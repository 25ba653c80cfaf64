#include "experiments/studies/studies.h"

#include "experiments/studies/trajectory_studies.h"

namespace rover {

const std::vector<Study>& studies() {
  static const std::vector<Study> all{
      {"table1", "angle between heading and best teacher: trained on each family and on all, CNN and FitNet",
       run_table1},
      {"figure4",
       "the Rover and its peers on one instance of each training family, 20 perturbed starts",
       run_figure4,
       true,
       {"rover"}},
      {"figure5", "the same on the six functions that it never saw", run_figure5, true, {"rover"}},
      {"figure6",
       "linear classifiers in 10, 50 and 200 dimensions: per iteration, evaluation and second",
       run_figure6,
       true,
       {"rover", "rover-paper"}},
      {"figure7",
       "the Iris network, d = 193: which slices a step looks at",
       run_figure7,
       true,
       {"rover", "rover-paper"}},
      {"figure8", "step size and resolution along a run, one instance of each family", run_figure8},
      {"figure9", "recovery from a first step 100 times too small and a resolution 100 times too large", run_figure9},
      {"figure10", "paths and sampled grids on contour plots", run_figure10},
      {"ablations", "reward, observation, heading, learner, safeguard, grid size, a family left out", run_ablations,
       false},
      {"dimensions",
       "test functions in 10 to 1000 dimensions and a network with 10 062 weights; do adaptive pairs pay?",
       run_dimensions,
       false,
       {"rover", "rover-paper"}},
      {"search", "rover-search in 2, 5 and 10 dimensions: beside the classical field, and each of its parts",
       run_search, false},
      {"steering", "does learning pay in rover-search? Policies on families that they never saw, beside rule and nulls",
       run_steering, false},
      {"looks", "for whom the paper's looks are worth their price: per look, evaluation and round trip, among noise",
       run_looks, false},
      {"manifold", "do learned optimizers lie on a manifold? Distances, components and recovery, each beside its nulls",
       run_manifold, false},
      {"expand-compress",
       "base networks that grow and shrink along a ladder of tasks, and what it does to the rules that train them",
       run_expand_compress, false},
      {"generalization",
       "a learned rule on other families, longer runs, larger targets and other networks, with and without a safeguard",
       run_generalization, false},
      {"l2l-2d",
       "LSTMs and Transformers that optimize functions of two variables: fine-tuned generalists, specialists, "
       "baselines",
       run_l2l_2d, false},
      {"l2l-images",
       "a learned optimizer that never saw an image trains a classifier of images: by steps and by time",
       run_l2l_images,
       false,
       {"lopt-celo2", "lopt-celo2-rates"}},
      {"tasks",
       "one learned optimizer on every network of the suite `tasks`, against the best tuned baseline of each",
       run_tasks,
       false,
       {"lopt-celo2", "lopt-celo2-rates"}},
      {"attention",
       "attention search, its hybrids with gradient descent and their peers: the report's tables, at equal evaluations",
       run_attention, false},
      {"noise", "rover-search among noise and with several evaluations at a time, beside the classical field",
       run_noise, false},
  };
  return all;
}

}  // namespace rover
