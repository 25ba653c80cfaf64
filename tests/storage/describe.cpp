#include "storage/describe.h"

#include <doctest/doctest.h>
#include <hdf5.h>

#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "storage/data_set.h"
#include "storage/episodes.h"
#include "storage/evaluation.h"
#include "storage/run_log.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

void check_lines(const std::string& text, std::initializer_list<const char*> lines) {
  for (const char* line : lines) {
    CAPTURE(text);
    CAPTURE(line);
    CHECK(("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos);
  }
}

TEST_CASE("every kind of file is described") {
  const Scratch scratch;
  Checkpoint checkpoint;
  checkpoint.put<float>("actor/weights", std::vector<float>(6), {2, 3});
  checkpoint.put_number("rate", 0.1);
  checkpoint.put_text("config", "a = 1\nb = 2\n");
  checkpoint.write(scratch / "c.h5");
  const std::string text = describe_file(scratch / "c.h5");
  CHECK(text.starts_with("c.h5: checkpoint, format version 1, written by Rover Descent "));
  check_lines(text, {"  actor/weights  float32 [2, 3]", "  rate=0.1", "  config =\n    a = 1\n    b = 2"});

  {
    RunLog log = RunLog::create(scratch / "r.h5", {"loss", "reward"}, {{"seed", "3"}});
    log.append("loss", 7, 0.125);
    log.flush();
    check_lines(describe_file(scratch / "r.h5"),
                {"  seed=3", "  loss: 1 rows, last 0.125 at step 7", "  reward: 0 rows",
                 "  series/loss  {step: uint64, value: float64} [1]"});
  }
  std::filesystem::create_directory(scratch / "run");
  { RunLog::create(scratch / "run" / "run.h5", {"loss"}, {{"seed", "4"}}); }
  check_lines(describe_file(scratch / "run"), {"  seed=4", "  loss: 0 rows"});
  { DataSetWriter::create(scratch / "d.h5", 8, {{"noise", "0"}}); }
  check_lines(describe_file(scratch / "d.h5"), {"  noise=0", "  grids  float32 [0, 8, 8]", "  landscape  int32 [0]"});
  write_evaluation(scratch / "e.h5", {{{"command", "rover evaluate"}},
                                      {{"gd|ackley", "gd.learning_rate = 1"}},
                                      {{"gd", "ackley", 0, 1, 0, 2, {0}, {1}, {2}}}});
  check_lines(describe_file(scratch / "e.h5"),
              {"  command=\"rover evaluate\"", "curves: 1", "agents: gd", "landscapes: ackley",
               "  gd|ackley = gd.learning_rate = 1", "  best_value  float64 [1]"});
  EpisodeWriter episodes(scratch / "rec", {"rover/x-v0", "{}", "{}", "", "", 0, {}});
  episodes.write({{1, 2}, {1}, {1}, {1}, {0}, 5, {}});
  episodes.close();
  check_lines(describe_file(scratch / "rec"),
              {"  episode_0/observations  float32 [2, 1]", "  episode_0/terminations  enum [1]"});
}

TEST_CASE("a foreign file is described by its tree, what is no HDF5 in one sentence") {
  const Scratch scratch;
  const auto path = scratch / "f.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
  const hid_t set = H5Dcreate2(group, "n", H5T_STD_I16BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const int value = -3;
  H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value);
  H5Lcreate_hard(file, "/", group, "ring", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Dclose(set), H5Sclose(space), H5Gclose(group), H5Fclose(file);
  const std::string text = describe_file(path);
  CHECK(text.starts_with("f.h5: foreign HDF5 file\n"));
  check_lines(text, {"  a  n=-3"});

  write_file(path, "plain text\n");
  CHECK(error_of([&] { (void)describe_file(path); }) == "'" + path.string() + "' is not an HDF5 file or is truncated");
}

}  // namespace
}  // namespace rover
