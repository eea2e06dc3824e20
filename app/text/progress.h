// Progress on standard error: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace fp6sim::app {

class Progress {
 public:
  /// `total` things called `what` ("points"); `already` of them were there before (they do not count for the
  /// rate).
  Progress(std::string what, std::uint64_t total, std::uint64_t already = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t by = 1);
  /// A search finds out how much there is to do as it goes.
  void set_total(std::uint64_t total) { total_ = total; }
  /// Shows the last state and ends the line. The destructor does it too.
  void finish();

 private:
  void show(bool last);

  std::string what_;
  std::uint64_t total_, done_, already_;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_, finished_ = false;
};

}  // namespace fp6sim::app
