// A fiber: code with a stack of its own that gives way where it wants to. Fibers of one thread never run at once, and
// going from one to another costs a tenth of what it costs between threads.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace freshet::fakes {

/// Resumed and destroyed by the thread that made it. It must have ended before it is destroyed, or never begun.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body)
      : body_(std::move(body)), stack_(std::make_unique_for_overwrite<char[]>(kStack)) {
    FRESHET_CHECK(::getcontext(&inside_) == 0, "a context can be made");
    inside_.uc_stack.ss_sp = stack_.get();
    inside_.uc_stack.ss_size = kStack;
    ::makecontext(&inside_, &Fiber::enter, 0);
#if defined(__SANITIZE_THREAD__)
    tsan_inside_ = __tsan_create_fiber(0);
#endif
  }
  ~Fiber() {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(tsan_inside_);
#endif
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// From outside: runs it until it gives way or ends.
  void resume() {
    entering_ = this;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&outside_shadow_, stack_.get(), kStack);
#endif
#if defined(__SANITIZE_THREAD__)
    tsan_outside_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
    FRESHET_CHECK(::swapcontext(&outside_, &inside_) == 0, "a fiber can be resumed");
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(outside_shadow_, nullptr, nullptr);
#endif
  }

  /// From inside: goes back to who resumed it, until it is resumed again.
  void give_way() {
    leave();
    arrive();
  }

  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static constexpr std::size_t kStack = std::size_t{1} << 20;

  static void enter() {
    Fiber& fiber = *entering_;
    fiber.arrive();
    fiber.body_();
    fiber.body_ = nullptr;
    fiber.ended_ = true;
    fiber.leave();
  }

  void leave() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(ended_ ? nullptr : &inside_shadow_, outside_bottom_, outside_size_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
    FRESHET_CHECK(::swapcontext(&inside_, &outside_) == 0, "a fiber can give way");
  }

  void arrive() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(inside_shadow_, &outside_bottom_, &outside_size_);
#endif
  }

  std::function<void()> body_;
  const std::unique_ptr<char[]> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  bool ended_ = false;
#if defined(__SANITIZE_ADDRESS__)
  void* inside_shadow_ = nullptr;
  void* outside_shadow_ = nullptr;
  const void* outside_bottom_ = nullptr;
  std::size_t outside_size_ = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* tsan_inside_ = nullptr;
  void* tsan_outside_ = nullptr;
#endif
  static inline thread_local Fiber* entering_ = nullptr;
};

}  // namespace freshet::fakes
