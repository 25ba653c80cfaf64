#pragma once
#include <span>
#include <string>
#include <vector>

#include "storage/checkpoint.h"

namespace rover {

/// Adam (Kingma & Ba 2015, algorithm 1) over one flat parameter vector of float or double, ε = 1e-8. By hand, so that a
/// checkpoint holds its whole state and a resumed run takes the same updates bit for bit.
template <class Real>
class Adam {
 public:
  explicit Adam(std::size_t parameters, double beta1 = 0.9, double beta2 = 0.999)
      : beta1_(beta1), beta2_(beta2), mean_(parameters), square_(parameters) {}
  /// parameters −= learning_rate · m̂ / (√v̂ + ε)
  void update(std::span<Real> parameters, std::span<const Real> gradient, double learning_rate);
  void save(Checkpoint& out, const std::string& prefix) const;
  /// Throws std::runtime_error when the state is missing or of another size.
  void load(const Checkpoint& in, const std::string& prefix);

 private:
  double beta1_, beta2_;
  std::vector<Real> mean_, square_;
  std::uint64_t updates_ = 0;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace rover
