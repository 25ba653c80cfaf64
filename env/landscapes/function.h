#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "env/landscape.h"

namespace rover {

/// What may be said about a function of one's own beside its values.
struct FunctionOptions {
  std::string name = "function";
  std::function<void(Reals point_d, MutReals gradient_d)> gradient = {};
  std::function<void(Reals point_d, MutReals hessian_dd)> hessian = {};
  std::optional<Optimum> optimum = {};
  double noise_deviation = 0;  ///< noisy looks add N(0, 1) times this to each value
};

/// A function of one's own as a landscape: f at one point [d], and the box that it is searched in; starts are uniform
/// in the box. It is called once a value that an environment charges, from several threads where several runs are
/// played at a time. Throws UsageError for a missing function, and for a box or an optimum that does not fit.
std::unique_ptr<Landscape> make_function(std::function<double(Reals point_d)> f, Box box, FunctionOptions options = {});

}  // namespace rover
