#include <csignal>

#include "experiments/command_line.h"
#include "experiments/processor.h"

int main(int count, char** values) {
  rover::prepare_process(values);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error with a sentence, like a full disk
  return rover::run_command_line({values + 1, values + count});
}
