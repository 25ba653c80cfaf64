#include "storage/evaluation.h"

#include <doctest/doctest.h>

#include <cmath>

#include "storage/checkpoint.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

Evaluation sample() {
  Evaluation out;
  out.attributes = {{"command", "rover evaluate --suite paper"}, {"suite", "paper"}};
  out.settings = {{"adam|rosenbrock-2", "adam.learning_rate = 0.1"}, {"adam|ackley/10", ""}};
  out.curves = {{"adam", "rosenbrock-2", 3, 11, 0.0, 24.2, {0, 1, 2}, {1, 6, 11}, {24.2, 4.0, 0.5}, {0.5, 1.5, 2}},
                {"cma-es", "griewank", 0, 12, -1.5, 1e300, {}, {}, {}},
                {"rover", "θ", ~0ull, ~0ull, 0.25, -0.0, {7}, {256}, {1e-10}}};
  return out;
}

TEST_CASE("an evaluation comes back") {
  const Scratch scratch;
  Evaluation written = sample();
  write_evaluation(scratch / "results.h5", written);
  Evaluation read = read_evaluation(scratch / "results.h5");
  CHECK(read.attributes == written.attributes);
  CHECK(read.settings == written.settings);
  CHECK(read.curves == written.curves);
  CHECK(read.curves[0].seconds == std::vector<double>{0.5, 1.5, 2});
  CHECK(read.curves[2].seconds.empty());
  CHECK(read.curves[0].validation.empty());
  written.curves[0].validation = {std::nan(""), 5, 4};
  write_evaluation(scratch / "validated.h5", written);
  CHECK(read_evaluation(scratch / "validated.h5").curves == written.curves);
  CHECK(read_evaluation(scratch / "validated.h5").curves != read.curves);
  written.curves[1].optimum = std::nan("");
  write_evaluation(scratch / "results.h5", written);
  CHECK(std::isnan(read_evaluation(scratch / "results.h5").curves[1].optimum));
  write_evaluation(scratch / "empty.h5", {});
  CHECK(read_evaluation(scratch / "empty.h5").curves.empty());
}

TEST_CASE("an evaluation that cannot be written or read says why") {
  const Scratch scratch;
  const auto path = scratch / "results.h5";
  Evaluation evaluation = sample();
  write_evaluation(path, evaluation);
  evaluation.curves.resize(4000, evaluation.curves[0]);
  CHECK(with_file_limit(3000, [&] { write_evaluation(path, evaluation); }) ==
        "cannot write '" + path.string() + "': file too large");
  CHECK(read_evaluation(path).curves.size() == 3);
  evaluation.curves[0].best_value.pop_back();
  CHECK_THROWS_WITH_AS(write_evaluation(path, evaluation),
                       "the curve of adam on rosenbrock-2 has columns of different lengths", std::invalid_argument);
  CHECK(error_of([&] { (void)Checkpoint::read(path); }) ==
        "'" + path.string() + "' is an evaluation, not a checkpoint");
  Checkpoint().write(path);
  CHECK(error_of([&] { (void)read_evaluation(path); }) == "'" + path.string() + "' is a checkpoint, not an evaluation");
}

}  // namespace
}  // namespace rover
