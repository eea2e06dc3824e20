// A kernel, with or without a design, that a GPU cannot hold says which limit it meets, and by how much.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "sim/data_files.h"
#include "sim/simulate.h"

namespace fp6sim::sim {
namespace {

std::string complaint(const GpuDescription& gpu, const std::string& kernel, const std::string& design) {
  try {
    simulate_gemm(gpu, load_kernel(kernel), load_design(design), {4096, 4096, 8});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Limits, SharedMemoryOfATileAndOfWhatADesignAdds) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.sm.shared_memory_bytes = 8 * 1024;
  const std::string kernel = complaint(gpu, "tc-fpx-w6a16", "simt");
  EXPECT_TRUE(kernel.starts_with(
      "kernel tc-fpx-w6a16 with design simt does not fit a100-sxm-40g: shared memory: a CTA needs "))
      << kernel;
  EXPECT_TRUE(kernel.ends_with(" bytes and the system's 1024 of 8192")) << kernel;
  // What holds the packed tile does not hold its binary16 weights.
  gpu.sm.shared_memory_bytes = 0;
  for (const TileOption& option : load_kernel("marlin-w4a16-g128").tiles)
    gpu.sm.shared_memory_bytes = std::max(gpu.sm.shared_memory_bytes, option.shared_bytes + 1024);
  EXPECT_EQ(complaint(gpu, "marlin-w4a16-g128", "simt"), "");
  for (const char* design : {"copy", "l2", "memctrl"}) {
    const std::string wide = complaint(gpu, "marlin-w4a16-g128", design);
    EXPECT_NE(wide.find(std::string("with design ") + design + " does not fit a100-sxm-40g: shared memory"),
              std::string::npos)
        << wide;
  }
}

TEST(Limits, ATileHoldsWholeBlocksOfRows) {
  const json::Document read = json::read_file(description_file(kKernelFolder, "trtllm-w4a16-fine"));
  boost::json::value text = read.root().raw();
  text.at("weights").at("block_rows").at("value") = 48;
  try {
    read_kernel(json::Document(std::move(text), "mine.json"));
    FAIL() << "a tile of 128 rows in blocks of 48";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("m = 128: expected a multiple of weights.block_rows, 48"),
              std::string::npos)
        << error.what();
  }
}

TEST(Limits, RegistersAndThreads) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.sm.registers = 1024;
  EXPECT_NE(complaint(gpu, "tc-fpx-w6a16", "simt").find(": registers: a CTA needs "), std::string::npos);
  EXPECT_TRUE(complaint(gpu, "tc-fpx-w6a16", "simt").ends_with(" of 1024"));
  gpu = load_gpu("a100-sxm-40g");
  gpu.sm.max_threads = 64;
  EXPECT_TRUE(complaint(gpu, "tc-fpx-w6a16", "simt").ends_with(": threads: a CTA needs 128 of 64"))
      << complaint(gpu, "tc-fpx-w6a16", "simt");
}

}  // namespace
}  // namespace fp6sim::sim
