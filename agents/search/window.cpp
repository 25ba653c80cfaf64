#include "agents/search/window.h"

#include <algorithm>

namespace rover {

void SearchWindow::stretch(const Symmetric2& hessian, double limit) {
  // In the square: M⁻¹ H M⁻¹, M⁻¹ = [yy, −xy; −xy, xx].
  const double p = metric.yy, q = -metric.xy, r = metric.xx;
  const double hp = hessian.xx * p + hessian.xy * q, hq = hessian.xy * p + hessian.yy * q;
  const double kp = hessian.xx * q + hessian.xy * r, kq = hessian.xy * q + hessian.yy * r;
  const Eigen2 e = eigen({p * hp + q * hq, p * kp + q * kq, q * kp + r * kq});
  const double tiny = 1e-300, ratio = std::sqrt(std::max(std::fabs(e.high), tiny) / std::max(std::fabs(e.low), tiny));
  const double root = std::sqrt(std::clamp(ratio, 1 / limit, limit));
  metric = compose(1 / root, root, e.c, e.s);
}

double SearchWindow::aspect() const {
  const Eigen2 e = eigen(metric);
  return e.high / e.low;
}

}  // namespace rover
