#include "app/text/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace fp6sim::app {
namespace {

using std::chrono::steady_clock;
constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(5);
constexpr int kBarWidth = 30;

std::string duration_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      start_(steady_clock::now()),
      shown_(start_),
      terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  finish();
}

void Progress::skip(double effort) {
  ++done_;
  ++already_;
  effort_ -= effort;
}

void Progress::advance(double effort) {
  ++done_;
  effort_done_ += effort;
  if (steady_clock::now() - shown_ >=
      (terminal_ ? steady_clock::duration(kTerminalInterval) : kPlainInterval)) {
    show(false);
  }
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  show(true);
}

void Progress::show(bool last) {
  shown_ = steady_clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_ - already_) / seconds : 0;
  std::string line = fmt::format("{}/{} {}", done_, total_, what_);
  if (rate > 0) line += fmt::format("  {:.1f}/s", rate);
  if (last) {
    line += fmt::format("  in {}", duration_text(seconds));
  } else if (rate > 0 && total_ >= done_) {
    const double left = effort_done_ > 0 ? seconds * (effort_ / effort_done_ - 1)
                                         : static_cast<double>(total_ - done_) / rate;
    line += fmt::format("  {} left", duration_text(std::max(0.0, left)));
  }
  if (!terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  const double share =
      total_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)) : 1;
  const int filled = static_cast<int>(share * kBarWidth);
  fmt::print(stderr, "\r[{}{}] {}\033[K{}", std::string(filled, '='), std::string(kBarWidth - filled, ' '),
             line, last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace fp6sim::app
