// Packing weights whose codes are on the GPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emu/packing/tile_order.h"
#include "kernels/gemm.h"

namespace fp6sim::kernels {

/// Codes [rows, columns], one a byte, device memory -> the words of `order`, device memory of wide_words()
/// and narrow_words() words (16-byte aligned; narrow may be null where there are none). Bits above the
/// split's code width are ignored. Asynchronous on `stream` (a cudaStream_t); allocates nothing. Without
/// FP6SIM_CUDA: kUnsupported.
Status pack_tiles_on_gpu(const emu::TileOrder& order, const std::uint8_t* codes, std::uint32_t* wide,
                         std::uint32_t* narrow, void* stream);

}  // namespace fp6sim::kernels
