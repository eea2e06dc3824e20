#include "emu/tensor_io/dtype.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "emu/decode.h"
#include "emu/error.h"
#include "emu/tensor_io/binary16_values.h"

namespace fp6sim::tensor_io {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensor files are little-endian, and read in place");

struct Row {
  DType type;
  std::string_view name;
  std::size_t bytes;
  bool floats;
};
constexpr std::array kRows{
    Row{DType::kF64, "F64", 8, true},      Row{DType::kF32, "F32", 4, true},
    Row{DType::kF16, "F16", 2, true},      Row{DType::kBf16, "BF16", 2, true},
    Row{DType::kE4M3, "F8_E4M3", 1, true}, Row{DType::kE5M2, "F8_E5M2", 1, true},
    Row{DType::kI64, "I64", 8, false},     Row{DType::kI32, "I32", 4, false},
    Row{DType::kI16, "I16", 2, true},      Row{DType::kI8, "I8", 1, true},
    Row{DType::kU64, "U64", 8, false},     Row{DType::kU32, "U32", 4, false},
    Row{DType::kU16, "U16", 2, true},      Row{DType::kU8, "U8", 1, true},
    Row{DType::kBool, "BOOL", 1, true},
};
const Row& row(DType type) {
  return kRows[static_cast<std::size_t>(type)];
}

template <class T, class Convert>
void convert_elements(const std::byte* source, std::span<float> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T element;
    std::memcpy(&element, source + i * sizeof(T), sizeof(T));
    out[i] = convert(element);
  }
}

}  // namespace

std::string_view dtype_name(DType type) {
  return row(type).name;
}
std::size_t dtype_bytes(DType type) {
  return row(type).bytes;
}
bool converts_to_float(DType type) {
  return row(type).floats;
}

std::uint64_t TensorInfo::elements() const {
  std::uint64_t product = 1;
  for (const auto extent : shape) product *= extent;
  return product;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "[";
  for (const auto extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

std::uint64_t checked_bytes(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                            const std::string& what) {
  // A zero extent empties the tensor but must not hide an absurd one beside it.
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t product = element_bytes;
  bool empty = false;
  for (const auto extent : shape) {
    if (extent == 0) {
      empty = true;
    } else if (product > kLimit / extent) {
      throw Error(what + ": shape " + shape_text(shape) + " of " + std::to_string(element_bytes) +
                  "-byte elements exceeds 2^63 - 1 bytes");
    } else {
      product *= extent;
    }
  }
  return empty ? 0 : product;
}

void to_float(const Tensor& tensor, std::uint64_t first, std::span<float> out) {
  const std::byte* source = tensor.bytes.data() + first * dtype_bytes(tensor.info.dtype);
  const auto cast = [](auto x) { return static_cast<float>(x); };
  switch (tensor.info.dtype) {
    case DType::kF64:
      return convert_elements<double>(source, out, cast);
    case DType::kF32:
      if (!out.empty()) std::memcpy(out.data(), source, out.size_bytes());
      return;
    case DType::kF16:
      return binary16_values(source, out.data(), out.size());
    case DType::kBf16:
      return convert_elements<std::uint16_t>(
          source, out, [](std::uint16_t b) { return std::bit_cast<float>(std::uint32_t{b} << 16); });
    case DType::kE4M3:
      return convert_elements<std::uint8_t>(source, out, [](auto c) { return emu::decode(emu::kE4M3, c); });
    case DType::kE5M2:
      return convert_elements<std::uint8_t>(source, out, [](auto c) { return emu::decode(emu::kE5M2, c); });
    case DType::kI16:
      return convert_elements<std::int16_t>(source, out, cast);
    case DType::kU16:
      return convert_elements<std::uint16_t>(source, out, cast);
    case DType::kI8:
      return convert_elements<std::int8_t>(source, out, cast);
    case DType::kU8:
      return convert_elements<std::uint8_t>(source, out, cast);
    case DType::kBool:
      return convert_elements<std::uint8_t>(source, out, [](auto b) { return b != 0 ? 1.0f : 0.0f; });
    case DType::kI64:
    case DType::kU64:
    case DType::kI32:
    case DType::kU32:
      break;
  }
  throw Error("tensor '" + tensor.info.name + "': " + std::string(dtype_name(tensor.info.dtype)) +
              " is not a weight type; accepted: floating types and integers of at most 16 bits");
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(tensor.info.elements());
  to_float(tensor, 0, values);
  return values;
}

}  // namespace fp6sim::tensor_io
