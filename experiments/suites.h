#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/settings.h"
#include "env/trial.h"

namespace rover {

/// Functions that agents are compared on.
struct Suite {
  std::string name, summary;
  std::vector<std::string> functions;
  bool clamp = false;  ///< looks and moves are projected into the domain
  /// Trials 0 … count − 1 of a function; trial k depends on the function, the seed and k alone.
  std::function<std::vector<Trial>(const std::string& function, std::size_t count, std::uint64_t seed)> draw;
  std::uint64_t iterations = 0;  ///< a run's length where none is given; 0: runs are given a budget of evaluations
  std::string missing = {};      ///< a sentence on functions that are left out here, if any are
  std::size_t starts = 0;        ///< a function, where none are given; 0: the command's
  bool reports_only = false;     ///< nothing is tuned on it
  std::string details = {};      ///< what differs from the suite of that name: "dimension=5;shifted=true"
};

/// paper: the six functions of appendix 6.3. shifted: the same, each start on a surface of its own that is moved.
/// training: fresh instances of the four families of appendix 6.1, one a start, half of the fields noisy. general: six
/// functions in ten dimensions. extended: fresh instances of the seven families of make_extended_pool (sheared, warped,
/// rippled), one a start, noise-free. tasks: networks to be trained, with minibatches, 200 iterations a run: those that
/// learned optimizers are held against. Their families, widths, depths and units are not what `classification.h` draws,
/// which they may have been meta-trained on. bbob: the 24 functions of COCO's benchmark, start k on instance k + 1.
const std::vector<Suite>& suites();

/// The options of a suite of fixed functions.
struct SuiteOptions {
  std::string functions;  ///< landscapes, comma-separated
  std::uint64_t dimension = 2;
  bool shifted = false, rotated = false, clamp = true, known_optimum = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("functions", functions, "landscapes, comma-separated (rover list landscapes)");
    visit("dimension", dimension, "number of coordinates");
    visit("shifted", shifted, "each start on a surface of its own, moved by up to a fifth of its box");
    visit("rotated", rotated, "each start on a surface of its own, turned about its box's centre");
    visit("clamp", clamp, "looks and moves are projected into the box");
    visit("known_optimum", known_optimum, "false: agents are compared by values, as if no optimum was known");
  }
};

/// Throws UsageError for unknown, repeated or missing functions.
Suite make_suite(std::string name, const SuiteOptions& options);

/// A suite by its name; landscapes by their ids, comma-separated, like `paper`; or a file NAME.cfg of SuiteOptions,
/// `key = value` a line. `changes` are SuiteOptions that differ, for suites of fixed functions (`bbob` takes a
/// dimension). Throws UsageError for an unknown name (with a suggestion), and for changes of a suite that draws its
/// surfaces.
Suite find_suite(const std::string& name, const Settings& changes = {});

}  // namespace rover
