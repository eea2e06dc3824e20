// Where wgmma finds its operands, by somebody else's reading of it: numbers that a program of CuTe's layouts
// printed (NVIDIA/cutlass 7107b055, include/cute/atom/mma_traits_sm90_gmma.hpp: Layout_K_SW128_Atom of half_t
// at a 1024-byte boundary, make_gmma_desc of its first 16 columns, ALayout_64x16, CLayout_64xN). The kernels'
// descriptor, the executor's decoder and its fragments must all agree with them.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "emu/binary16.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"
#include "emu/simt/matrix_descriptor.h"
#include "kernels/device/matrix_descriptor.h"

namespace fp6sim::simt {
namespace {

/// The 16-byte piece of shared memory that holds columns 8c..8c+7 of row r; every eight rows 64 further.
constexpr unsigned kPiece[8][8] = {{0, 1, 2, 3, 4, 5, 6, 7},         {9, 8, 11, 10, 13, 12, 15, 14},
                                   {18, 19, 16, 17, 22, 23, 20, 21}, {27, 26, 25, 24, 31, 30, 29, 28},
                                   {36, 37, 38, 39, 32, 33, 34, 35}, {45, 44, 47, 46, 41, 40, 43, 42},
                                   {54, 55, 52, 53, 50, 51, 48, 49}, {63, 62, 61, 60, 59, 58, 57, 56}};
constexpr unsigned piece(unsigned row, unsigned chunk) {
  return row / 8 * 64 + kPiece[row % 8][chunk];
}
/// All but the start address, whatever the number of rows.
constexpr std::uint64_t kDescriptor = 0x4000'0040'0001'0000;

/// Element number (row + 64 * column) of a thread's value: a stride for each digit of both.
///   thread (4, 8, 4):(128, 1, 16)    value (2, 2, ..):(64, 8, 512)
constexpr unsigned element(unsigned thread, unsigned value) {
  return thread % 4 * 128 + thread / 4 % 8 + thread / 32 * 16 + value % 2 * 64 + value / 2 % 2 * 8 +
         value / 4 * 512;
}

TEST(WarpgroupLayout, KernelsWriteTokensWhereCutlassLooksForThem) {
  for (unsigned row = 0; row < 128; ++row) {
    for (unsigned column = 0; column < 64; ++column) {
      EXPECT_EQ(
          static_cast<unsigned>(kernels::swizzled_byte(static_cast<int>(row), static_cast<int>(column))),
          16 * piece(row, column / 8) + column % 8 * 2)
          << row << ", " << column;
    }
  }
}

TEST(WarpgroupLayout, DescriptorIsCutlasss) {
  for (const std::uint32_t start : {1024u, 17408u, 230400u}) {
    EXPECT_EQ(kernels::swizzled_rows_descriptor(start), kDescriptor | start / 16);
    for (unsigned step = 0; step < 4; ++step) {  // 32 bytes further a step
      std::string why;
      const auto matrix = decode_matrix_descriptor(
          kernels::swizzled_rows_descriptor(start) + step * kernels::kDescriptorStep, why);
      ASSERT_TRUE(matrix) << why;
      for (unsigned token = 0; token < 128; ++token) {
        for (unsigned k = 0; k < 16; ++k) {
          ASSERT_EQ(matrix->address(token, k), start + 16 * piece(token, 2 * step + k / 8) + k % 8 * 2)
              << token << ", " << k << " of step " << step;
        }
      }
    }
  }
}

/// D[64, tokens] = A[64, 16] B[tokens, 16]^T of step `step`, every operand placed by the tables above.
template <unsigned Tokens>
void kernel(unsigned step, const std::uint16_t* a, const std::uint16_t* b, float* out) {
  std::byte* const shared = dynamic_shared();
  const unsigned thread = thread_idx().x;
  for (unsigned at = thread; at < Tokens * 64; at += 128) {
    const unsigned token = at / 64, column = at % 64;
    store_shared(reinterpret_cast<std::uint16_t*>(shared + 16 * piece(token, column / 8)) + column % 8,
                 column / 16 == step ? b[token * 16 + column % 16] : emu::to_binary16(1000.0f));
  }
  fence_proxy_async();
  sync_threads();
  std::uint32_t fragment[1][4];
  for (unsigned pair = 0; pair < 4; ++pair) {
    fragment[0][pair] = std::uint32_t{a[element(thread, 2 * pair + 1)]} << 16 | a[element(thread, 2 * pair)];
  }
  float d[Tokens / 8][4] = {};
  wgmma_fence(d);
  wgmma_fence(fragment);
  wgmma(MmaInput::kF16, d, fragment[0], kDescriptor | (shared_address(shared) / 16 + 2 * step));
  wgmma_commit();
  wgmma_wait_group(0);
  for (unsigned value = 0; value < Tokens / 2; ++value) {
    store_global(out + element(thread, value), d[value / 4][value % 4]);
  }
}

template <unsigned Tokens>
void expect_product(unsigned step) {
  std::mt19937 random(7);
  std::vector<std::uint16_t> a(64 * 16), b(Tokens * 16);  // a: column-major, as element() numbers it
  for (auto& x : a) x = emu::to_binary16(static_cast<float>(random() % 64) / 8 - 4);
  for (auto& x : b) x = emu::to_binary16(static_cast<float>(random() % 64) / 8 - 4);
  std::vector<float> d(64 * Tokens, -1.0f);
  LaunchConfig config;
  config.kernel_name = "wgmma";
  config.block = {128};
  config.dynamic_shared_bytes = Tokens * 128;
  config.architecture = "hopper";
  config.buffers = {read_write("out", d.data(), d.size())};
  launch(config, kernel<Tokens>, step, static_cast<const std::uint16_t*>(a.data()),
         static_cast<const std::uint16_t*>(b.data()), d.data());
  for (unsigned m = 0; m < 64; ++m) {
    for (unsigned n = 0; n < Tokens; ++n) {
      float sum = 0;  // exact: products of multiples of 1/8 below 4
      for (unsigned k = 0; k < 16; ++k) {
        sum += emu::from_binary16(a[m + 64 * k]) * emu::from_binary16(b[n * 16 + k]);
      }
      ASSERT_EQ(d[m + 64 * n], sum) << "row " << m << ", token " << n << ", step " << step;
    }
  }
}

TEST(WarpgroupLayout, ExecutorMultipliesWhatCutlassWouldHavePlaced) {
  for (unsigned step = 0; step < 4; ++step) {
    expect_product<64>(step);
    expect_product<128>(step);
  }
}

}  // namespace
}  // namespace fp6sim::simt
