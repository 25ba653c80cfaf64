#pragma once
#include <cstdint>
#include <string>

#include "core/settings.h"
#include "env/env.h"

namespace rover {

/// A learning rate and how it falls.
struct ScheduleOptions {
  double learning_rate = 1e-2;
  std::string schedule = "constant";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("learning_rate", learning_rate, "step size η", above(0, 1e6));
    visit("schedule", schedule, "how η falls to 0 over the iterations that the run has",
          one_of("constant", "linear", "cosine"));
  }
};

/// The learning rate of each step of one walk: η, η (1 − t/T) or η (1 + cos πt/T)/2.
class Schedule {
 public:
  Schedule() = default;
  /// T is what gradient_steps() says. Throws UsageError when η is to fall and T is not known.
  Schedule(const ScheduleOptions& options, const Problem& problem);
  /// The t-th, from 0; 0 from T on where it falls.
  double at(std::uint64_t t) const;

 private:
  double rate_ = 0;
  enum class Kind { constant, linear, cosine } kind_ = Kind::constant;
  std::uint64_t steps_ = 0;
};

/// How many steps an agent can make that looks at one gradient a step; 0: as many as it likes, so far as is known.
std::uint64_t gradient_steps(const Problem& problem);

}  // namespace rover
