#include "agents/coroutine.h"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <exception>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace rover {
namespace {

namespace context = boost::context;

// The sanitizers must be told that the stack changes. Elsewhere these are empty.
class SanitizedSwitch {
 public:
  void created([[maybe_unused]] const context::stack_context& stack) {
#if defined(__SANITIZE_ADDRESS__)
    fiber_bottom_ = static_cast<const char*>(stack.sp) - stack.size, fiber_size_ = stack.size;
#endif
#if defined(__SANITIZE_THREAD__)
    fiber_thread_ = __tsan_create_fiber(0);
#endif
  }
  void before_entering() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&host_fake_, fiber_bottom_, fiber_size_);
#endif
#if defined(__SANITIZE_THREAD__)
    host_thread_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_thread_, 0);
#endif
  }
  void entered() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fiber_fake_, &host_bottom_, &host_size_);
#endif
  }
  void before_leaving([[maybe_unused]] bool for_ever) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(for_ever ? nullptr : &fiber_fake_, host_bottom_, host_size_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(host_thread_, 0);
#endif
  }
  void left([[maybe_unused]] bool for_ever) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(host_fake_, nullptr, nullptr);
    if (for_ever) fiber_fake_ = nullptr;
#endif
#if defined(__SANITIZE_THREAD__)
    if (for_ever) __tsan_destroy_fiber(fiber_thread_);
#endif
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  void *host_fake_ = nullptr, *fiber_fake_ = nullptr;
  const void *fiber_bottom_ = nullptr, *host_bottom_ = nullptr;
  std::size_t fiber_size_ = 0, host_size_ = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void *host_thread_ = nullptr, *fiber_thread_ = nullptr;
#endif
};

struct StackAllocator {
  SanitizedSwitch* sanitized;
  context::protected_fixedsize_stack stacks{std::size_t{1} << 20};

  context::stack_context allocate() {
    const context::stack_context stack = stacks.allocate();
    sanitized->created(stack);
    return stack;
  }
  void deallocate(context::stack_context& stack) noexcept { stacks.deallocate(stack); }
};

}  // namespace

struct Coroutine::State {
  std::function<void()> body;
  context::fiber fiber, host;
  SanitizedSwitch sanitized;
  std::exception_ptr error;
  bool begun = false, finished = true, cancelled = false;

  void begin() {
    begun = true;
    sanitized = {};
    fiber = context::fiber(std::allocator_arg, StackAllocator{&sanitized}, [this](context::fiber&& from) {
      sanitized.entered();
      host = std::move(from);
      try {
        body();
      } catch (const Cancelled&) {
      } catch (...) { error = std::current_exception(); }
      finished = true;
      sanitized.before_leaving(true);
      return std::move(host);
    });
  }

  void enter() {
    sanitized.before_entering();
    fiber = std::move(fiber).resume();
    sanitized.left(finished);
  }
};

Coroutine::Coroutine() : state_(std::make_unique<State>()) {}
Coroutine::~Coroutine() { cancel(); }

void Coroutine::start(std::function<void()> body) {
  cancel();
  state_->body = std::move(body);
  state_->begun = state_->finished = state_->cancelled = false;
}

void Coroutine::resume() {
  if (state_->finished) return;
  if (!state_->begun) state_->begin();
  state_->enter();
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
}

// Boost's own forced unwind would run through C frames (NLopt) and may not be caught by a library; Cancelled may be,
// and is then thrown again at the next pause.
void Coroutine::pause() {
  if (state_->cancelled) throw Cancelled{};
  state_->sanitized.before_leaving(false);
  state_->host = std::move(state_->host).resume();
  state_->sanitized.entered();
  if (state_->cancelled) throw Cancelled{};
}

void Coroutine::cancel() noexcept {
  state_->cancelled = true;
  while (state_->begun && !state_->finished) state_->enter();
  state_->finished = true;
  state_->error = nullptr;
}

bool Coroutine::finished() const { return state_->finished; }
bool Coroutine::cancelled() const { return state_->cancelled; }

}  // namespace rover
