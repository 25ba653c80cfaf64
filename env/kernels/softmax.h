#pragma once
#include "env/landscape.h"

namespace rover::kernels {

/// x ← tanh x, within 2e-16.
void tanh_in_place(MutReals x_n);

/// Σ_s (ln Σ_c exp z_cs − z_{y_s}s) over the first `samples` of n padded columns: logits and one-hot targets [classes,
/// n].
double cross_entropy(Reals logits_cn, Reals targets_cn, std::size_t n, std::size_t samples);
/// out = factor·(softmax(z) − target), 0 for the padding, [classes, n].
void cross_entropy_slopes(Reals logits_cn, Reals targets_cn, std::size_t n, std::size_t samples, double factor,
                          MutReals out_cn);

/// slopes ← slopes·(1 − a²), the way back through a = tanh z.
void tanh_slopes(Reals activations_n, MutReals slopes_n);

namespace reference {
double cross_entropy(Reals logits_cn, Reals targets_cn, std::size_t n, std::size_t samples);
void cross_entropy_slopes(Reals logits_cn, Reals targets_cn, std::size_t n, std::size_t samples, double factor,
                          MutReals out_cn);
}  // namespace reference

}  // namespace rover::kernels
