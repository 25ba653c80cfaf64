#pragma once
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/command_line.h"
#include "tests/training/toy_trainer.h"

namespace rover {

/// What the `rover` program did with these arguments.
struct Outcome {
  int code;
  std::string out, error;
};

inline Outcome run_program(const std::vector<std::string>& arguments) {
  std::ostringstream out, error;
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_error = std::cerr.rdbuf(error.rdbuf());
  const int code = run_command_line(arguments);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_error);
  return {code, out.str(), error.str()};
}

/// The toy trainer as `toy` in trainers().
inline void register_toy() {
  if (!trainers().contains("toy"))
    add_trainer<ToyOptions>("toy", "momentum descent on a bowl",
                            [](const ToyOptions& options, const TrainerPlace& place) {
                              return std::make_unique<ToyTrainer>(options, place.seed);
                            });
}

/// Sets an environment variable while in scope.
class Variable {
 public:
  Variable(const std::string& name, const std::string& value) : name_(name) {
    if (const char* const old = ::getenv(name.c_str())) old_ = old;
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (old_) ::setenv(name_.c_str(), old_->c_str(), 1);
    else ::unsetenv(name_.c_str());
  }

 private:
  std::string name_;
  std::optional<std::string> old_;
};

}  // namespace rover
