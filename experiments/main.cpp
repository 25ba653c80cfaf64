#include <malloc.h>

#include <csignal>

#include "experiments/command_line.h"

int main(int count, char** values) {
  // Big temporaries of the networks stay in the process: a fresh mapping for each costs three times their work in page faults.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error with a sentence, like a full disk
  return rover::run_command_line({values + 1, values + count});
}
