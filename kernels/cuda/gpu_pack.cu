#include "kernels/device/launch.cuh"
#include "kernels/packing/gpu_pack.h"
#include "kernels/packing/pack_kernel.cuh"

namespace fp6sim::kernels {
namespace {

template <emu::Split S>
std::string launch_pack(const PackParameters& p, cudaStream_t stream) {
  const long long ctas = (p.blocks + kPackThreads / 32 - 1) / (kPackThreads / 32);
  if (ctas > 0x7FFFFFFF) return "more than 2^31 - 1 CTAs";
  const Target target{stream};
  return launch(pack_tiles_kernel<S>, {static_cast<unsigned>(ctas), 1, kPackThreads, 0}, target, p);
}

std::string launch_pack(emu::Split split, const PackParameters& p, cudaStream_t stream) {
  using emu::Split;
  switch (split) {
    case Split::k4Plus2:
      return launch_pack<Split::k4Plus2>(p, stream);
    case Split::k2Plus4:
      return launch_pack<Split::k2Plus4>(p, stream);
    case Split::k4Plus2Byte:
      return launch_pack<Split::k4Plus2Byte>(p, stream);
    case Split::k4Plus1:
      return launch_pack<Split::k4Plus1>(p, stream);
    case Split::k1Plus4:
      return launch_pack<Split::k1Plus4>(p, stream);
    case Split::kPacked4:
      return launch_pack<Split::kPacked4>(p, stream);
    case Split::kPadded8:
      return launch_pack<Split::kPadded8>(p, stream);
    case Split::kPacked6:
    case Split::kPacked5:
      break;
  }
  return "the split has no tile order";
}

}  // namespace

Status pack_tiles_on_gpu(const emu::TileOrder& order, const std::uint8_t* codes, std::uint32_t* wide,
                         std::uint32_t* narrow, void* stream) {
  const auto largest = static_cast<std::size_t>(kLargestExtent);
  const std::string what = std::to_string(order.rows) + " x " + std::to_string(order.columns) + " codes";
  if (order.rows < 1 || order.columns < 1 || order.rows > largest || order.columns > largest) {
    return {StatusCode::kBadShape, what + ": each must be 1.." + std::to_string(largest)};
  }
  const bool misaligned =
      reinterpret_cast<std::uintptr_t>(wide) % 16 != 0 || reinterpret_cast<std::uintptr_t>(narrow) % 16 != 0;
  if (codes == nullptr || wide == nullptr || (narrow == nullptr && order.narrow_words() != 0) || misaligned) {
    return {StatusCode::kBadPointer, what + ": a pointer is null or not 16-byte aligned"};
  }
  const PackParameters p{codes,
                         wide,
                         narrow,
                         static_cast<long long>(order.rows),
                         static_cast<long long>(order.columns),
                         static_cast<long long>(order.row_blocks()),
                         static_cast<long long>(order.row_blocks() * order.column_tiles())};
  const std::string error = launch_pack(order.split, p, static_cast<cudaStream_t>(stream));
  if (error.empty()) return {};
  return {StatusCode::kDeviceError, "packing " + what + ": " + error};
}

}  // namespace fp6sim::kernels
