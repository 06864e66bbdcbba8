#include "app/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/messages/printable.h"
#include "base/messages/units.h"

namespace freshet {

namespace {

std::string load_line(const Progress& progress) {
  return fmt::format("{:>5.0f}/{:.0f} s  asked {:>6.0f}/s  achieved {:>6.0f}/s  committed {:>9}{}", progress.at_s,
                     progress.total_s, progress.offered_per_s, progress.achieved_per_s, human_count(progress.committed),
                     progress.failed > 0 ? fmt::format("  FAILED {}", human_count(progress.failed)) : "");
}

std::string view_line(const ViewProgress& view) {
  return fmt::format("{:<20} visible {:>9}  pending {:>7}  oldest {:>8}  p99 {:>8}", view.name,
                     human_count(view.visible), human_count(view.pending), human_duration(view.oldest_pending_s),
                     human_duration(view.freshness_p99_s));
}

/// One line per phase and one per second: for logs and CI.
class PlainProgress final : public Reporter {
 public:
  void phase(const std::string& name) override {
    phase_ = name;
    std::fprintf(stderr, "freshet: %s\n", printable(name).c_str());
  }
  void tick(const Progress& progress) override {
    std::string line = load_line(progress);
    for (const ViewProgress& view : progress.views) line += " | " + view_line(view);
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  void warning(const std::string& text) override {
    std::fprintf(stderr, "freshet: warning: %s\n", printable(text).c_str());
  }

 private:
  std::string phase_;
};

/// A block of a few lines that redraws itself.
class TerminalProgress final : public Reporter {
 public:
  void phase(const std::string& name) override {
    phase_ = name;
    if (lines_ == 0) std::fprintf(stderr, "\r\033[K%s…", printable(name).c_str());
    std::fflush(stderr);
  }
  void tick(const Progress& progress) override {
    constexpr int kBar = 30;
    const double share = progress.total_s > 0 ? std::clamp(progress.at_s / progress.total_s, 0.0, 1.0) : 0;
    std::string bar(static_cast<std::size_t>(share * kBar), '#');
    bar.resize(kBar, '.');
    std::string block = lines_ > 0 ? fmt::format("\033[{}A", lines_) : std::string("\r");
    block += fmt::format("\033[K[{}] {}\n\033[K{}\n", bar, phase_, load_line(progress));
    for (const ViewProgress& view : progress.views) block += "\033[K" + view_line(view) + "\n";
    lines_ = 2 + static_cast<int>(progress.views.size());
    std::fputs(block.c_str(), stderr);
    std::fflush(stderr);
  }
  void warning(const std::string& text) override {
    std::fprintf(stderr, "\r\033[Kwarning: %s\n", printable(text).c_str());
    lines_ = 0;
  }

 private:
  std::string phase_;
  int lines_ = 0;
};

}  // namespace

std::unique_ptr<Reporter> make_progress() {
  if (::isatty(STDERR_FILENO) != 0) return std::make_unique<TerminalProgress>();
  return std::make_unique<PlainProgress>();
}

}  // namespace freshet
