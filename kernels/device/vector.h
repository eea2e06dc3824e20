// Groups of words that move in one instruction.
#pragma once

#include <cstdint>

namespace fp6sim::kernels {

struct alignas(16) Words4 {
  std::uint32_t word[4];
};
struct alignas(8) Words2 {
  std::uint32_t word[2];
};
struct alignas(16) Floats4 {
  float value[4];
};

}  // namespace fp6sim::kernels
