// Verifies, race-checks and traces my_kernel without a GPU.
#include <cstdio>
#include <random>

#include "emu/binary16.h"
#include "emu/gemm/gemm.h"
#include "emu/simt/launch.h"
#include "emu/trace/writer.h"
#include "my_kernel.cu"  // the file nvcc compiles, here as C++
#include "my_layout.h"

int main() try {
  using namespace fp6sim;
  const int m = 192, k = 320;
  std::mt19937 random(1);
  std::vector<std::uint8_t> codes(m * k);
  std::vector<std::uint16_t> scales(m), w(m * k), x(8 * k), y(8 * m), expected(8 * m);
  for (auto& code : codes) code = random() % 64;
  for (auto& bits : x) bits = emu::to_binary16(float(random() % 2001) / 1000 - 1);
  for (auto& bits : scales)
    bits = emu::to_binary16(4096 * (0.01f + float(random() % 100) / 1000));  // 2^12 merged
  for (int i = 0; i < m * k; ++i) {
    w[i] = emu::to_binary16(emu::decode(emu::kE3M2, codes[i]) * emu::from_binary16(scales[i / k]) / 4096);
  }
  const std::vector<std::uint16_t> packed = my_pack(codes, m, k);

  // From here on: the twenty lines. Every access, barrier and copy of the kernel is checked while it runs.
  trace::Writer trace("my_kernel.trace");
  simt::LaunchConfig config;
  config.kernel_name = "my_kernel";
  config.grid = {m / kMyRows};
  config.block = {kMyThreads};
  config.dynamic_shared_bytes = kMySharedBytes;
  config.architecture = "ampere";
  config.buffers = {simt::read_only("weights", packed.data(), packed.size()),
                    simt::read_only("scales", scales.data(), scales.size()),
                    simt::read_only("x", x.data(), x.size()), simt::read_write("y", y.data(), y.size())};
  config.recorder = &trace;
  simt::launch(config, my_kernel, packed.data(), scales.data(), x.data(), y.data(), m, k);
  trace.finish();

  emu::exact_gemm({.architecture = emu::Architecture::kAmpere}, {m, k, 8}, w, x, expected);
  for (int i = 0; i < 8 * m; ++i) {
    if (y[i] == expected[i]) continue;
    std::printf("token %d row %d: %04x, expected %04x\n", i / m, i % m, y[i], expected[i]);
    return 1;
  }
  std::printf("my_kernel: %d outputs equal an A100's bits; no violation; trace in my_kernel.trace\n", 8 * m);
} catch (const fp6sim::Error& error) {
  std::printf("%s\n", error.what());
  return 1;
}
