// Shapes against the published tables, and against the models' own parameter counts.
#include "sim/workload.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "emu/error.h"
#include "sim/data_files.h"

namespace fp6sim::sim {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

TEST(Workload, EveryNamedModelIsShipped) {
  EXPECT_EQ(workload_names(),
            (std::vector<std::string>{"bart-large", "codegeex2-6b", "codellama-34b", "llama-13b", "llama-33b",
                                      "llama-65b", "llama-7b", "llama2-70b", "opt-175b", "opt-30b", "opt-66b",
                                      "starcoder-15b"}));
}

// Weights in the linear layers against the model's nominal parameter count. The rest is embedding, head,
// biases, norms.
TEST(Workload, LinearWeightsAddUpToTheModel) {
  const std::map<std::string, std::pair<double, double>> billions = {
      {"llama-7b", {6.738, 0.96}},      {"llama-13b", {13.016, 0.96}},   {"llama-33b", {32.529, 0.97}},
      {"llama-65b", {65.286, 0.98}},    {"llama2-70b", {68.977, 0.98}},  {"codellama-34b", {33.744, 0.97}},
      {"opt-30b", {29.97, 0.97}},       {"opt-66b", {65.72, 0.97}},      {"opt-175b", {174.6, 0.98}},
      {"starcoder-15b", {15.52, 0.96}}, {"codegeex2-6b", {6.244, 0.91}}, {"bart-large", {0.406, 0.86}}};
  for (const std::string& name : workload_names()) {
    double weights = 0;
    for (const auto& layer : load_workload(name).layers) {
      weights +=
          static_cast<double>(layer.m) * static_cast<double>(layer.k) * static_cast<double>(layer.count);
    }
    const auto [total, share] = billions.at(name);
    EXPECT_LT(weights / 1e9, total) << name;
    EXPECT_GT(weights / 1e9, total * share) << name;
  }
}

TEST(Workload, ShapesOfThePublishedTable) {
  std::ifstream table(std::string(FP6SIM_SHARED) + "/facts/published/layer_shapes_splitk.csv");
  if (!table) GTEST_SKIP() << "no ../shared/facts here";
  const std::map<std::string, std::string> names = {
      {"LLaMA-1-7B", "llama-7b"},   {"LLaMA-1-13B", "llama-13b"},  {"LLaMA-1-33B", "llama-33b"},
      {"LLaMA-1-65B", "llama-65b"}, {"LLaMA-2-70B", "llama2-70b"}, {"OPT-30B", "opt-30b"},
      {"OPT-66B", "opt-66b"},       {"OPT-175B", "opt-175b"}};
  std::string line;
  std::getline(table, line);
  int rows = 0;
  while (std::getline(table, line)) {
    const auto cells = cells_of(line);
    const std::int64_t m = std::stoll(cells.at(1)), k = std::stoll(cells.at(2));
    bool found = false;
    for (const auto& layer : load_workload(names.at(cells.at(0))).layers) {
      // The LLaMA-2-70B rows run gate and up as one GEMM.
      const bool fused = cells.at(0) == "LLaMA-2-70B" && layer.name == "gate_or_up";
      found |= layer.k == k && layer.m * (fused ? 2 : 1) == m;
    }
    EXPECT_TRUE(found) << line;
    ++rows;
  }
  EXPECT_GE(rows, 32);
}

TEST(Workload, GateAndUpAreTwoGemms) {
  const Workload workload = load_workload("llama-65b");
  ASSERT_EQ(workload.layers.size(), 4u);
  EXPECT_EQ(workload.layers[2].label, "gate_or_up");
  EXPECT_EQ(workload.layers[2].count, 160);
  EXPECT_EQ(workload.layers[3].count, 80);
  EXPECT_EQ(load_workload("bart-large").layers[8].label, "cross-attention.query");
}

class WorkloadFile : public ::testing::Test {
 protected:
  std::string error_for(const std::string& text) {
    const auto file =
        std::filesystem::path(::testing::TempDir()) / ("workload_" + std::to_string(::getpid()) + ".json");
    std::ofstream(file) << text;
    try {
      load_workload(file.string());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  static std::string with_layer(const std::string& layer) {
    return R"({"name":"w","description":"d","blocks":[{"name":"b","repeat":2,"source":"s","layers":[)" +
           layer + "]}]}";
  }
};

TEST_F(WorkloadFile, GoodOnesLoad) {
  EXPECT_EQ(error_for(with_layer(R"({"name":"a","out_features":8,"in_features":16})")), "");
}

TEST_F(WorkloadFile, BadOnesAreRefusedByPathAndRange) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"name":"a","out_features":0,"in_features":16})", "blocks[0].layers[0].out_features' is 0"},
      {R"({"name":"a","out_features":-8,"in_features":16})", "from 1 to 16777216"},
      {R"({"name":"a","out_features":1099511627776,"in_features":16})", "from 1 to 16777216"},
      {R"({"name":"a","out_feature":8,"in_features":16})", "missing key 'blocks[0].layers[0].out_features'"},
      {R"({"name":"a","out_features":8,"in_features":16,"cuont":2})", "did you mean 'count'"},
      {R"({"name":"a","out_features":"8","in_features":16})", "expected an integer"},
      {R"({"name":"a","out_features":8,"in_features":16},{"name":"a","out_features":8,"in_features":16})",
       "twice"},
      {"", "expected an array of 1 to 256"}};
  for (const auto& [layer, part] : cases) {
    EXPECT_NE(error_for(with_layer(layer)).find(part), std::string::npos) << layer << "\n"
                                                                          << error_for(with_layer(layer));
  }
}

TEST(Workload, UnknownNamesSuggestTheNearest) {
  try {
    load_workload("lama-65b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'llama-65b'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(load_workload("no/such/file.json"), Error);
}

}  // namespace
}  // namespace fp6sim::sim
