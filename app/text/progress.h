// Progress on standard error: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace fp6sim::app {

class Progress {
 public:
  /// `total` things called `what` ("points").
  Progress(std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Things take `effort` in all, each its own: the time left follows from it rather than from their number.
  void set_effort(double effort) { effort_ = effort; }
  /// One more is done.
  void advance(double effort = 0);
  /// One more was there before: it counts neither for the rate nor for the time left.
  void skip(double effort = 0);
  /// Shows the last state and ends the line. The destructor does it too.
  void finish();

 private:
  void show(bool last);

  std::string what_;
  std::uint64_t total_, done_ = 0, already_ = 0;
  double effort_ = 0, effort_done_ = 0;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_, finished_ = false;
};

}  // namespace fp6sim::app
