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

TEST_F(CApi, RefusesEveryBadPointerBufferAndShape) {
  EXPECT_EQ(
      fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, std::int64_t{1} << 25, 64, 1, &gpu_, 0, &plan_, message()),
      FP6SIM_BAD_SHAPE);
  EXPECT_TRUE(says("m = 33554432")) << text_;
  EXPECT_EQ(fp6sim_choose("w4a16-g128", nullptr, FP6SIM_FP16, 64, 100, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_SHAPE);
  EXPECT_TRUE(says("multiple of the group, 128")) << text_;
  EXPECT_EQ(fp6sim_choose("w6a16", "3+3", FP6SIM_FP16, 64, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("no split '3+3'")) << text_;
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 64, 64, 1, &gpu_, 0, nullptr, message()),
            FP6SIM_BAD_POINTER);
  gpu_.shared_bytes_per_block = 1024;
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 64, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_UNSUPPORTED);
  gpu_.shared_bytes_per_block = 163 * 1024;
  gpu_.sm_count = 0;
  EXPECT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 64, 64, 1, &gpu_, 0, &plan_, message()),
            FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("sm_count = 0")) << text_;
  gpu_.sm_count = 108;

  ASSERT_EQ(fp6sim_choose("w6a16", nullptr, FP6SIM_FP16, 64, 256, 2, &gpu_, 2, &plan_, message()), FP6SIM_OK);
  ASSERT_GT(plan_.workspace_bytes, 0u);
  struct alignas(128) Line {
    std::byte bytes[128];
  };
  std::vector<Line> packed(plan_.packed_bytes / 128 + 1), workspace(plan_.workspace_bytes / 128 + 1);
  std::vector<std::uint16_t> x(512), y(128), scales(64, 0x2000);
  std::vector<std::uint8_t> codes(64 * 256);
  auto* const packed_bytes = packed.data()->bytes;
  auto* const workspace_bytes = workspace.data()->bytes;
  auto* const odd_x = reinterpret_cast<std::byte*>(x.data()) + 1;
  struct Case {
    const void *packed, *x;
    void *y, *workspace;
    std::uint64_t packed_size, workspace_size;
    fp6sim_code code;
    const char* part;
  };
  const std::uint64_t enough = plan_.packed_bytes, room = plan_.workspace_bytes;
  for (const Case& c :
       {Case{nullptr, x.data(), y.data(), workspace_bytes, enough, room, FP6SIM_BAD_POINTER,
             "packed weights is null"},
        {packed_bytes + 64, x.data(), y.data(), workspace_bytes, enough, room, FP6SIM_BAD_POINTER,
         "packed weights is not aligned to 128"},
        {packed_bytes, x.data(), y.data(), workspace_bytes, enough - 1, room, FP6SIM_BAD_BUFFER,
         "packed weights has"},
        {packed_bytes, nullptr, y.data(), workspace_bytes, enough, room, FP6SIM_BAD_POINTER, "x is null"},
        {packed_bytes, odd_x, y.data(), workspace_bytes, enough, room, FP6SIM_BAD_POINTER,
         "x is not aligned to 2"},
        {packed_bytes, x.data(), nullptr, workspace_bytes, enough, room, FP6SIM_BAD_POINTER, "y is null"},
        {packed_bytes, x.data(), y.data(), nullptr, enough, room, FP6SIM_BAD_POINTER, "workspace is null"},
        {packed_bytes, x.data(), y.data(), workspace_bytes + 4, enough, room, FP6SIM_BAD_POINTER,
         "workspace is not aligned to 128"},
        {packed_bytes, x.data(), y.data(), workspace_bytes, enough, room - 1, FP6SIM_BAD_BUFFER,
         "workspace has"}}) {
    EXPECT_EQ(fp6sim_gemm(&plan_, c.packed, c.packed_size, c.x, c.y, c.workspace, c.workspace_size, nullptr,
                          message()),
              c.code)
        << c.part;
    EXPECT_TRUE(says(c.part)) << text_;
  }
  EXPECT_EQ(fp6sim_gemm(nullptr, packed_bytes, enough, x.data(), y.data(), nullptr, 0, nullptr, message()),
            FP6SIM_BAD_POINTER);

  const auto pack = [&](const std::uint8_t* from, const std::uint16_t* with, void* to) {
    return fp6sim_pack(&plan_, from, with, nullptr, to, message());
  };
  EXPECT_EQ(pack(nullptr, scales.data(), packed_bytes), FP6SIM_BAD_POINTER);
  EXPECT_EQ(pack(codes.data(), nullptr, packed_bytes), FP6SIM_BAD_POINTER);
  EXPECT_EQ(pack(codes.data(), scales.data(), nullptr), FP6SIM_BAD_POINTER);
  EXPECT_EQ(pack(codes.data(), scales.data(), packed_bytes + 64), FP6SIM_BAD_POINTER);
  EXPECT_EQ(pack(codes.data(), scales.data(), packed_bytes), FP6SIM_OK) << text_;
  codes[77] = 64;
  EXPECT_EQ(pack(codes.data(), scales.data(), packed_bytes), FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("code 64 at index 77")) << text_;
  codes[77] = 0;
  scales[3] = 0x7C00;
  EXPECT_EQ(pack(codes.data(), scales.data(), packed_bytes), FP6SIM_BAD_VALUE);
  EXPECT_TRUE(says("row 3")) << text_;
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
