#pragma once
#include <cstdint>
#include <string>

namespace rover {

/// The parts of the per-evaluation Rover; each can be switched off, which is its ablation. Lengths are in half-widths δ
/// of the window unless stated.
struct PerEvaluationOptions {
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
  std::string control = "rule";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("first_look", first_look, "n of the first look, n×n over the whole box; 0: none");
    visit("jitter", jitter, "how far its places are drawn from their cells' centres, 1: anywhere in the cell");
    visit("first_resolution", first_resolution, "first half-width, in cells of the first look");
    visit("stencil", stencil, "a look's places: grid, or ring (with its centre)");
    visit("stencil_size", stencil_size, "n of the n×n grid, or points on the ring");
    visit("top_up", top_up, "a place is not evaluated when a sample lies this near; 0: always evaluated");
    visit("reach", reach, "samples this near enter the fit");
    visit("decay", decay, "with weight (1 + distance²)^−decay");
    visit("memory", memory, "newest samples that looks and fits know of; 0: all");
    visit("heading", heading, "newton (saddle-free), gradient or random");
    visit("recentre", recentre, "the window moves to the best sample, else to where the try led");
    visit("tries", tries, "candidates along the heading: 0, 1, or 2: the doubled step after a gain at the limit");
    visit("step_limit", step_limit, "longest step");
    visit("aspect", aspect, "the window is stretched by |H|^−1/2, up to this aspect; 1: round");
    visit("resolution", resolution, "how the half-width follows: rule, halve (without gain) or random");
    visit("growth", growth, "its factor after a predicted gain at the step limit");
    visit("shrink", shrink, "its largest factor without gain");
    visit("patience", patience, "looks without gain that end a descent");
    visit("abandon", abandon, "what a descent may gain, × its recent gains, before it is given up; 0: never given up");
    visit("halton", halton, "points over the whole box before a restart");
    visit("halton_after", halton_after, "from which restart on they are added, and hops are made");
    visit("hops", hops, "part of the restarts that are hops near the best point");
    visit("restart_resolution", restart_resolution,
          "half-width of a restart, in mean distances of the points over the box");
    visit("slice_rounds", slice_rounds, "look-and-tries in a slice before the next, d > 2");
    visit("slice_resolution", slice_resolution, "first half-width of slices, in parts of the box, d > 2");
    visit("slice_along", slice_along, "one more slice a sweep, along its displacement, d > 2");
    visit("control", control, "rule, or random: the null, u uniform in [−1, 1]");
  }
};

}  // namespace rover
