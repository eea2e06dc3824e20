// Routes: the chooser, the dequantise kernel, and both ways of multiplying what it wrote.
#include "kernels/route.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "app/verify/replay.h"
#include "emu/binary16.h"
#include "emu/error.h"
#include "kernels/problem.h"
#include "kernels/route_host.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/route_call.h"

namespace fp6sim::kernels {
namespace {

TEST(ChooseRoute, FusedForFewTokensAndDequantisedForMany) {
  for (const Gpu& gpu : {a100(), h100()}) {
    for (const auto& [m, k] : {std::pair{8192, 22016}, {22016, 8192}, {8192, 8192}, {24576, 8192}}) {
      RouteOptions options;
      for (const bool cublas : {false, true}) {
        options.cublas = cublas;
        Route route;
        for (const int n : {1, 16, 64}) {
          ASSERT_TRUE(choose_route({}, {m, k, n}, gpu, options, route).ok());
          EXPECT_EQ(route.path, Path::kFused) << m << "x" << k << " n " << n;
          EXPECT_EQ(workspace_bytes(route), workspace_bytes(route.plan));
        }
      }
      Route route;
      ASSERT_TRUE(choose_route({}, {m, k, 4096}, gpu, options, route).ok());
      EXPECT_EQ(route.path, Path::kCublas) << m << "x" << k;
      EXPECT_GE(workspace_bytes(route), 2u * m * k + Cublas::kWorkspaceBytes);
    }
  }
}

TEST(ChooseRoute, KnowsTheGpu) {
  // Ever more memory bandwidth makes writing and reading 16-bit weights cheaper: the switch comes earlier.
  const auto first_dequantised = [](double bytes_per_cycle) {
    Gpu gpu = h100();
    gpu.dram_bytes_per_cycle = bytes_per_cycle;
    RouteOptions options;
    options.cublas = true;
    for (int n = 64; n < 1 << 20; n += 64) {
      Route route;
      EXPECT_TRUE(choose_route({}, {8192, 22016, n}, gpu, options, route).ok());
      if (route.path != Path::kFused) return n;
    }
    return 1 << 20;
  };
  EXPECT_LT(first_dequantised(4000), first_dequantised(1000));
}

TEST(ChooseRoute, NeverTakesTheSlowerEstimate) {
  for (const int n : {1, 8, 100, 500, 1000, 3000}) {
    RouteOptions options;
    options.cublas = true;
    Route route;
    ASSERT_TRUE(choose_route({}, {8192, 8192, n}, h100(), options, route).ok());
    const double taken = estimate_cycles({}, {8192, 8192, n}, h100(), route.plan, route.path);
    for (const Path path : kPaths) {
      EXPECT_LE(taken, estimate_cycles({}, {8192, 8192, n}, h100(), route.plan, path)) << n;
    }
  }
}

TEST(ChooseRoute, Refuses) {
  Route route;
  const auto message = [&](const GemmShape& shape, const RouteOptions& options) {
    return choose_route({}, shape, a100(), options, route).message;
  };
  EXPECT_NE(message({0, 64, 1}, {}).find("m = 0"), std::string::npos);
  RouteOptions options;
  options.path = Path::kCublas;
  EXPECT_NE(message({64, 64, 1}, options).find("needs a cuBLAS"), std::string::npos);
  options = {};
  options.tile_n = 24;
  EXPECT_NE(message({64, 64, 1}, options).find("tile_n = 24"), std::string::npos);
  EXPECT_NE(message({kLargestExtent, kLargestExtent, 1}, by(Path::kDense)).find("2^31 - 1 CTAs"),
            std::string::npos);
}

TEST(ChooseRoute, TakesANarrowerBatchTile) {
  RouteOptions options;
  options.tile_n = 32;
  Route route;
  ASSERT_TRUE(choose_route({}, {512, 512, 100}, a100(), options, route).ok());
  EXPECT_EQ(route.plan.tile_n, 32);
  EXPECT_EQ(route.plan.n_tiles, 4);
}

class EveryKernel : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryKernel, DequantisesToTheWeightsItMultipliesWith) {
  const KernelSpec& spec = kernel_specs()[GetParam()];
  for (GemmShape shape : kDequantizeShapes) {
    if (spec.group != 0) shape.k = (shape.k + spec.group - 1) / spec.group * spec.group;
    Call call(spec, shape, Path::kDense);
    dequantize_on_host(call.arguments, {});
    const std::int64_t leading = call.arguments.route.leading;
    for (std::int64_t row = 0; row < shape.m; ++row) {
      for (std::int64_t column = 0; column < leading; ++column) {
        const std::uint16_t expected = column < shape.k ? call.problem->weight(row, column) : 0;
        ASSERT_EQ(call.workspace.get()[row * leading + column], expected)
            << kernel_name(spec) << " row " << row << " column " << column;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllSpecs, EveryKernel, testing::Range(std::size_t{0}, kernel_specs().size()));

TEST(Dense, StoresTheBitsOfAKernelThatDoesNotSplitK) {
  for (const char* name : {"w6a16", "w4a16-row-zp"}) {
    for (const GemmShape& shape : kDenseShapes) {
      for (const Gpu& gpu : {a100(), h100()}) {
        Call call(kernel_by_name(name), shape, Path::kDense, gpu);
        const bool hopper = gpu.compute_capability == 90;
        HostRun run;
        run.architecture = hopper ? "hopper" : "ampere";
        run_on_host(call.arguments, run);
        const auto expected =
            app::replay(*call.problem, hopper ? emu::Architecture::kHopper : emu::Architecture::kAmpere);
        ASSERT_EQ(call.problem->y, expected)
            << name << " m " << shape.m << " k " << shape.k << " n " << shape.n;
      }
    }
  }
}

TEST(Dense, TakesBfloat16) {
  Call call(kernel_by_name("w6a16", "", Activation::kBf16), {140, 96, 70}, Path::kDense);
  run_on_host(call.arguments, {});
  EXPECT_EQ(call.problem->y, app::replay(*call.problem, emu::Architecture::kAmpere));
}

TEST(Fused, IsTheKernelItself) {
  Call call({}, {300, 640, 9}, Path::kFused);
  run_on_host(call.arguments, {});
  EXPECT_EQ(call.problem->y, app::replay(*call.problem, emu::Architecture::kAmpere));
}

class WithCublas : public testing::Test {
 protected:
  void SetUp() override {
    const Status status = Cublas::open(FAKE_CUBLAS, cublas_);
    ASSERT_TRUE(status.ok()) << status.message;
  }
  std::unique_ptr<Cublas> cublas_;
};

TEST_F(WithCublas, MultipliesTheDequantisedWeights) {
  EXPECT_EQ(cublas_->version(), 990000);
  for (const Activation type : {Activation::kFp16, Activation::kBf16}) {
    const KernelSpec spec = kernel_by_name("w6a16", "", type);
    const GemmShape shape{70, 100, 9};  // k is not a multiple of 8: rows of W are padded, rows of x are not
    Call call(spec, shape, Path::kCublas);
    call.arguments.cublas = cublas_.get();
    run_on_host(call.arguments, {});
    const auto number = [&](std::uint16_t bits) {
      return static_cast<double>(type == Activation::kFp16 ? emu::from_binary16(bits)
                                                           : emu::from_bfloat16(bits));
    };
    for (std::int64_t token = 0; token < shape.n; ++token) {
      for (std::int64_t row = 0; row < shape.m; ++row) {
        double sum = 0;
        for (std::int64_t i = 0; i < shape.k; ++i) {
          sum += number(call.problem->weight(row, i)) *
                 number(call.problem->x[static_cast<std::size_t>(token * shape.k + i)]);
        }
        const auto rounded = static_cast<float>(sum);
        ASSERT_EQ(call.problem->y[static_cast<std::size_t>(token * shape.m + row)],
                  type == Activation::kFp16 ? emu::to_binary16(rounded) : emu::to_bfloat16(rounded))
            << "row " << row << " token " << token;
      }
    }
  }
}

TEST_F(WithCublas, CheckNamesWhatIsWrong) {
  Call call({}, {64, 256, 2}, Path::kCublas);
  const auto expect = [&](StatusCode code, const char* text) {
    const Status status = check(call.arguments);
    EXPECT_EQ(status.code, code) << status.message;
    EXPECT_NE(status.message.find(text), std::string::npos) << status.message;
  };
  expect(StatusCode::kBadPointer, "cublas is null");
  call.arguments.cublas = cublas_.get();
  EXPECT_TRUE(check(call.arguments).ok());
  GemmArguments& operands = call.arguments.operands;
  const GemmArguments good = operands;
  operands.workspace_bytes -= 1;
  expect(StatusCode::kBadBuffer, "workspace has");
  operands = good;
  operands.workspace = nullptr;
  expect(StatusCode::kBadPointer, "workspace is null");
  operands = good;
  operands.workspace = static_cast<std::byte*>(operands.workspace) + 128;
  expect(StatusCode::kBadPointer, "workspace is not aligned to 256");
  operands = good;
  operands.x = nullptr;
  expect(StatusCode::kBadPointer, "x is null");
  operands = good;
  operands.packed_bytes = 1;
  expect(StatusCode::kBadBuffer, "packed weights has 1 bytes");
  operands = good;
  operands.shape.n = 0;
  expect(StatusCode::kBadShape, "n = 0");
  operands = good;
  call.arguments.route.dequantized_bytes -= 256;
  expect(StatusCode::kBadValue, "not choose_route()'s");
}

TEST(OpenCublas, FindsThatOfAPythonEnvironment) {
  if (std::getenv("FP6SIM_CUBLAS") != nullptr) GTEST_SKIP() << "FP6SIM_CUBLAS names another";
  const std::filesystem::path prefix = testing::TempDir() + "fp6sim_environment_" + std::to_string(getpid());
  const auto folder = prefix / "lib/python3.12/site-packages/nvidia/cu13/lib";
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink(FAKE_CUBLAS, folder / "libcublas.so.13");
  const char* before = std::getenv("VIRTUAL_ENV");
  const std::string kept = before == nullptr ? "" : before;
  setenv("VIRTUAL_ENV", prefix.c_str(), 1);
  std::unique_ptr<Cublas> cublas;
  const Status status = Cublas::open(nullptr, cublas);
  if (before == nullptr) {
    unsetenv("VIRTUAL_ENV");
  } else {
    setenv("VIRTUAL_ENV", kept.c_str(), 1);
  }
  std::filesystem::remove_all(prefix);
  ASSERT_TRUE(status.ok()) << status.message;
  EXPECT_EQ(cublas->version(), 990000);
}

TEST(OpenCublas, SaysWhatItTried) {
  std::unique_ptr<Cublas> cublas;
  Status status = Cublas::open("/no/such/libcublas.so", cublas);
  EXPECT_EQ(status.code, StatusCode::kUnsupported);
  EXPECT_NE(status.message.find("/no/such/libcublas.so"), std::string::npos);
  status = Cublas::open("libm.so.6", cublas);
  EXPECT_EQ(status.code, StatusCode::kUnsupported);
  EXPECT_NE(status.message.find("cublasGemmEx"), std::string::npos);
  EXPECT_EQ(cublas, nullptr);
}

}  // namespace
}  // namespace fp6sim::kernels
