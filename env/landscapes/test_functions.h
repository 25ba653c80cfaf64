#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "env/landscape.h"

namespace rover {

/// A published test function by id: the paper's six held-out ones (section 6.3) and two more.
struct TestFunctionInfo {
  std::string_view id, summary;
  std::size_t least_dimension, most_dimension;  ///< most_dimension 0: any
  bool unbounded;  ///< below, outside its domain: transformations evaluate it clamped into the domain
};

std::span<const TestFunctionInfo> test_functions();

/// Throws UsageError when the function has no form in that many dimensions, std::out_of_range for an unknown id.
/// Values, gradients and Hessians are analytic and hold everywhere; starts are uniform in the domain.
std::unique_ptr<Landscape> make_test_function(std::string_view id, std::size_t dimension);

}  // namespace rover
