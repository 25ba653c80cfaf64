#pragma once
#include <cstdint>
#include <string>

#include "core/settings.h"

namespace rover {

/// The parts of the search that counts its evaluations; each can be switched off, which is its ablation. Lengths are in
/// half-widths δ of the window unless stated.
struct SearchOptions {
  std::uint64_t first_look = 4;
  double jitter = 0;
  double first_resolution = 1.2;
  std::string stencil = "ring";
  std::uint64_t stencil_size = 5;
  double top_up = 0.7;
  double reach = 2;
  double decay = 1;
  std::uint64_t memory = 500;
  std::string heading = "newton";
  bool recentre = true;
  std::uint64_t tries = 2;
  double step_limit = 3;
  double aspect = 36;
  std::string resolution = "rule";
  double growth = 2;
  double shrink = 0.25;
  std::uint64_t patience = 4;
  double abandon = 0.5;
  std::uint64_t halton = 8;
  std::uint64_t halton_after = 2;
  double hops = 0.15;
  double restart_resolution = 0.72;
  std::uint64_t slice_rounds = 1;
  double slice_resolution = 0.1;
  bool slice_along = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("first_look", first_look, "n of the first look, n×n over the whole box; 0: none", in(0, 100));
    visit("jitter", jitter,
          "how far the first look's places are drawn from their cells' centres, 1: anywhere in the cell", in(0, 1));
    visit("first_resolution", first_resolution, "first half-width, in cells of the first look", above(0, 100));
    visit("stencil", stencil, "a look's places: a grid, or a ring with its centre", one_of("grid", "ring"));
    visit("stencil_size", stencil_size, "n of the n×n grid (at least 2), or points on the ring (at least 3)",
          in(2, 16));
    visit("top_up", top_up,
          "a place is not evaluated when a sample lies this near, in half-widths; 0: always evaluated", in(0, 100));
    visit("reach", reach, "samples this near enter the fit, in half-widths", above(0, 1e6));
    visit("decay", decay, "samples in the fit weigh (1 + distance²)^−decay", in(0, 100));
    visit("memory", memory, "newest samples that looks and fits know of; 0: all", in(0, 1e6));
    visit("heading", heading, "direction of the tries: saddle-free Newton, the gradient, or random",
          one_of("newton", "gradient", "random"));
    visit("recentre", recentre, "the window moves to the best sample, else to where the try led");
    visit("tries", tries, "candidates along the heading: 0, 1, or 2: the doubled step after a gain at the limit",
          in(0, 2));
    visit("step_limit", step_limit, "longest step, in half-widths", above(0, 1e6));
    visit("aspect", aspect, "the window is stretched by |H|^−1/2, up to this aspect; 1: round", in(1, 1e6));
    visit("resolution", resolution, "how the half-width follows: by the rule, halved without gain, or random",
          one_of("rule", "halve", "random"));
    visit("growth", growth, "factor on the half-width after a predicted gain at the step limit", in(1, 1e6));
    visit("shrink", shrink, "largest factor on the half-width without gain", above(0, 1).below(1));
    visit("patience", patience, "looks without gain that end a descent", in(1, 1e6));
    visit("abandon", abandon, "what a descent may gain, × its recent gains, before it is given up; 0: never given up",
          in(0, 1e6));
    visit("halton", halton, "points over the whole box before a restart", in(0, 10000));
    visit("halton_after", halton_after, "from which restart on Halton points are added, and hops are made", in(0, 1e6));
    visit("hops", hops, "part of the restarts that are hops near the best point", in(0, 1));
    visit("restart_resolution", restart_resolution,
          "half-width of a restart, in mean distances of the points over the box", above(0, 1000));
    visit("slice_rounds", slice_rounds, "look-and-tries in a slice before the next, d > 2", in(1, 1e6));
    visit("slice_resolution", slice_resolution, "first half-width of slices, in parts of the box, d > 2",
          above(0, 0.5));
    visit("slice_along", slice_along, "one more slice a sweep, along its displacement, d > 2");
  }
};

}  // namespace rover
