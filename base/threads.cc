#include "base/threads.h"

#include <condition_variable>
#include <thread>
#include <utility>

namespace freshet {

namespace {

class SystemThread final : public Thread {
 public:
  explicit SystemThread(std::function<void(std::stop_token)> body) : thread_(std::move(body)) {}
  void request_stop() override { thread_.request_stop(); }
  void join() override {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::jthread thread_;
};

class SystemCondition final : public Condition {
 public:
  void wait(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready) override {
    condition_.wait(lock, ready);
  }
  void notify_all() override { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace

std::unique_ptr<Thread> SystemThreads::start(std::function<void(std::stop_token)> body) const {
  return std::make_unique<SystemThread>(std::move(body));
}

std::unique_ptr<Condition> SystemThreads::make_condition() const { return std::make_unique<SystemCondition>(); }

}  // namespace freshet
