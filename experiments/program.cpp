#include "experiments/program.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "experiments/command_line.h"
#include "experiments/processor.h"
#include "storage/atomic_file.h"
#include "storage/provenance.h"

namespace rover {
namespace {

std::filesystem::path with_libtorch;
char** given_arguments = nullptr;

}  // namespace

int run_program(int count, char** arguments, const Program& program) {
  std::vector<std::string> texts(arguments + 1, arguments + count);
  const bool deterministic = std::erase(texts, "--deterministic") > 0;  // of any command
  prepare_process(arguments, deterministic);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error with a sentence, like a full disk
  with_libtorch = program.with_libtorch, given_arguments = arguments;
  std::string command = "rover";
  for (int k = 1; k < count; ++k) command += std::string(" ") + arguments[k];
  set_command(command);
  return run_command_line(texts);
}

void go_on_with_libtorch() {
  if (with_libtorch.empty()) return;
  std::cout.flush();
  ::execv(with_libtorch.c_str(), given_arguments);  // returns only when it fails
  throw std::runtime_error("cannot start '" + with_libtorch.string() +
                           "', the part of this program that has LibTorch: " + system_reason(errno));
}

}  // namespace rover
