#pragma once
#include "env/landscapes/registry.h"

namespace rover {

/// Training surfaces beyond the four families of appendix 6.1, in the plane, noise-free, in boxes of random place,
/// width and aspect:
///   quadratic, valley, saddle, plateau   the families of appendix 6.1
///   anchors   Gaussian fields through 12 anchors, uniform in ±R, R ~ U(4, 12), with N(0, 1) values (K + 1e-6·I is
///             inverted)
///   ripple    one of the four, a quadratic in 55 % of cases, and 8 cosines of wave numbers around r per box width,
///             r log-uniform in [1.5, 25], with N(0, 1) amplitudes times a log-uniform share in [.5 %, 50 %] of the
///             gap of typical starts
///   cosines   14 cosines with N(0, 1) amplitudes, r log-uniform in [1.5, 9]
/// The box's width is log-uniform in [4, 40] (quadratic), [6, 80] (valley), [5, 30] (plateau), [8, 24] (else), times
/// exp(0.3·N(0, 1)) in each direction; the optimum of the first five lies anywhere in its middle 90 %. But for cosines,
/// 60 % are sheared about the optimum, κ uniform in ±3/width; 60 % of all have the output warp of Warped. Every optimum
/// is the lowest point of the box, edges included, to rounding. A start is uniform in the box. Surfaces are those where
/// f(x₀) − f* > 1e-6·|f*|, and finite.
///
/// Instance k is of family k mod 7 and depends neither on `size` nor on `threads`; about a millisecond each.
InstancePool make_extended_pool(std::size_t size, std::uint64_t seed, std::size_t threads = 1);

/// The same for one family: instance k is of that family. Throws UsageError for an unknown one.
InstancePool make_extended_pool(const std::string& family, std::size_t size, std::uint64_t seed,
                                std::size_t threads = 1);

/// Surfaces for policies that walk in boxes: a third (instances 0, 3, 6, …) are of the family `curved`, the others of
/// the seven above in their order. `curved`: a bowl of condition number log-uniform in [10, 1e4] in a box of width
/// log-uniform in [2, 40], bent along its valley, κ log-uniform in ±[1, 8]/width; 40 % have the output warp.
/// The seven alone are too straight: policies trained on them follow no bend as sharp as Rosenbrock's.
InstancePool make_walk_pool(std::size_t size, std::uint64_t seed, std::size_t threads = 1);

/// The seven families in their order.
const std::vector<std::string>& extended_families();

}  // namespace rover
