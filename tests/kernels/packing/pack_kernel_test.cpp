// The GPU packer, run on the CPU, writes the words of the CPU packer.
#include "kernels/packing/pack_kernel.cuh"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "emu/simt/launch.h"
#include "kernels/packing/pack.h"

namespace fp6sim::kernels {
namespace {

template <emu::Split S>
void expect_same(std::size_t rows, std::size_t columns) {
  const emu::TileOrder order{S, rows, columns};
  std::mt19937 random(5);
  std::vector<std::uint8_t> codes(rows * columns);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random() & ((1u << emu::info(S).code_bits) - 1));
  std::vector<std::uint8_t> uncut = codes;  // the GPU packer cuts what a code is too wide
  for (auto& code : uncut) code = static_cast<std::uint8_t>(code | (random() << emu::info(S).code_bits));
  std::vector<std::uint32_t> wide(order.wide_words()), narrow(order.narrow_words());
  pack_tiles(order, codes, wide, narrow);
  std::vector<Words4> gpu_wide(wide.size() / 4, Words4{{~0u, ~0u, ~0u, ~0u}});
  std::vector<std::uint32_t> gpu_narrow(narrow.size(), ~0u);
  const std::size_t blocks = order.row_blocks() * order.column_tiles();
  simt::LaunchConfig config;
  config.kernel_name = "pack_tiles";
  config.grid.x = static_cast<unsigned>((blocks + 3) / 4);
  config.block.x = kPackThreads;
  config.buffers = {simt::read_only("codes", uncut.data(), uncut.size()),
                    simt::read_write("wide", gpu_wide.data(), gpu_wide.size())};
  if (!narrow.empty())
    config.buffers.push_back(simt::read_write("narrow", gpu_narrow.data(), gpu_narrow.size()));
  const PackParameters p{uncut.data(),
                         gpu_wide.data()->word,
                         gpu_narrow.data(),
                         static_cast<long long>(rows),
                         static_cast<long long>(columns),
                         static_cast<long long>(order.row_blocks()),
                         static_cast<long long>(blocks)};
  simt::launch(config, pack_tiles_kernel<S>, p);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    ASSERT_EQ(gpu_wide[i / 4].word[i % 4], wide[i]) << emu::name(S) << " wide word " << i;
  }
  EXPECT_EQ(gpu_narrow, narrow) << emu::name(S);
}

TEST(PackKernel, WritesTheCpuPackersWords) {
  for (const auto& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {64, 64}, {100, 130}, {80, 320}}) {
    expect_same<emu::Split::k4Plus2>(rows, columns);
    expect_same<emu::Split::k2Plus4>(rows, columns);
    expect_same<emu::Split::k4Plus2Byte>(rows, columns);
    expect_same<emu::Split::k4Plus1>(rows, columns);
    expect_same<emu::Split::k1Plus4>(rows, columns);
    expect_same<emu::Split::kPacked4>(rows, columns);
    expect_same<emu::Split::kPadded8>(rows, columns);
  }
}

}  // namespace
}  // namespace fp6sim::kernels
