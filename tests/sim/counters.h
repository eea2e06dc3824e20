// What the simulator's tests read of a result.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sim/simulate.h"

namespace fp6sim::sim {

/// The counter's value; a missing one fails the test.
inline double counter(const GemmResult& result, const std::string& name) {
  for (const Counter& c : result.counters) {
    if (c.name == name) return c.value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

}  // namespace fp6sim::sim
