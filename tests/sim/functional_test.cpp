// Functional mode: every kernel, design and kind of shape gives emu's GEMM bit for bit, and takes the time it
// takes without data.
#include <gtest/gtest.h>

#include <string>

#include "app/functional/functional_check.h"
#include "emu/error.h"
#include "sim/functional/functional_gemm.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::sim {
namespace {

struct Case {
  std::string gpu = "a100-sxm-40g", kernel = "w6a16", design = "simt";
  GemmShape shape{256, 256, 8};
  RunOptions options{};
};

std::string text_of(const Case& run) {
  return run.gpu + " " + run.kernel + " " + run.design + " " + std::to_string(run.shape.m) + "x" +
         std::to_string(run.shape.k) + " batch " + std::to_string(run.shape.n) + " split '" +
         run.options.split + "'" + (run.options.warm_l2 ? " warm" : "") + (run.options.exact ? " exact" : "");
}

void expect_exact(Case run) {
  const KernelDescription kernel = load_kernel(run.kernel);
  const GemmOperands operands = random_operands(kernel, run.shape, 7);
  FunctionalGemm functional(operands);
  const GemmResult timing =
      simulate_gemm(load_gpu(run.gpu), kernel, load_design(run.design), run.shape, run.options);
  run.options.functional = &functional;
  const GemmResult result =
      simulate_gemm(load_gpu(run.gpu), kernel, load_design(run.design), run.shape, run.options);
  EXPECT_EQ(result.cycles, timing.cycles) << text_of(run);
  const auto check = app::compare_outputs(
      run.shape, app::expected_output(kernel, run.shape, operands, functional), functional.output());
  EXPECT_EQ(check.compared, run.shape.m * run.shape.n);
  EXPECT_EQ(check.mismatches, 0) << text_of(run) << ": " << app::describe(*check.first);
}

TEST(Functional, EveryKernelOnRaggedShapes) {
  for (const std::string& kernel : kernel_names()) {
    expect_exact({.kernel = kernel, .shape = {200, 300, 3}});
    expect_exact({.kernel = kernel, .shape = {129, 1100, 17}});  // splits K where the kernel does
  }
}

TEST(Functional, EveryPlacementOfTheExpansion) {
  for (const std::string& design : design_names()) {
    for (const char* kernel : {"w6a16", "w6a16-e2m3", "w5a16", "w8a16", "w4a16-g128-zp", "cublas-fp16"})
      expect_exact({.kernel = kernel, .design = design, .shape = {192, 520, 5}});
  }
}

}  // namespace
}  // namespace fp6sim::sim
