// A reporter that remembers what was reported, takes its time, and tells a test when a phase begins.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "fakes/fake_clock.h"

namespace freshet::fakes {

class FakeReporter final : public Reporter {
 public:
  explicit FakeReporter(const FakeClock& clock) : clock_(clock) {}

  Nanos slow{};  ///< how long each word takes
  std::function<void(const std::string& phase)> on_phase;
  std::vector<std::string> phases;
  std::vector<Progress> ticks;
  std::vector<std::string> warnings;

  void phase(const std::string& name) override {
    phases.push_back(name);
    if (on_phase) on_phase(name);
    clock_.sleep_until(clock_.now() + slow, {});
  }
  void tick(const Progress& progress) override {
    ticks.push_back(progress);
    clock_.sleep_until(clock_.now() + slow, {});
  }
  void warning(const std::string& text) override { warnings.push_back(text); }

 private:
  const FakeClock& clock_;
};

}  // namespace freshet::fakes
