#pragma once
#include <functional>
#include <memory>

namespace rover {

/// A function on a stack of its own (1 MiB) that can pause and be resumed, also from another thread. What turns a loop
/// that calls an objective into one that is asked and told.
class Coroutine {
 public:
  /// Thrown by pause() once the coroutine is cancelled: must reach the body's caller. Code that swallows it meets it
  /// again at the next pause, and should ask cancelled() and return.
  struct Cancelled {};

  Coroutine();
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;
  ~Coroutine();

  /// Gives it a body, which begins at the next resume(). An earlier one is cancelled.
  void start(std::function<void()> body);
  /// Runs the body until it pauses or returns; throws what leaves it. Does nothing when there is none or it returned.
  void resume();
  /// Called by the body: goes back to who called resume().
  void pause();
  /// Unwinds a paused body; afterwards nothing is left on its stack.
  void cancel() noexcept;

  bool finished() const;  ///< true, too, before the first start()
  bool cancelled() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
