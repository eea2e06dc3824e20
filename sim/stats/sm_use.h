// What SMs did over a span of time, all of them together: the parts of their CTAs' lives, and how long each
// resource was reserved.
#pragma once

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

struct SmUse {
  Time launch = 0, copy_wait = 0, compute = 0, epilogue = 0;  ///< they add up to all CTAs' lives
  Time issue = 0, expand = 0, shared = 0, memory = 0, tensor = 0;

  SmUse& operator+=(const SmUse& other) {
    for (const auto part : {&SmUse::launch, &SmUse::copy_wait, &SmUse::compute, &SmUse::epilogue,
                            &SmUse::issue, &SmUse::expand, &SmUse::shared, &SmUse::memory, &SmUse::tensor})
      this->*part += other.*part;
    return *this;
  }
};

}  // namespace fp6sim::sim
