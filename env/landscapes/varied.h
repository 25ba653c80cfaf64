#pragma once
#include <string>
#include <vector>

#include "env/landscapes/registry.h"

namespace rover {

/// Training surfaces in d dimensions, for searches that are to do well where nobody looked: nine families, noise-free,
/// on y ∈ [−5, 5]^d, which a random box is mapped onto. But for bumps, z = R(y − y°), R a random rotation with chance ¾
/// and else the identity, y° uniform in the middle 92 %, with chance ⅕ close to edges; λ is a spectrum between 1 and a
/// condition number κ: even in the logarithm, one small, one large, or random.
///   bowl        Σ λᵢzᵢ², κ ≤ 1e6; of them a fifth steeper on one side, others with a wavy or an uneven scale of zᵢ
///   few-bumps   −Σₖ aₖ exp(−qₖ/2), 2 to 7 of them in a common metric of their own scales, some with a flat ground,
///   some
///               hills; half of them in a shallow bowl
///   many-bumps  the same with 20 to 79
///   bent        z₀² + λ Σ (zᵢ₊₁ + κ((zᵢ + s)² − s²))²: chains of curved valleys, or all bent by z₀
///   rippled     a bowl and cosines: a sum, a product, about a cone, or as a share of the bowl
///   ridged      z₀² + κ√Σλᵢzᵢ², Σ λᵢ|zᵢ|, Σ|zᵢ|^pᵢ, or a bowl and κ|z₀|
///   stepped     a bowl of rounded coordinates, and a hundredth or thousandth of the bowl
///   funnels     the lower of two bowls, half of them with ripples
///   rugged      a shallow bowl and 3d to 9d cosines in random directions, over up to four octaves, all lowest at y°
/// 45 % of all are warped: r^p, log(1 + r/e) or 2r/(1 + r), r in units of the median of the box. Values are scaled by
/// 1e-2 to 1e4 and moved by up to three times that. The optimum is the lowest point of the box; of bumps it is the best
/// end of descents from every centre and 20 random points.
/// Beyond 40 dimensions nothing costs d² but a rugged surface's d·waves, waves ≤ max(40, 2e5/d): rotations are turns of
/// random pairs, bumps are wider and their best is looked for from the centres alone.
std::unique_ptr<Landscape> draw_varied(const std::string& family, std::size_t dimension, std::uint64_t seed);

/// The families in the order above.
const std::vector<std::string>& varied_families();

/// Instance k is of family k mod families.size() and depends neither on `size` nor on `threads`. Starts are uniform in
/// the box. Throws UsageError for an unknown family.
InstancePool make_varied_pool(const std::vector<std::string>& families, std::size_t dimension, std::size_t size,
                              std::uint64_t seed, std::size_t threads = 1);

/// Largest dimension of these surfaces.
inline constexpr std::size_t most_varied_dimensions = 10000;

}  // namespace rover
