// Where Highway is missing.
#include "emu/tensor_io/binary16_values.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace fp6sim::tensor_io {

void binary16_values(const std::byte* source, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t h;
    std::memcpy(&h, source + 2 * i, 2);
    // Branch-free so that the compiler vectorises it.
    const std::uint32_t exponent = (h & 0x7C00u) << 13;
    std::uint32_t bits = ((h & 0x7FFFu) << 13) + (112u << 23);
    bits += exponent == (0x7C00u << 13) ? 112u << 23 : 0u;  // infinities and NaN
    const float subnormal = std::bit_cast<float>(bits + (1u << 23)) - 0x1p-14f;
    bits = exponent == 0 ? std::bit_cast<std::uint32_t>(subnormal) : bits;
    out[i] = std::bit_cast<float>(bits | (h & 0x8000u) << 16);
  }
}

}  // namespace fp6sim::tensor_io
