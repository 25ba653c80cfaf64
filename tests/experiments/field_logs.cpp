#include "experiments/field_logs.h"

#include <doctest/doctest.h>

#include "core/settings.h"
#include "storage/atomic_file.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

/// Two runs of one agent; the second never finds better than its start.
Evaluation by_hand() {
  Evaluation out;
  out.attributes = {{"suite", "bbob"}};
  out.curves.push_back({"a b", "f7", 0, 0, -10, 490, {0, 1, 2, 3, 4}, {1, 2, 3, 30, 60}, {490, -9, -9.01, -10, -10}});
  out.curves.push_back({"a b", "f7", 4, 0, 0, 5, {0, 1}, {1, 60}, {5, 5}});
  for (auto& curve : out.curves) curve.dimension = 3;
  return out;
}

}  // namespace

TEST_CASE("COCO's log: a line a target in .dat, a line a tick of the clock in .tdat, runs by instance in .info") {
  const Scratch scratch;
  const FieldLog log{FieldLog::Format::coco, scratch / "logs"};
  CHECK(index_file(log, "a b", 7, "f7", 3) == scratch / "logs/a_b/bbobexp_f7_DIM3.info");
  write_field_log(log, by_hand());
  const std::string index = read_file(index_file(log, "a b", 7, "f7", 3));
  CAPTURE(index);
  CHECK(index.starts_with(
      "suite = 'bbob', funcId = 7, DIM = 3, Precision = 1.000e-08, algId = 'a_b', logger = 'bbob', data_format = "
      "'bbob-new2'\n% rover "));
  CHECK(index.ends_with("\ndata_f7/bbobexp_f7_DIM3.dat, 1:60|0.0e+00, 5:60|5.0e+00\n"));
  const std::string head = "+ sum g_i+ | measured fitness | best measured fitness or single-digit g-values\n";
  const std::string lines = read_file(scratch / "logs/a_b/data_f7/bbobexp_f7_DIM3.dat");
  CHECK(lines == "% f evaluations | g evaluations | best noise-free fitness - Fopt (-1.000000000000e+01) " + head +
                     "1 0 +5.000000000e+02 +4.900000000e+02 +4.900000000e+02\n"
                     "2 0 +1.000000000e+00 -9.000000000e+00 -9.000000000e+00\n"  // .99 is no new target
                     "30 0 +0.000000000e+00 -1.000000000e+01 -1.000000000e+01\n"
                     "60 0 +0.000000000e+00 -1.000000000e+01 -1.000000000e+01\n"
                     "% f evaluations | g evaluations | best noise-free fitness - Fopt (0.000000000000e+00) " +
                     head +
                     "1 0 +5.000000000e+00 +5.000000000e+00 +5.000000000e+00\n"
                     "60 0 +5.000000000e+00 +5.000000000e+00 +5.000000000e+00\n");
  const std::string clock = read_file(scratch / "logs/a_b/data_f7/bbobexp_f7_DIM3.tdat");
  CHECK(clock.find("\n3 0 +9.900000000e-01") != std::string::npos);
  CHECK(clock.find("\n28 0 +9.900000000e-01") != std::string::npos);
  CHECK(clock.find("\n30 0 +0.000000000e+00") != std::string::npos);
  CHECK(clock.find("\n29 0") == std::string::npos);
}

TEST_CASE("IOHprofiler's log: gaps, every improvement, one header a run") {
  const Scratch scratch;
  const FieldLog log{FieldLog::Format::ioh, scratch / "logs"};
  Evaluation evaluation = by_hand();
  write_field_log(log, evaluation);
  CHECK(read_file(scratch / "logs/a_b/data_f7_f7/IOHprofiler_f7_f7_DIM3.dat") ==
        "evaluations raw_y\n1 500\n2 1\n3 0.9900000000000002\n30 0\n60 0\nevaluations raw_y\n1 5\n60 5\n");
  const std::string index = read_file(index_file(log, "a b", 7, "f7", 3));
  CAPTURE(index);
  for (const char* part : {R"("path": "data_f7_f7/IOHprofiler_f7_f7_DIM3.dat")", R"("name": "a b")", R"("instance": 5)",
                           R"("maximization": false)", R"("dimension": 3)"})
    CHECK(index.find(part) != std::string::npos);

  evaluation.attributes["suite"] = "mine";  // numbers by the order of the functions
  evaluation.curves[0].landscape = "sphere", evaluation.curves[1].landscape = "wall";
  evaluation.curves[1].optimum = std::numeric_limits<double>::quiet_NaN();
  write_field_log(log, evaluation);
  CHECK(read_file(scratch / "logs/a_b/data_f2_wall/IOHprofiler_f2_wall_DIM3.dat") == "evaluations raw_y\n1 5\n60 5\n");
}

TEST_CASE("what --log is given") {
  const Scratch scratch;
  write_file(scratch / "file", "x");
  CHECK(parse_field_logs({}).empty());
  CHECK(parse_field_logs({"coco", "x", "ioh", "y"}).at(1).folder == "y");
  CHECK_THROWS_WITH_AS(parse_field_logs({"coco"}), "--log takes a format and a folder: --log coco DIR or --log ioh DIR",
                       UsageError);
  CHECK_THROWS_AS(parse_field_logs({"cocoa", "x"}), UsageError);
  CHECK_THROWS_WITH_AS(parse_field_logs({"ioh", (scratch / "file").string()}),
                       ("cannot write logs to '" + (scratch / "file").string() + "': not a folder").c_str(),
                       UsageError);
}

}  // namespace rover
