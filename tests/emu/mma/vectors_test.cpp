// The reference against outputs of real devices (when ../shared is there) and of the published model.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "emu/mma/mma.h"

namespace fp6sim::emu {
namespace {

std::vector<std::uint16_t> codes(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::uint16_t> result;
  for (std::string code; in >> code;)
    result.push_back(static_cast<std::uint16_t>(std::stoul(code, nullptr, 16)));
  return result;
}

std::vector<std::string> fields(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> result;
  for (std::string field; std::getline(in, field, ',');) result.push_back(field);
  return result;
}

/// Compares every row, unsettled ones too: the default options are those of the model that wrote them.
void expect_vectors(const std::string& path, Architecture architecture, Accumulate accumulate,
                    int rows_expected) {
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const MmaContext context = mma_context(architecture, kFp16, kFp16, accumulate);
  std::ifstream in(path);
  int rows = 0;
  std::size_t first = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    if (line.find("a,b,c,d") != std::string::npos) {
      first = line.starts_with("kind") ? 2 : 0;
      continue;
    }
    const auto row = fields(line);
    ASSERT_EQ(row.size(), first + 4) << line;
    const auto a = codes(row[first]);
    const auto b = codes(row[first + 1]);
    const auto c = static_cast<std::uint32_t>(std::stoul(row[first + 2], nullptr, 16));
    const auto d = static_cast<std::uint32_t>(std::stoul(row[first + 3], nullptr, 16));
    EXPECT_EQ(mma_chain(context, a, b, c), d) << line;
    ++rows;
  }
  EXPECT_EQ(rows, rows_expected);
}

const std::string kModels = FP6SIM_SOURCE "/tests/emu/mma/vectors/";
const std::string kDevices = FP6SIM_SHARED "/facts/vectors/";

TEST(MmaVectors, ModelVolta) {
  expect_vectors(kModels + "model_volta.csv", Architecture::kVolta, Accumulate::kF32, 640);
}
TEST(MmaVectors, ModelTuring) {
  expect_vectors(kModels + "model_turing.csv", Architecture::kTuring, Accumulate::kF32, 640);
}
TEST(MmaVectors, ModelAmpere) {
  expect_vectors(kModels + "model_ampere.csv", Architecture::kAmpere, Accumulate::kF32, 640);
  expect_vectors(kModels + "model_ampere.csv", Architecture::kAda, Accumulate::kF32, 640);
}
TEST(MmaVectors, ModelAmpereBinary16) {
  expect_vectors(kModels + "model_ampere_f16acc.csv", Architecture::kAmpere, Accumulate::kF16, 640);
}
TEST(MmaVectors, ModelHopper) {
  expect_vectors(kModels + "model_hopper.csv", Architecture::kHopper, Accumulate::kF32, 640);
  expect_vectors(kModels + "model_hopper.csv", Architecture::kBlackwell, Accumulate::kF32, 640);
}
TEST(MmaVectors, ModelHopperBinary16) {
  expect_vectors(kModels + "model_hopper_f16acc.csv", Architecture::kHopper, Accumulate::kF16, 640);
}
TEST(MmaVectors, DeviceA100) {
  expect_vectors(kDevices + "device_a100_f16_f32.csv", Architecture::kAmpere, Accumulate::kF32, 1000);
}
TEST(MmaVectors, DeviceH100) {
  expect_vectors(kDevices + "device_h100_f16_f32.csv", Architecture::kHopper, Accumulate::kF32, 1000);
}

}  // namespace
}  // namespace fp6sim::emu
