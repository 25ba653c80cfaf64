#include "imitation/teacher.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/settings.h"

namespace rover {
namespace {

constexpr std::size_t steps = 39;  // of each line search: 2^−12, 2^−11.5, …, 2^7

const std::array<double, steps>& step_grid() {
  static const auto grid = [] {
    std::array<double, steps> filled{};
    for (std::size_t k = 0; k < steps; ++k) filled[k] = std::exp2(-12 + 0.5 * static_cast<double>(k));
    return filled;
  }();
  return grid;
}

struct Line {  // a unit direction and where its points begin among all that are evaluated
  double x = 0, y = 0;
  std::size_t begin = 0;
};

Line unit(double x, double y, std::size_t begin) {
  const double length = std::max(std::hypot(x, y), 1e-300);
  return {x / length, y / length, begin};
}

}  // namespace

Teacher parse_teacher(std::string_view text) {
  if (text == "best") return Teacher::best;
  if (text == "gd") return Teacher::gradient_descent;
  if (text == "newton") return Teacher::newton;
  throw UsageError("the teacher is best, gd or newton, not '" + std::string(text) + "'");
}

TeacherMove teacher_move(const Landscape& surface, Reals point_2, Teacher teacher) {
  double g[2], h[4];
  surface.gradients(point_2, g, nullptr);
  surface.hessians(point_2, h);

  // H⁻¹g = adj(H) g / det(H)
  const double determinant = h[0] * h[3] - h[1] * h[2];
  const double a0 = h[3] * g[0] - h[1] * g[1], a1 = h[0] * g[1] - h[2] * g[0];
  const double sign = determinant > 0 ? -1 : determinant < 0 ? 1 : 0;
  const double turn = sign * (a0 * g[0] + a1 * g[1]) > 0 ? -sign : sign;
  const double natural = std::clamp(std::hypot(a0, a1) / std::max(std::abs(determinant), 1e-300), 1e-12, 1e3);
  const Line descent = unit(-g[0], -g[1], 1), newton = unit(turn * a0, turn * a1, 1 + steps);

  constexpr std::size_t count = 2 + 2 * steps;  // the start, both lines, Newton's natural step
  double points[2 * count], values[count];
  points[0] = point_2[0], points[1] = point_2[1];
  const auto place = [&](std::size_t k, const Line& line, double step) {
    points[2 * k] = point_2[0] + step * line.x, points[2 * k + 1] = point_2[1] + step * line.y;
  };
  const auto& grid = step_grid();
  for (const Line& line : {descent, newton})
    for (std::size_t k = 0; k < steps; ++k) place(line.begin + k, line, grid[k]);
  place(count - 1, newton, natural);
  surface.values(points, values, nullptr);

  const auto best_of = [&](const Line& line, bool is_newton) {
    const auto lowest = std::min_element(values + line.begin, values + line.begin + steps) - (values + line.begin);
    TeacherMove move{{line.x, line.y},
                     grid[static_cast<std::size_t>(lowest)],
                     values[0] - values[line.begin + static_cast<std::size_t>(lowest)],
                     is_newton};
    if (is_newton && values[0] - values[count - 1] > move.decrease)
      move.step = natural, move.decrease = values[0] - values[count - 1];
    return move;
  };
  const TeacherMove by_descent = best_of(descent, false), by_newton = best_of(newton, true);
  if (teacher == Teacher::gradient_descent) return by_descent;
  if (teacher == Teacher::newton) return by_newton;
  return by_newton.decrease >= by_descent.decrease ? by_newton : by_descent;
}

}  // namespace rover
