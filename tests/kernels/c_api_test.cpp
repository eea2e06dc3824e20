// The C ABI says what the C++ API says, and survives arguments that come from anywhere.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/fp6sim.h"
#include "kernels/problem.h"

namespace fp6sim::kernels {
namespace {

class CApi : public testing::Test {
 protected:
  fp6sim_message message() { return {text_, sizeof text_}; }
  bool says(const char* part) const { return std::strstr(text_, part) != nullptr; }
  fp6sim_gpu gpu_{80, 108, 164 * 1024, 163 * 1024, 0};
  fp6sim_plan plan_{};
  char text_[200] = "";
};

TEST_F(CApi, ChoosesAndPacksAsTheCppApiDoes) {
  ASSERT_EQ(fp6sim_choose("w4a16-g128-zp", nullptr, FP6SIM_FP16, 100, 256, 5, &gpu_, 0, &plan_, message()),
            FP6SIM_OK);
  const KernelSpec spec = kernel_by_name("w4a16-g128-zp");
  Plan plan;
  ASSERT_TRUE(choose_plan(spec, {100, 256, 5}, {}, plan).ok());
  EXPECT_EQ(plan_.splits, plan.splits);
  EXPECT_EQ(plan_.tile_n, plan.tile_n);
  EXPECT_EQ(plan_.workspace_bytes, workspace_bytes(plan));
  HostProblem problem(spec, {100, 256, 5}, plan, 2);
  ASSERT_EQ(plan_.packed_bytes, problem.packed().size());
  struct alignas(128) Line {
    std::byte bytes[128];
  };
  std::vector<Line> packed(plan_.packed_bytes / 128);
  ASSERT_EQ(fp6sim_pack(&plan_, problem.codes.data(), problem.scales.data(), problem.zeros.data(),
                        packed.data(), message()),
            FP6SIM_OK)
      << text_;
  EXPECT_EQ(std::memcmp(packed.data(), problem.packed().data(), plan_.packed_bytes), 0);
}

TEST_F(CApi, NamesWhatIsWrong) {
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 0, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_SHAPE);
  EXPECT_TRUE(says("m = 0"));
  EXPECT_EQ(fp6sim_choose("w9a16", nullptr, FP6SIM_FP16, 1, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("w9a16"));
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, 7, 1, 64, 1, &gpu_, 0, &plan_, message()), FP6SIM_BAD_VALUE);
  EXPECT_EQ(fp6sim_choose(nullptr, nullptr, FP6SIM_FP16, 1, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_POINTER);
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 1, 64, 1, nullptr, 0, &plan_, {nullptr, 0}),
            FP6SIM_BAD_POINTER);
  gpu_.compute_capability = 70;
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 1, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_UNSUPPORTED);
}

TEST_F(CApi, CutsLongMessages) {
  char small[8];
  std::memset(small, 'x', sizeof small);
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 0, 64, 1, &gpu_, 0, &plan_, {small, sizeof small}),
            FP6SIM_BAD_SHAPE);
  EXPECT_EQ(std::strlen(small), 7u);
}

TEST_F(CApi, GemmRefusesBeforeItLaunches) {
  ASSERT_EQ(fp6sim_choose("w6a16", "4+2", FP6SIM_FP16, 64, 64, 1, &gpu_, 1, &plan_, message()), FP6SIM_OK);
  alignas(128) static std::uint16_t x[64], y[64];
  alignas(128) static std::byte packed[8192];
  EXPECT_EQ(fp6sim_gemm(&plan_, packed, 10, x, y, nullptr, 0, nullptr, message()), FP6SIM_BAD_BUFFER);
  EXPECT_TRUE(says("packed weights has 10 bytes"));
  EXPECT_EQ(fp6sim_gemm(&plan_, packed, sizeof packed, nullptr, y, nullptr, 0, nullptr, message()),
            FP6SIM_BAD_POINTER);
  if (fp6sim_has_cuda() == 0) {
    EXPECT_EQ(fp6sim_gemm(&plan_, packed, sizeof packed, x, y, nullptr, 0, nullptr, message()),
              FP6SIM_UNSUPPORTED);
    EXPECT_TRUE(says("FP6SIM_CUDA"));
  }
  plan_.tile_n = 77;
  EXPECT_EQ(fp6sim_gemm(&plan_, packed, sizeof packed, x, y, nullptr, 0, nullptr, message()),
            FP6SIM_BAD_VALUE);
  plan_.weights = 200;
  EXPECT_EQ(fp6sim_gemm(&plan_, packed, sizeof packed, x, y, nullptr, 0, nullptr, message()),
            FP6SIM_BAD_VALUE);
}

class CApiRoute : public CApi {
 protected:
  fp6sim_code choose(std::int64_t n, int path, const fp6sim_cublas* cublas = nullptr) {
    return fp6sim_choose_route("w6a16", nullptr, FP6SIM_FP16, 64, 100, n, &gpu_, path, cublas, &route_,
                               message());
  }
  fp6sim_route route_{};
};

TEST_F(CApiRoute, SaysHowMuchWorkspaceEachPathNeeds) {
  ASSERT_EQ(choose(8, FP6SIM_PATH_CHOSEN), FP6SIM_OK) << text_;
  EXPECT_EQ(route_.path, FP6SIM_PATH_FUSED);
  EXPECT_EQ(route_.workspace_bytes, route_.plan.workspace_bytes);
  ASSERT_EQ(choose(8, FP6SIM_PATH_DENSE), FP6SIM_OK) << text_;
  EXPECT_EQ(route_.leading, 104);
  EXPECT_EQ(route_.workspace_bytes, 2u * 64 * 104);
  fp6sim_cublas* cublas = nullptr;
  ASSERT_EQ(fp6sim_open_cublas(FAKE_CUBLAS, &cublas, message()), FP6SIM_OK) << text_;
  ASSERT_EQ(choose(8, FP6SIM_PATH_CUBLAS, cublas), FP6SIM_OK) << text_;
  EXPECT_EQ(route_.workspace_bytes, 2u * 64 * 104 + (32u << 20));
  fp6sim_close_cublas(cublas);
}

TEST_F(CApiRoute, NamesWhatIsWrong) {
  fp6sim_cublas* cublas = nullptr;
  EXPECT_EQ(fp6sim_open_cublas("/no/such.so", &cublas, message()), FP6SIM_UNSUPPORTED);
  EXPECT_TRUE(says("/no/such.so"));
  EXPECT_EQ(cublas, nullptr);
  EXPECT_EQ(fp6sim_open_cublas(nullptr, nullptr, message()), FP6SIM_BAD_POINTER);
  EXPECT_EQ(choose(8, FP6SIM_PATH_CUBLAS), FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("needs a cuBLAS"));
  EXPECT_EQ(choose(8, 9), FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("path 9"));
  EXPECT_EQ(choose(0, FP6SIM_PATH_DENSE), FP6SIM_BAD_SHAPE);
  EXPECT_EQ(
      fp6sim_choose_route("w6a16", nullptr, FP6SIM_FP16, 64, 64, 1, &gpu_, -1, nullptr, nullptr, message()),
      FP6SIM_BAD_POINTER);
  gpu_.compute_capability = 75;
  EXPECT_EQ(choose(8, FP6SIM_PATH_DENSE), FP6SIM_UNSUPPORTED);
}

TEST_F(CApiRoute, GemmRefusesBeforeItLaunches) {
  ASSERT_EQ(choose(2, FP6SIM_PATH_DENSE), FP6SIM_OK) << text_;
  alignas(256) static std::uint16_t x[200], y[128], workspace[64 * 104];
  alignas(128) static std::byte packed[16384];
  const auto run = [&](const void* activations, std::uint64_t workspace_bytes) {
    return fp6sim_gemm_route(&route_, packed, sizeof packed, activations, y, workspace, workspace_bytes,
                             nullptr, nullptr, message());
  };
  EXPECT_EQ(run(nullptr, sizeof workspace), FP6SIM_BAD_POINTER);
  EXPECT_EQ(run(x, sizeof workspace - 1), FP6SIM_BAD_BUFFER);
  EXPECT_TRUE(says("workspace has"));
  EXPECT_EQ(fp6sim_gemm_route(nullptr, packed, sizeof packed, x, y, workspace, sizeof workspace, nullptr,
                              nullptr, message()),
            FP6SIM_BAD_POINTER);
  if (fp6sim_has_cuda() == 0) {
    EXPECT_EQ(run(x, sizeof workspace), FP6SIM_UNSUPPORTED);
  }
  route_.path = FP6SIM_PATH_CUBLAS;
  EXPECT_EQ(run(x, sizeof workspace), FP6SIM_BAD_POINTER);
  EXPECT_TRUE(says("cublas is null"));
  route_.path = 5;
  EXPECT_EQ(run(x, sizeof workspace), FP6SIM_BAD_VALUE);
  route_.path = FP6SIM_PATH_DENSE;
  route_.leading = 100;
  EXPECT_EQ(run(x, sizeof workspace), FP6SIM_BAD_VALUE);
}

}  // namespace
}  // namespace fp6sim::kernels
