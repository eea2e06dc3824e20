// Shapes that take every path of the GEMM kernels: what gemm_test runs every kernel on, and what
// tools/mutate_kernels.py runs altered ones on.
#pragma once

#include <algorithm>
#include <iterator>

#include "emu/mma/mma.h"
#include "kernels/problem.h"

namespace fp6sim::kernels {

struct Case {
  GemmShape shape;
  int splits;
  const char* why;
  bool nans = false;  ///< every other token is all NaN
};

// K is rounded up to the group where there is one.
inline constexpr Case kCases[] = {
    {{1, 1, 1}, 1, "the smallest GEMM there is"},
    {{16, 64, 1}, 1, "one block of weights"},
    {{256, 64, 8}, 1, "exactly one tile"},
    {{256, 256, 8}, 1, "as many k tiles as stages"},
    {{256, 192, 8}, 1, "one fewer"},
    {{256, 704, 8}, 1, "eleven: every slot is used a third time"},
    {{257, 128, 8}, 1, "a row in a second tile; three of four warps idle there"},
    {{64, 128, 3}, 1, "one warp has rows"},
    {{65, 72, 2}, 1, "ragged rows and columns, rows of x 16-byte aligned"},
    {{100, 100, 7}, 1, "k not a multiple of 8: elements one by one"},
    {{31, 33, 5}, 1, "odd k: rows of x are 2-byte aligned"},
    {{128, 65, 9}, 1, "a column in a second tile, batch tile 16"},
    {{255, 127, 10}, 2, "odd everything, split K"},
    {{300, 200, 5}, 2, "uneven split of four tiles"},
    {{192, 320, 16}, 3, "five tiles in three splits"},
    {{128, 448, 12}, 7, "one tile a split"},
    {{64, 640, 1}, 5, "two tiles a split, fewer than stages"},
    {{512, 128, 13}, 2, "two row tiles, counters of each"},
    {{80, 192, 17}, 1, "batch tile 32, nearly half empty"},
    {{272, 96, 24}, 1, "ragged rows at batch 24"},
    {{64, 136, 32}, 2, "exactly 32"},
    {{96, 264, 31}, 4, "an odd token beside an empty one"},
    {{64, 128, 33}, 1, "batch tile 64: eight warps"},
    {{200, 72, 48}, 1, "rows for seven of eight warps"},
    {{256, 136, 64}, 2, "exactly 64"},
    {{40, 50, 50}, 1, "element by element with eight warps"},
    {{64, 704, 65}, 1, "batch tile 128, half empty; every slot a third time"},
    {{130, 130, 100}, 2, "everything ragged in the widest tile"},
    {{288, 64, 128}, 1, "exactly 128, rows in two tiles"},
    {{64, 192, 130}, 3, "two batch tiles share one weight tile, split K"},
    {{48, 325, 6}, 1, "element by element through every slot twice"},
    {{40, 331, 50}, 1, "the same with wgmma"},
    {{24, 397, 70}, 1, "the same in the widest tile"},
    {{64, 72, 5}, 1, "tokens keep their NaNs to themselves", true},
    {{64, 72, 40}, 1, "the same with wgmma", true},
    {{64, 72, 70}, 1, "the same in the widest tile", true},
};
static_assert(std::size(kCases) >= 30);

/// Of dequantising to memory (K rounded up to the group), and of the dense kernel.
inline constexpr GemmShape kDequantizeShapes[] = {{1, 1, 1}, {130, 200, 1}, {64, 129, 1}, {80, 320, 1}};
inline constexpr GemmShape kDenseShapes[] = {{1, 1, 1},       {128, 32, 128}, {256, 128, 256},
                                             {130, 200, 140}, {100, 63, 65},  {129, 96, 33},
                                             {64, 520, 130},  {300, 40, 7},   {70, 52, 16}};

/// The architectures that run a case: 80, 90 and, where it takes other kernels, 100.
struct Setting {
  GemmShape shape;
  Gpu gpu;
  emu::Architecture architecture;
};
inline Setting setting_of(const KernelSpec& spec, const Case& c, int capability) {
  Setting setting{c.shape, {}, emu::Architecture::kAmpere};
  if (spec.group != 0) setting.shape.k = (c.shape.k + spec.group - 1) / spec.group * spec.group;
  setting.gpu.compute_capability = capability;
  if (capability == 90) setting.architecture = emu::Architecture::kHopper;
  if (capability == 100) setting.architecture = emu::Architecture::kBlackwell;
  return setting;
}

/// NaNs in every other token must not reach the ones between: a tile may copy beyond a row of x, where the
/// next token lies, and weights of zero would not hide it.
inline void plant_nans(HostProblem& problem) {
  for (std::int64_t token = 1; token < problem.shape.n; token += 2) {
    std::fill_n(problem.x.begin() + token * problem.shape.k, problem.shape.k, std::uint16_t{0x7FFF});
  }
}

}  // namespace fp6sim::kernels
