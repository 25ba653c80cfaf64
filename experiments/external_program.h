#pragma once
#include <cstddef>
#include <functional>
#include <limits>
#include <string>

#include "env/landscape.h"

namespace rover {

/// A function that is a program: a shell command in which {0}, {1}, … are the point's coordinates, or, where it has no
/// such place, one that reads them from its standard input, one line, separated by blanks. The last word that it prints
/// is the value.
class ExternalProgram {
 public:
  /// `seconds`: what runs longer is killed, with the processes that it started. `stop` is asked ten times a second and
  /// kills it, too. Throws UsageError for a command that is empty or has a place for a coordinate that is not there.
  ExternalProgram(std::string command, std::size_t dimension, double seconds = std::numeric_limits<double>::infinity(),
                  std::function<bool()> stop = {});
  /// The value at a point [d]; may be called from several threads at a time. Throws std::runtime_error, in one sentence
  /// without the point: a program that failed, took too long, printed no number; Stopped when it was stopped.
  double operator()(Reals point_d) const;

 private:
  std::string command_;
  std::size_t dimension_;
  double seconds_;
  std::function<bool()> stop_;
  bool by_arguments_ = false;
};

}  // namespace rover
