// Mixed-input GEMM for GPUs: Y[N,M] = X[N,K] * W[M,K]^T, W of 4 to 8 bits, X and Y binary16 or bfloat16,
// binary32 accumulation. Choosing, packing and checking are plain C++ and need no GPU.
//
// Numerics, the same on a GPU and on a CPU: weight = RN16(value * scale), one rounding; k ascending in steps
// of 16, K padded with +0; partial sums of a split K added in binary32 in ascending order; one final
// rounding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emu/packing/tile_order.h"
#include "kernels/variant.h"

namespace fp6sim::kernels {

enum class StatusCode : std::uint8_t {
  kOk = 0,
  kBadShape,     ///< m, k or n out of range, or k not a multiple of the group
  kBadPointer,   ///< null or misaligned
  kBadBuffer,    ///< a buffer too short
  kBadValue,     ///< a code or scale the format cannot take
  kUnsupported,  ///< a kernel, architecture or build that does not exist here
  kDeviceError,  ///< the CUDA run-time refused; its message is quoted
};

/// An error as a value: what, its value, what is accepted. Nothing in this header throws unless it says so.
struct Status {
  StatusCode code = StatusCode::kOk;
  std::string message;
  bool ok() const { return code == StatusCode::kOk; }
};

/// m: outputs, k: inputs, n: tokens. Each 1..2^24 (kLargestExtent); k a multiple of the spec's group.
struct GemmShape {
  std::int64_t m = 0, k = 0, n = 0;
};
inline constexpr std::int64_t kLargestExtent = std::int64_t{1} << 24;

/// What the chooser needs to know of a GPU.
struct Gpu {
  int compute_capability = 80;  ///< 10 * major + minor: 90..109 take bulk copies, 90 wgmma above 32 tokens;
                                ///< others from 80 on the cp.async kernel, from 110 by its PTX
  int sm_count = 108;
  std::size_t shared_bytes_per_sm = 164 * 1024;
  std::size_t shared_bytes_per_block = 163 * 1024;
  double dram_bytes_per_cycle = 0;  ///< of an SM cycle, all SMs; 0: typical of the compute capability
};

/// How a GEMM is launched. Plain numbers: a simulator can take them as a kernel description.
struct Plan {
  Generation generation = Generation::kAmpere;
  int tile_m = 0, tile_n = 0, tile_k = 0;
  int stages = 0;
  int threads = 0;
  int splits = 0;  ///< CTAs that share one tile's K; partials added in ascending order
  std::int64_t m_tiles = 0, n_tiles = 0, k_tiles = 0;
  std::size_t shared_bytes = 0;        ///< dynamic, per CTA
  std::size_t stage_bytes = 0;         ///< of them, one pipeline stage
  std::size_t stage_weight_bytes = 0;  ///< of them, packed weights, scales and zero points
  std::int64_t ctas() const { return m_tiles * n_tiles * splits; }
};

/// The plan for a shape: the narrowest batch tile that holds n (at most 128; 64 where bulk copies meet
/// mma.sync), and the split of K that needs the fewest rounds of full SMs. `splits` 0 chooses; else it is
/// taken (at most the k tiles).
Status choose_plan(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, Plan& plan,
                   int splits = 0);

/// Bytes a launch of this plan needs: counters first, then binary32 partial sums; 0 where K is not split.
std::size_t workspace_bytes(const Plan& plan);

/// Where the parts of packed weights lie in one buffer, in bytes; every part starts on a 128-byte line.
struct PackedLayout {
  std::size_t wide = 0, narrow = 0, scales = 0, zeros = 0;  ///< offsets
  std::size_t bytes = 0;
  emu::TileOrder order;
  std::int64_t groups = 1;  ///< along K, padding included
};
Status packed_layout(const KernelSpec& spec, std::int64_t m, std::int64_t k, PackedLayout& layout);

/// Codes [m, k] (low bits), scales [m, k/group] (row: [m]) of the activation's type, zero points likewise one
/// a byte (only where the spec has them) -> packed_layout().bytes bytes. On several threads. FP formats keep
/// scale * 2^shift, so their scales must be below 16 (E3M2) or 4 (E2M2, E2M3); larger or non-finite ones are
/// refused by row.
Status pack_weights(const KernelSpec& spec, std::int64_t m, std::int64_t k,
                    std::span<const std::uint8_t> codes, std::span<const std::uint16_t> scales,
                    std::span<const std::uint8_t> zeros, std::span<std::byte> packed);

/// One GEMM. All pointers are device memory on a GPU and host memory on a CPU.
struct GemmArguments {
  KernelSpec spec;
  GemmShape shape;
  Plan plan;                     ///< from choose_plan() for this spec and shape
  const void* packed = nullptr;  ///< 128-byte aligned
  std::size_t packed_bytes = 0;
  const std::uint16_t* x =
      nullptr;                 ///< [n, k]; 16-byte aligned with k % 8 == 0 is the fast path, 2-byte enough
  std::uint16_t* y = nullptr;  ///< [n, m], 2-byte aligned
  void* workspace = nullptr;   ///< 128-byte aligned; may be null where workspace_bytes() is 0. Its first
                               ///< counter_bytes(plan) must be zero before the first use; every call
                               ///< leaves them zero. One workspace serves one stream at a time
  std::size_t workspace_bytes = 0;
};
std::size_t counter_bytes(const Plan& plan);

/// Everything that can be said without touching the device: shapes, plan, null or misaligned pointers, short
/// buffers.
Status check(const GemmArguments& arguments);

/// Launches on `stream` (a cudaStream_t) and returns. Allocates no device memory, does not synchronise or
/// query the device, may be captured in a CUDA graph. Needs a build with FP6SIM_CUDA; without one:
/// kUnsupported.
Status gemm(const GemmArguments& arguments, void* stream);

/// Whether gemm() is compiled in.
bool has_cuda();

}  // namespace fp6sim::kernels
