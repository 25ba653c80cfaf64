#include "imitation/teacher.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "env/landscapes/registry.h"

namespace rover {
namespace {

// ½ (a u² + b v²) in a frame turned by `angle`, about the origin.
class Bowl final : public Landscape {
 public:
  Bowl(double a, double b, double angle = 0) : c_(std::cos(angle)), s_(std::sin(angle)), a_(a), b_(b) {}
  std::string_view name() const override { return "bowl"; }
  std::size_t dimension() const override { return 2; }
  const Box& domain() const override { return box_; }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void values(Reals x, MutReals out, RandomStream*) const override {
    ++calls;
    for (std::size_t k = 0; k < out.size(); ++k) {
      const double u = c_ * x[2 * k] + s_ * x[2 * k + 1], v = -s_ * x[2 * k] + c_ * x[2 * k + 1];
      out[k] = (a_ * u * u + b_ * v * v) / 2;
    }
  }
  void gradients(Reals x, MutReals g, RandomStream*) const override {
    const double u = a_ * (c_ * x[0] + s_ * x[1]), v = b_ * (-s_ * x[0] + c_ * x[1]);
    g[0] = c_ * u - s_ * v, g[1] = s_ * u + c_ * v;
  }
  void hessians(Reals, MutReals h) const override {
    h[0] = a_ * c_ * c_ + b_ * s_ * s_, h[3] = a_ * s_ * s_ + b_ * c_ * c_;
    h[1] = h[2] = (a_ - b_) * c_ * s_;
  }
  mutable int calls = 0;

 private:
  double c_, s_, a_, b_;
  Box box_{{-10, -10}, {10, 10}};
};

void check_decrease(const Landscape& surface, Reals x, const TeacherMove& move) {
  const double y[2] = {x[0] + move.step * move.direction[0], x[1] + move.step * move.direction[1]};
  CHECK(std::hypot(move.direction[0], move.direction[1]) == doctest::Approx(1).epsilon(1e-14));
  CHECK(move.decrease == surface.value(x) - surface.value(y));
}

}  // namespace

TEST_CASE("Newton jumps into the minimum of a stretched bowl, and is the best teacher there") {
  const Bowl bowl(1, 300, 0.4);
  const double x[2] = {3, -1.7}, distance = std::hypot(x[0], x[1]);
  const TeacherMove move = teacher_move(bowl, x);
  CHECK(bowl.calls == 1);  // both line searches in one call
  CHECK(move.newton);
  CHECK(move.direction[0] == doctest::Approx(-x[0] / distance).epsilon(1e-12));
  CHECK(move.direction[1] == doctest::Approx(-x[1] / distance).epsilon(1e-12));
  CHECK(move.step == doctest::Approx(distance).epsilon(1e-12));  // not on the √2 grid: the natural step
  CHECK(move.decrease == doctest::Approx(bowl.value(x)).epsilon(1e-12));
  check_decrease(bowl, x, move);
}

TEST_CASE("gradient descent searches the grid of powers of √2") {
  const Bowl bowl(2, 2);
  const double x[2] = {0.6, 0.8};
  const TeacherMove move = teacher_move(bowl, x, Teacher::gradient_descent);
  CHECK_FALSE(move.newton);
  CHECK(move.step == 1);  // 2^0 is the distance
  CHECK(move.direction[0] == doctest::Approx(-0.6));
  CHECK(move.direction[1] == doctest::Approx(-0.8));
  CHECK(move.decrease == doctest::Approx(1).epsilon(1e-14));
  const double off[2] = {0.9, 1.2};  // 1.5 away: √2 lies nearer than 2
  CHECK(teacher_move(bowl, off, Teacher::gradient_descent).step == doctest::Approx(std::numbers::sqrt2).epsilon(1e-15));
}

TEST_CASE("Newton is turned round where it points uphill, and the better decrease wins") {
  const Bowl saddle(2, -1);           // ∇f = (2u, −v), Newton's step is −x: into the saddle point
  const double beside[2] = {0.1, 3};  // f rises towards the saddle point: uphill
  const TeacherMove turned = teacher_move(saddle, beside, Teacher::newton);
  const double g[2] = {0.2, -3};
  CHECK(turned.direction[0] * g[0] + turned.direction[1] * g[1] < 0);
  CHECK(turned.direction[1] == doctest::Approx(3 / std::hypot(0.1, 3)).epsilon(1e-12));
  CHECK(turned.step == doctest::Approx(128));  // unbounded below: the end of the grid
  check_decrease(saddle, beside, turned);

  const double above[2] = {3, 0.1};  // Newton walks downhill into the saddle point; gradient descent escapes it
  const TeacherMove newton = teacher_move(saddle, above, Teacher::newton),
                    descent = teacher_move(saddle, above, Teacher::gradient_descent);
  CHECK(newton.direction[0] < 0);
  CHECK(newton.decrease == doctest::Approx(saddle.value(above)).epsilon(1e-12));
  const TeacherMove best = teacher_move(saddle, above);
  CHECK(best.newton == (newton.decrease >= descent.decrease));
  CHECK(best.decrease == std::max(newton.decrease, descent.decrease));
}

TEST_CASE("on every training family the best teacher is the better of the two") {
  for (const char* family : {"quadratic", "valley", "saddle", "plateau"})
    for (int instance = 0; instance < 20; ++instance) {
      const auto surface = landscapes().make(family, {{"seed", std::to_string(instance)}});
      RandomStream stream = make_stream(7, static_cast<std::uint64_t>(instance), family);
      double x[2];
      surface->sample_start(stream, x);
      const TeacherMove best = teacher_move(*surface, x),
                        descent = teacher_move(*surface, x, Teacher::gradient_descent),
                        newton = teacher_move(*surface, x, Teacher::newton);
      CHECK(best.decrease == std::max(descent.decrease, newton.decrease));
      CHECK(best.decrease > 0);
      check_decrease(*surface, x, best);
    }
}

TEST_CASE("at a stationary point there is nothing to gain") {
  const Bowl bowl(1, 1);
  const double x[2] = {0, 0};
  const TeacherMove move = teacher_move(bowl, x);
  CHECK(move.decrease <= 0);
  CHECK(std::isfinite(move.step));
}

TEST_CASE("teachers by name") {
  CHECK(parse_teacher("best") == Teacher::best);
  CHECK(parse_teacher("gd") == Teacher::gradient_descent);
  CHECK(parse_teacher("newton") == Teacher::newton);
  CHECK_THROWS_WITH_AS(parse_teacher("adam"), "the teacher is best, gd or newton, not 'adam'", UsageError);
}

}  // namespace rover
