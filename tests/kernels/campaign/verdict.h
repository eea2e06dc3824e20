// How a program with an altered kernel tells tools/mutate_kernels.py what became of it: one line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "emu/simt/launch.h"

namespace fp6sim::kernels::campaign {

/// The altered kernel stored other bits.
struct Difference {
  std::string where;
};

inline void expect_equal(const std::vector<std::uint16_t>& got, const std::vector<std::uint16_t>& expected,
                         const std::string& where) {
  if (got != expected) throw Difference{where};
}

/// "alive" (exit 0) where `checks` end well, else "caught", how, and what was seen (exit 3), between tabs.
template <class Checks>
int verdict(Checks checks) {
  const auto caught = [](const std::string& how, const std::string& what) {
    std::printf("caught\t%s\t%s\n", how.c_str(), what.c_str());
    return 3;
  };
  try {
    checks();
  } catch (const Difference& difference) {
    return caught("bits", difference.where);
  } catch (const simt::Violation& violation) {
    return caught(simt::violation_kind_name(violation.kind), violation.what());
  } catch (const std::exception& error) {
    return caught("refused", error.what());
  }
  std::puts("alive");
  return 0;
}

}  // namespace fp6sim::kernels::campaign
