// Element types of tensor files, and how their elements become binary32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::tensor_io {

enum class DType : std::uint8_t {
  kF64,
  kF32,
  kF16,
  kBf16,
  kE4M3,
  kE5M2,
  kI64,
  kI32,
  kI16,
  kI8,
  kU64,
  kU32,
  kU16,
  kU8,
  kBool
};

/// The name safetensors uses: "F64" "F32" "F16" "BF16" "F8_E4M3" "F8_E5M2" "I64" .. "U8" "BOOL".
std::string_view dtype_name(DType type);
std::size_t dtype_bytes(DType type);
/// Types whose elements to_float() accepts: every floating type, and integers of at most 16 bits (exact in
/// binary32).
bool converts_to_float(DType type);

/// What a file's header says of one tensor. `offset` is where its bytes start in the file.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;  ///< row-major; empty: a scalar
  std::uint64_t offset = 0;

  std::uint64_t elements() const;  ///< product of the shape; readers have checked that it does not overflow
  std::uint64_t bytes() const { return elements() * dtype_bytes(dtype); }
};

/// A tensor in memory: `bytes` has info.bytes() bytes, little-endian, and lives as long as what it came from.
struct Tensor {
  TensorInfo info;
  std::span<const std::byte> bytes;
};

/// "[4096, 11008]"
std::string shape_text(std::span<const std::uint64_t> shape);

/// Product of `shape` times `element_bytes`, or an Error naming `what` where it exceeds 2^63 - 1.
std::uint64_t checked_bytes(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                            const std::string& what);

/// Elements first .. first + out.size() - 1 of the tensor as binary32. Exact, but for F64 (RNE). `tensor`
/// need not be aligned. Precondition: converts_to_float(tensor.info.dtype), and the range is inside the
/// tensor.
void to_float(const Tensor& tensor, std::uint64_t first, std::span<float> out);

/// All of it. Throws fp6sim::Error naming the tensor where its type is not accepted.
std::vector<float> to_floats(const Tensor& tensor);

}  // namespace fp6sim::tensor_io
