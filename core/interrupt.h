#pragma once

namespace rover {

/// Whether SIGINT or SIGTERM came since the outermost Interruptible in scope was made.
bool interrupted();

/// While an Interruptible is in scope, the first SIGINT or SIGTERM only sets interrupted(), for work that stops at its
/// next boundary and keeps what it has. If the scope has not been left `grace_s` seconds later, or at a second signal,
/// the process ends: `last_words` go to stderr, the exit code is 130. For work whose files are complete at any moment.
/// Scopes may overlap, in several threads too; the last words are those of the outermost.
class Interruptible {
 public:
  /// `last_words`: a string literal, one sentence.
  explicit Interruptible(const char* last_words, double grace_s = 1.5);
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible();
};

}  // namespace rover
