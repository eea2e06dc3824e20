// .npy and .safetensors headers: any bytes are a header whose tensors lie inside the file, or an Error.
#include <cstring>

#include "emu/error.h"
#include "emu/tensor_io/npy.h"
#include "emu/tensor_io/safetensors.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {
namespace {

void check_inside(const tensor_io::TensorInfo& info, std::size_t size) {
  const std::uint64_t bytes =
      tensor_io::checked_bytes(info.shape, tensor_io::dtype_bytes(info.dtype), "fuzz");
  if (info.offset > size || bytes > size - info.offset) disagree("tensor " + info.name + " outside its file");
}

}  // namespace

std::vector<std::string> seeds() {
  std::string npy =
      tensor_io::npy_header(tensor_io::DType::kF32, std::vector<std::uint64_t>{2, 3}) + std::string(24, 'x');
  std::vector<tensor_io::TensorInfo> tensors(2);
  tensors[0] = {"first", tensor_io::DType::kF16, {2, 2}, 0};
  tensors[1] = {"second", tensor_io::DType::kU8, {5}, 0};
  const std::string safetensors =
      tensor_io::safetensors_header(tensors, {{"made", "by hand"}}) + std::string(13, 'y');
  return {npy, safetensors};
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(bytes), size);
  try {
    const auto header = tensor_io::parse_npy_header(file, "fuzz.npy");
    check_inside(header.info, size);
    std::vector<std::byte> copy;
    tensor_io::npy_tensor(file, header, copy);
  } catch (const Error&) {
  }
  try {
    for (const auto& info : tensor_io::parse_safetensors_header(file, "fuzz.safetensors").tensors)
      check_inside(info, size);
  } catch (const Error&) {
  }
}

}  // namespace fp6sim::fuzz
