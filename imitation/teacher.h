#pragma once
#include <string_view>

#include "env/landscape.h"

namespace rover {

/// The optimizer that a run follows (section 3.2.2): gradient descent, Newton, or at each step whichever decreases f
/// more.
enum class Teacher { best, gradient_descent, newton };
Teacher parse_teacher(std::string_view text);  ///< "best", "gd", "newton"; throws UsageError

/// One move of a teacher: x ← x + step·direction lowers f by `decrease` (≤ 0: no step of the line search does).
struct TeacherMove {
  double direction[2] = {0, 0};  ///< unit vector; zero where the gradient vanishes
  double step = 0;
  double decrease = 0;
  bool newton = false;
};

/// The move from a point [2] of a noise-free surface with gradient and Hessian. Each teacher searches its line on the
/// √2 grid 2^−12 … 2^7, Newton its natural step ‖H⁻¹g‖ too; the Newton direction is turned round where it points uphill
/// (saddles). All points of both lines are one `values` call; nothing is allocated.
TeacherMove teacher_move(const Landscape& surface, Reals point_2, Teacher teacher = Teacher::best);

}  // namespace rover
