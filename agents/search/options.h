#pragma once
#include <cstdint>

#include "core/settings.h"

namespace rover::search {

/// How samples near a window become a model.
struct FitOptions {
  double reach = 40;
  double samples = 1.25;
  double decay = 3;
  double prior = 2;
  double precision = 1e-3;
  double adapt = 0.1;
  double finest = 1000;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("reach", reach, "samples this near enter the fit, in half-widths", above(0, 1e6));
    visit("samples", samples, "how many of the nearest do, × the coefficients of a quadratic", above(0, 100));
    visit("decay", decay, "they weigh (.3 + distance²)^−decay/2", in(0, 100));
    visit("prior", prior, "deviation of second derivatives from a ball's, in the values' range", above(0, 1e6));
    visit("precision", precision, "a sample is taken to be as precise as this share of the range", above(0, 1));
    visit("adapt", adapt, "… or as this share of what predictions missed lately", in(0, 100));
    visit(
        "finest", finest,
        "… or up to so many times as precise, where that makes the samples likelier, in up to 12 dimensions; 1: never",
        in(1, 1e6));
  }
};

/// One descent: when it looks, how far it steps, how its window follows.
struct DescentOptions {
  double need = 1;
  double need_noise = 2;
  double fresh = 0.34;
  double step_limit = 3;
  double metric = 0.5;
  double growth = 2;
  double shrink = 0.6;
  double patience = 8;
  double abandon = 20;
  FitOptions fit = {};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("need", need, "samples within two half-widths that make a look needless, × d", in(0, 100));
    visit("need_noise", need_noise, "… × (1 + this × what predictions missed lately)", in(0, 100));
    visit("fresh", fresh, "points of a look at most, × d", above(0, 100));
    visit("step_limit", step_limit, "longest step, in half-widths", above(0, 1e6));
    visit("metric", metric, "share of |H|^−1/2 that the window's shape follows a round", in(0, 1));
    visit("growth", growth, "of the window after a predicted gain at the step limit", in(1, 1e6));
    visit("shrink", shrink, "largest factor on the window without gain", above(0, 1));
    visit("patience", patience, "rounds without gain that end a descent, and d/2 more", in(1, 1e6));
    visit("abandon", abandon, "a later descent is given up that needs more than so many recent gains to lead",
          in(0, 1e9));
    visit("fit", fit, "of the model");
  }
};

/// How a search among noise averages.
struct NoiseOptions {
  bool average = true;
  double samples = 12;
  double worth = 1;
  double rise = 5;
  double patience = 2;
  double polish = 1;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("average", average, "on noisy surfaces models average, and say where the answer is; false: noise is ignored");
    visit("samples", samples, "how many samples a model takes, × the coefficients of a quadratic", above(0, 100));
    visit("worth", worth, "deviations of the noise that a step must promise", in(0, 100));
    visit("rise", rise, "deviations that the model rises to the window's edge, at least", above(0, 1e6));
    visit("patience", patience, "evaluations among the noise that end a descent, × the coefficients", above(0, 1e6));
    visit("polish", polish, "evaluations around the best answer, × those of all restarts", in(0, 1000));
  }
};

struct PopulationOptions {
  double sigma = 0.2;
  double agreement = 0.85;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("sigma", sigma, "first deviation, in parts of the box", above(0, 10));
    visit("agreement", agreement, "rank correlation from which the surrogate stands for the rest of a generation",
          in(-1, 1));
  }
};

struct SweepOptions {
  std::uint64_t places = 12;
  double again = 1e-4;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("places", places, "on each axis", in(1, 10000));
    visit("again", again, "share of the gain since the start from which a sweep is worth another", in(0, 1));
  }
};

/// A descent by gradients from differences.
struct DifferenceOptions {
  double reach = 0.1;
  double shrink = 0.25;
  double follow = 1;
  std::uint64_t memory = 100;
  double patience = 5;
  double abandon = 20;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("reach", reach, "of the first look, in parts of the box", above(0, 10));
    visit("shrink", shrink, "of a look after one that led to nothing", above(0, 1));
    visit("follow", follow, "a look reaches as far as the last step went in each coordinate, × this", above(0, 1e6));
    visit("memory", memory, "differences of gradients that the step is made of", in(1, 10000));
    visit("patience", patience, "rounds without gain that end a descent", in(1, 1e6));
    visit("abandon", abandon, "a later descent is given up that needs more than so many recent gains to lead",
          in(0, 1e9));
  }
};

/// What differs in many dimensions.
struct WideOptions {
  double samples = 2.6;
  double averaged = 8;
  std::uint64_t krylov = 20;
  double need = 0.85;
  double fresh = 0.08;
  std::uint64_t differences = 400;
  DifferenceOptions difference = {};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("samples", samples, "how many samples a fit takes, × d", in(1, 100));
    visit("averaged", averaged, "… and among noise, × d", in(1, 100));
    visit("krylov", krylov, "dimensions of the space that a step is found in", in(2, 1000));
    visit("need", need, "samples within two half-widths that make a look needless, × d", in(0, 100));
    visit("fresh", fresh, "points of a look at most, × d", above(0, 100));
    visit("differences", differences, "dimensions beyond which descents go by differences", in(0, 1e9));
    visit("difference", difference, "of such a descent");
  }
};

}  // namespace rover::search

namespace rover {

/// The parts of the coordinate-free search; each can be switched off, which is its ablation.
struct SearchOptions {
  double first = 0.7;
  double alone = 120;
  double populations = 0.5;
  bool sweeps = true;
  std::uint64_t batch = 1;
  double scale = 2;
  search::DescentOptions descent = {};
  search::PopulationOptions population = {};
  search::SweepOptions sweep = {};
  search::NoiseOptions noise = {};
  search::WideOptions wide = {};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("first", first, "half-width of the first window, in parts of the box", above(0, 10));
    visit("alone", alone, "descents before the first population, / d³: in few dimensions they cost little", in(0, 1e9));
    visit("populations", populations, "evaluations of population searches, × those of descents; 0: none", in(0, 1000));
    visit("sweeps", sweeps, "restarts are line searches along the axes, too, at as many evaluations as the others");
    visit("batch", batch, "points that are asked for at a time: as many as can be evaluated at once", in(1, 4096));
    visit("scale", scale, "width of the first region along coordinates without two bounds, × max(1, |start|)",
          above(0, 1e12));
    visit("descent", descent, "of a descent");
    visit("population", population, "of a population search");
    visit("sweep", sweep, "of a sweep along the axes");
    visit("noise", noise, "among noise");
    visit("wide", wide, "in more than 40 dimensions");
  }
};

}  // namespace rover
