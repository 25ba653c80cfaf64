#pragma once
#include <span>
#include <string>
#include <vector>

#include "storage/checkpoint.h"

namespace rover {

/// Adam (Kingma & Ba 2015) over one flat parameter vector, β = (0.9, 0.999), ε = 1e-8. By hand, so that a checkpoint
/// holds its whole state and a resumed run takes the same updates bit for bit.
class Adam {
 public:
  explicit Adam(std::size_t parameters) : mean_(parameters), square_(parameters) {}
  void update(std::span<float> parameters, std::span<const float> gradient, double learning_rate);
  void save(Checkpoint& out, const std::string& prefix) const;
  /// Throws std::runtime_error when the state is missing or of another size.
  void load(const Checkpoint& in, const std::string& prefix);

 private:
  std::vector<float> mean_, square_;
  std::uint64_t updates_ = 0;
};

}  // namespace rover
