#pragma once
#include <memory>

#include "env/landscape.h"

namespace rover {

/// The base with white noise: a noisy look adds N(0, 1) times the deviation to each value. It has no derivatives of its
/// own: who needs them takes differences of noisy values.
class Noisy final : public Landscape {
 public:
  /// Throws UsageError unless the deviation is finite and ≥ 0.
  Noisy(std::shared_ptr<const Landscape> base, double deviation);
  std::string_view name() const override { return base_->name(); }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return base_->domain(); }
  std::optional<Optimum> optimum() const override { return base_->optimum(); }
  Layout layout() const override { return base_->layout(); }
  void sample_start(RandomStream& stream, MutReals start_d) const override { base_->sample_start(stream, start_d); }
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return deviation_ > 0 || base_->is_noisy(); }

 private:
  std::shared_ptr<const Landscape> base_;
  double deviation_;
};

}  // namespace rover
