// Where a wgmma finds its B operand: the 64-bit matrix descriptor of the PTX ISA (asynchronous warpgroup
// level matrix instructions, "matrix descriptor" and "strides"), decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace fp6sim::simt {

//   bits 13:0 start >> 4 | 29:16 leading byte offset >> 4 | 45:32 stride byte offset >> 4 | 51:49 base offset
//   63:62 swizzle: 0 none, 1 128 bytes, 2 64 bytes, 3 32 bytes
//
// K-major: a row (one token) of a swizzle atom is 16, 32, 64 or 128 bytes of consecutive k, an atom is eight
// rows, atoms of the next eight tokens follow at the stride byte offset. Without swizzle the next 8 k follow
// at the leading byte offset; with it the leading offset has no meaning. Swizzling XORs the address bits 6:4
// (5:4, 4) with bits 9:7 (8:7, 7), so data lie as the copy engine's tensor copies leave them.
struct MatrixDescriptor {
  std::uint32_t start = 0, leading = 0, stride = 0;  ///< bytes
  unsigned row_bytes = 16;                           ///< of an atom's row
  unsigned swizzle_mask = 0;                         ///< of address bits 9:7, shifted down

  /// Byte address of B[token][k] for k < 16.
  std::uint32_t address(unsigned token, unsigned k) const {
    std::uint32_t at = start + token / 8 * stride + token % 8 * row_bytes;
    at += row_bytes == 16 ? k / 8 * leading + k % 8 * 2 : k * 2;
    return at ^ ((at >> 7 & swizzle_mask) << 4);
  }
};

/// Null with the reason in `why` where the hardware's result would be undefined: reserved bits, a base offset
/// (patterns must start at their own alignment), or a start that is not on the first row of a pattern.
std::optional<MatrixDescriptor> decode_matrix_descriptor(std::uint64_t bits, std::string& why);

}  // namespace fp6sim::simt
