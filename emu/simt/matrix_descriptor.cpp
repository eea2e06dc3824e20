#include "emu/simt/matrix_descriptor.h"

namespace fp6sim::simt {
namespace {

std::uint32_t field(std::uint64_t bits, unsigned from, unsigned count) {
  return static_cast<std::uint32_t>(bits >> from) & ((1u << count) - 1);
}

constexpr std::uint64_t kReserved = 0x3FF1'C000'C000'C000;  // bits 61:52, 48:46, 31:30, 15:14

}  // namespace

std::optional<MatrixDescriptor> decode_matrix_descriptor(std::uint64_t bits, std::string& why) {
  if ((bits & kReserved) != 0) {
    why = "reserved bits of the matrix descriptor are set";
    return std::nullopt;
  }
  if (field(bits, 49, 3) != 0) {
    why = "a base offset in the matrix descriptor: patterns here start at their own alignment";
    return std::nullopt;
  }
  MatrixDescriptor matrix;
  matrix.start = field(bits, 0, 14) * 16;
  matrix.leading = field(bits, 16, 14) * 16;
  matrix.stride = field(bits, 32, 14) * 16;
  switch (field(bits, 62, 2)) {
    case 1:
      matrix.row_bytes = 128, matrix.swizzle_mask = 7;
      break;
    case 2:
      matrix.row_bytes = 64, matrix.swizzle_mask = 3;
      break;
    case 3:
      matrix.row_bytes = 32, matrix.swizzle_mask = 1;
      break;
    default:
      break;
  }
  const std::uint32_t pattern = 8 * matrix.row_bytes;
  if (matrix.row_bytes != 16 && matrix.start % pattern / matrix.row_bytes != 0) {
    why = "the matrix starts at byte " + std::to_string(matrix.start) +
          " of shared memory, inside a swizzle pattern of " + std::to_string(pattern) + " bytes";
    return std::nullopt;
  }
  if (matrix.start % matrix.row_bytes + 32 > matrix.row_bytes && matrix.row_bytes != 16) {
    why = "16 columns from byte " + std::to_string(matrix.start) + " cross the end of a " +
          std::to_string(matrix.row_bytes) + "-byte row";
    return std::nullopt;
  }
  return matrix;
}

}  // namespace fp6sim::simt
