// The 64-bit word by which a wgmma finds its B operand in shared memory.
#pragma once

#include <cstdint>

namespace fp6sim::kernels {

/// K-major with rows of 64 16-bit elements and 128-byte swizzle: eight rows of 128 bytes make a pattern on a
/// 1024-byte boundary, in which 16-byte chunk c of row r lies at chunk c ^ (r % 8); patterns of the next
/// eight rows follow. `start` is the address of the first of the 16 columns of the step, 32 bytes further a
/// step.
///
///   bits 13:0 start / 16 | 29:16 leading offset / 16, unused when swizzled | 45:32 stride / 16 | 63:62
///   swizzle
constexpr std::uint64_t swizzled_rows_descriptor(std::uint32_t start) {
  constexpr std::uint64_t kStride = 1024, kSwizzle128 = 1;
  return (std::uint64_t{start} & 0x3FFFFu) >> 4 | std::uint64_t{1} << 16 | (kStride >> 4) << 32 |
         kSwizzle128 << 62;
}
/// What a step of 16 columns adds to the descriptor.
inline constexpr std::uint64_t kDescriptorStep = 32 >> 4;

/// Byte of element (row, column) in such rows.
constexpr int swizzled_byte(int row, int column) {
  return row * 128 + ((column / 8) ^ (row % 8)) * 16 + column % 8 * 2;
}

}  // namespace fp6sim::kernels
