#include "agents/classical/fiber_agent.h"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <exception>
#include <utility>

#include "agents/classical/bounds.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace rover {
namespace {

namespace context = boost::context;

// Thrown out of the objective when the episode is over. Boost's own forced unwind would run through C frames (NLopt)
// and may not be caught by a library; this one may be, and is then thrown again at the next evaluation.
struct Cancelled {};

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

class FiberAgent final : public Agent, private Evaluator {
 public:
  FiberAgent(LibraryLoop loop, std::function<void(const Problem&)> check, Query::Kind looks)
      : loop_(std::move(loop)), check_(std::move(check)), looks_(looks) {}
  FiberAgent(const FiberAgent&) = delete;
  FiberAgent& operator=(const FiberAgent&) = delete;
  ~FiberAgent() override { cancel(); }

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (check_) check_(problem);
    cancel();
    problem_ = problem, seed_ = seed;
    started_ = finished_ = cancelled_ = false;
    first = {};  // at the pose, which is not known yet
    first.move.assign(problem.dimension, 0);
    first.query.kind = looks_;
  }

  bool zeroth_order() const override { return looks_ == Query::Kind::values; }

  void act(const Observation& seen, Action& next) override {
    answer_ = seen.values[0];
    gradient_.assign(seen.gradients.begin(), seen.gradients.end());
    if (!started_) {
      start_.assign(seen.pose.begin(), seen.pose.end());
      project(start_, *problem_.domain);
      best_ = start_, best_value_ = start_value_ = answer_;
      start_gradient_ = gradient_;
      launch();
    } else if (!finished_) {
      if (answer_ < best_value_) best_ = asked_, best_value_ = answer_;
      resume();
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    next.query.kind = looks_;
    next.query.points = finished_ ? best_ : asked_;
    next.ends_iteration = finished_ || ends_iteration_;
    move_to(best_, seen.pose, *problem_.domain, next.move);
  }

 private:
  const Problem& problem() const override { return problem_; }
  std::uint64_t seed() const override { return seed_; }
  Reals start() const override { return start_; }
  double start_value() const override { return start_value_; }
  bool cancelled() const override { return cancelled_; }
  Reals start_gradient() const override { return start_gradient_; }
  Reals gradient() const override { return gradient_; }

  double value(Reals point, bool ends_iteration) override {
    if (cancelled_) throw Cancelled{};
    asked_.assign(point.begin(), point.end());
    project(asked_, *problem_.domain);
    ends_iteration_ = ends_iteration;
    sanitized_.before_leaving(false);
    host_ = std::move(host_).resume();
    sanitized_.entered();
    if (cancelled_) throw Cancelled{};
    return answer_;
  }

  void launch() {
    started_ = true;
    sanitized_ = {};
    fiber_ = context::fiber(std::allocator_arg, StackAllocator{&sanitized_}, [this](context::fiber&& host) {
      sanitized_.entered();
      host_ = std::move(host);
      try {
        loop_(*this);
      } catch (const Cancelled&) {
      } catch (...) { error_ = std::current_exception(); }
      finished_ = true;
      sanitized_.before_leaving(true);
      return std::move(host_);
    });
    resume();
  }

  void resume() {
    sanitized_.before_entering();
    fiber_ = std::move(fiber_).resume();
    sanitized_.left(finished_);
  }

  // Unwinds a suspended loop; afterwards nothing is left on its stack.
  void cancel() noexcept {
    cancelled_ = true;
    while (started_ && !finished_) resume();
    error_ = nullptr;
  }

  LibraryLoop loop_;
  std::function<void(const Problem&)> check_;
  Query::Kind looks_;
  Problem problem_;
  std::uint64_t seed_ = 0;
  context::fiber fiber_, host_;
  SanitizedSwitch sanitized_;
  std::exception_ptr error_;
  std::vector<double> start_, best_, asked_, start_gradient_, gradient_;
  double start_value_ = 0, best_value_ = 0, answer_ = 0;
  bool started_ = false, finished_ = false, cancelled_ = false, ends_iteration_ = true;
};

}  // namespace

std::unique_ptr<Agent> make_fiber_agent(LibraryLoop loop, std::function<void(const Problem&)> check,
                                        Query::Kind looks) {
  return std::make_unique<FiberAgent>(std::move(loop), std::move(check), looks);
}

}  // namespace rover
