// Instructions per weight: as the executor's recorder counts them and, where nvcc and nvdisasm are at hand,
// as the hot loop's machine code has them.
#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <mutex>

#include "emu/trace/recorder.h"
#include "kernels/host_run.h"

namespace fp6sim::kernels {
namespace {

/// Sums what all warps issued.
class Counter : public trace::Recorder {
 public:
  void begin_launch(const trace::LaunchInfo&) override {}
  void add_cta(std::uint64_t, trace::Program&& program) override {
    const std::lock_guard lock(mutex_);
    for (const trace::Warp& warp : program.warps) {
      for (const trace::Event& event : warp.events) {
        integer += event.counts.integer;
        half2 += event.counts.half2;
        convert += event.counts.convert;
        mma += event.op == trace::Op::kMma ? 1 : 0;
      }
    }
  }
  void end_launch() override {}
  std::uint64_t integer = 0, half2 = 0, convert = 0, mma = 0;

 private:
  std::mutex mutex_;
};

struct PerWeight {
  double integer, half2, convert;
};

/// Of a lane, in the main loop: the difference of a long and a short run, so that prologue and epilogue
/// cancel.
PerWeight count(const KernelSpec& spec, int capability, int n = 8) {
  Counter counters[2];
  for (const int run : {0, 1}) {
    Gpu gpu;
    gpu.compute_capability = capability;
    const GemmShape shape{256, run == 0 ? 512 : 1024, n};
    Plan plan;
    EXPECT_TRUE(choose_plan(spec, shape, gpu, plan, 1).ok());
    HostProblem problem(spec, shape, plan, 1);
    HostRun host;
    host.recorder = &counters[run];
    if (capability == 90) host.architecture = "hopper";
    run_on_host(problem.arguments(), host);
  }
  const double weights = 256.0 * 512 / 32;
  EXPECT_EQ(counters[1].mma - counters[0].mma, 256u / 16 * 512 / 16);
  return {static_cast<double>(counters[1].integer - counters[0].integer) / weights,
          static_cast<double>(counters[1].half2 - counters[0].half2) / weights,
          static_cast<double>(counters[1].convert - counters[0].convert) / weights};
}

TEST(InstructionCount, OfEveryDequantisation) {
  struct Expected {
    const char* kernel;
    const char* split;
    double integer, half2;
  };
  // Four weights of FP6 are two PRMT, two HMUL2 and what brings four codes into four bytes: 4+2-byte two LOP3
  // and on average 1.25 rotates, 4+2 three and 1.5 shifts, 2+4 three and 1. (facts/fp6.md counts 5.25 for
  // the first.) Where the magnitude does not end at a byte: a rotate and three LOP3 more. A group's scale is
  // doubled once a row and k tile: two PRMT more for 32 weights.
  for (const Expected& expected : std::to_array<Expected>({{"w6a16", "4+2-byte", 5.25 / 4, 0.5},
                                                           {"w6a16", "4+2", 6.5 / 4, 0.5},
                                                           {"w6a16", "2+4", 6.0 / 4, 0.5},
                                                           {"w6a16-e2m3", "4+2-byte", 9.25 / 4, 0.5},
                                                           {"w6a16-g128", "4+2-byte", 5.5 / 4, 0.5},
                                                           {"w5a16", "1+4", 5.375 / 4, 0.5},
                                                           {"w4a16-row", "packed4", 2.5 / 4, 1.0},
                                                           {"w8a16", "padded8", 3.0 / 4, 1.0}})) {
    const PerWeight counted = count(kernel_by_name(expected.kernel, expected.split), 80);
    EXPECT_DOUBLE_EQ(counted.integer, expected.integer) << expected.kernel << " " << expected.split;
    EXPECT_DOUBLE_EQ(counted.half2, expected.half2) << expected.kernel << " " << expected.split;
  }
  const PerWeight fp6 = count(kernel_by_name("w6a16"), 90);
  EXPECT_LE(fp6.integer, 1.35);
  EXPECT_LE(fp6.integer + fp6.half2, 1.9);
  // Hopper reads bytes of E2M3 as E4M3 with two conversions in place of a rotate, three LOP3 and two PRMT.
  for (const int n : {8, 64}) {
    const PerWeight e2m3 = count(kernel_by_name("w6a16-e2m3"), 90, n);
    EXPECT_DOUBLE_EQ(e2m3.integer, 3.25 / 4) << n;
    EXPECT_DOUBLE_EQ(e2m3.half2, 0.5) << n;
    EXPECT_DOUBLE_EQ(e2m3.convert, 0.5) << n;
  }
}

#if defined(FP6SIM_NVCC) && defined(FP6SIM_NVDISASM)
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  return pclose(pipe) == 0 ? text : "";
}
#endif

struct Listing {
  const char* name;
  const char* kernel;  ///< function and generation
  const char* architecture;
  const char* spec;  ///< as C++ text, and what gives the same
  const char* format;
  const char* split;
  int capability, tile_n, weights;  ///< weights of a lane in one round of the hot loop
};
constexpr Listing kListings[] = {
    {"sm_80", "gemm_ampere kAmpere", "80", "{}", "w6a16", "", 80, 8, 128},
    {"sm_80_4_2", "gemm_ampere kAmpere", "80", "{WeightFormat::kE3M2, emu::Split::k4Plus2}", "w6a16", "4+2",
     80, 8, 128},
    {"sm_80_2_4", "gemm_ampere kAmpere", "80", "{WeightFormat::kE3M2, emu::Split::k2Plus4}", "w6a16", "2+4",
     80, 8, 128},
    {"sm_80_e2m3", "gemm_ampere kAmpere", "80", "{WeightFormat::kE2M3}", "w6a16-e2m3", "", 80, 8, 128},
    {"sm_90a", "gemm_hopper kHopper", "90a", "{}", "w6a16", "", 90, 8, 128},
    {"sm_90a_e2m3", "gemm_hopper kHopper", "90a", "{WeightFormat::kE2M3}", "w6a16-e2m3", "", 90, 8, 128},
    {"sm_90a_wgmma", "gemm_warpgroup kWarpgroup", "90a", "{}", "w6a16", "", 90, 64, 64},
};

class MachineCode : public testing::TestWithParam<Listing> {};

TEST_P(MachineCode, HasWhatTheRecorderCounts) {
#if defined(FP6SIM_NVCC) && defined(FP6SIM_NVDISASM)
  const Listing& listing = GetParam();
  const std::string kernel = listing.kernel, architecture = listing.architecture;
  const std::string function = kernel.substr(0, kernel.find(' '));
  const std::string generation = kernel.substr(kernel.find(' ') + 1);
  const std::string stem = testing::TempDir() + "fp6sim_sass_" + listing.name;
  {
    std::FILE* source = std::fopen((stem + ".cu").c_str(), "w");
    ASSERT_NE(source, nullptr);
    std::fprintf(source,
                 "#include \"kernels/gemm/%s.cuh\"\nnamespace fp6sim::kernels {\n"
                 "template __global__ void %s<Tile<KernelSpec%s, %d, Generation::%s>>(GemmParameters);\n}\n",
                 function.c_str(), function.c_str(), listing.spec, listing.tile_n, generation.c_str());
    std::fclose(source);
  }
  ASSERT_EQ(std::system((std::string(FP6SIM_NVCC) +
                         " -std=c++20 --expt-relaxed-constexpr -O3 -cubin -I " FP6SIM_SOURCE
                         " -gencode=arch=compute_" +
                         architecture + ",code=sm_" + architecture + " " + stem + ".cu -o " + stem + ".cubin")
                            .c_str()),
            0);
  const std::string json =
      output_of(std::string(FP6SIM_PYTHON " " FP6SIM_SOURCE "/tools/sass_count.py ") + FP6SIM_NVDISASM + " " +
                stem + ".cubin " + std::to_string(listing.weights));
  ASSERT_FALSE(json.empty());
  const auto sass = boost::json::parse(json).as_object();
  const PerWeight recorded =
      count(kernel_by_name(listing.format, listing.split), listing.capability, listing.tile_n);
  EXPECT_EQ(sass.at("mma").as_int64(), listing.weights / 8);  // a fragment of A is eight weights a lane
  EXPECT_NEAR(sass.at("integer_per_weight").as_double(), recorded.integer, 0.15 * recorded.integer) << json;
  EXPECT_NEAR(sass.at("convert_per_weight").as_double(), recorded.convert, 0.15 * recorded.convert) << json;
  EXPECT_NEAR(sass.at("half2_per_weight").as_double(), recorded.half2, 0.15 * recorded.half2) << json;
#else
  GTEST_SKIP() << "needs nvcc and nvdisasm (FP6SIM_NVCC, FP6SIM_NVDISASM at configuration)";
#endif
}

INSTANTIATE_TEST_SUITE_P(Architectures, MachineCode, testing::ValuesIn(kListings),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace fp6sim::kernels
