// The two commands as a user meets them: exit codes, messages, JSON.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>

#include "tests/emu/lm/tiny_model.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim {
namespace {

struct Ran {
  int exit_code;
  std::string output;  // both streams
};

Ran run(const std::string& arguments) {
  FILE* pipe = ::popen((std::string(FP6SIM_BINARY) + " " + arguments + " 2>&1").c_str(), "r");
  Ran ran{-1, ""};
  std::array<char, 4096> piece;
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
    ran.output.append(piece.data(), got);
  ran.exit_code = WEXITSTATUS(::pclose(pipe));
  return ran;
}

void expect_refused(const std::string& arguments, std::string_view part) {
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.exit_code, 2) << arguments << ": " << ran.output;
  EXPECT_TRUE(mentions(ran.output, part)) << arguments;
}

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    model_ = scratch_.write("tiny.bin", lm::llama2c_file(lm::tiny_model()));
    tokenizer_ = scratch_.write("tok300.bin", lm::llama2c_tokenizer_file());
    text_ = scratch_.write("a.txt",
                           "the king and the queen\n<|endoftext|>\nwhere there is thread there are ends\n");
    std::vector<tensor_io::TensorInfo> tensors{{"layer.weight", tensor_io::DType::kF16, {4, 32}, 0}};
    weights_ =
        scratch_.write("w.safetensors", tensor_io::safetensors_header(tensors, {}) + std::string(256, '8'));
  }
  ScratchDirectory scratch_;
  std::string model_, tokenizer_, text_, weights_;
};

TEST_F(Commands, QuantizeSummarisesAsJson) {
  const Ran ran =
      run("quantize " + weights_ + " -o " + scratch_.file("o.safetensors") + " --format e3m2 --json");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  const auto root = boost::json::parse(ran.output);
  EXPECT_EQ(root.at("layers").at(0).at("name"), "layer.weight");
  EXPECT_EQ(root.at("layers").at(0).at("bits_per_weight").to_number<double>(), 6.5);
}

TEST_F(Commands, QuantizeRefuses) {
  const std::string in = "quantize " + weights_ + " -o " + scratch_.file("o.safetensors ");
  expect_refused(in + "--format e3m3", "did you mean 'e3m");
  expect_refused(in + "--format e3m2 --scale group:7", "does not divide");
  expect_refused(in + "--format e3m2 --fake --codes", "exclude each other");
  expect_refused(in + "--format e3m2 --rounding up", "rne rz half-away");
  expect_refused(in + "--format e3m2 --method gptq", "--calibration");
  expect_refused(in + "--format e3m2 --calibration x.npy", "gptq");
  expect_refused(in + "--format e3m2 --split 5+1", "5+1");
  expect_refused(in + "--format e3m2 --nonfinite ignore", "saturate");
  expect_refused(in + "--format e3m2 --exclude '*'", "no tensor was chosen");
  expect_refused(in, "--format");
  expect_refused("quantize " + scratch_.file("none.npy") + " -o " + scratch_.file("o.npy") + " --format e3m2",
                 "none.npy");
  expect_refused("quantize " + weights_ + " -o " + scratch_.file("o.bin") + " --format e3m2",
                 ".npy .safetensors");
  expect_refused("quantize " + weights_ + " -o /nowhere/o.safetensors --format e3m2", "/nowhere");
}

TEST_F(Commands, EvalReportsTheColumnsOfItsInterface) {
  const Ran ran =
      run("eval " + model_ + " --text " + text_ + " --format fp16,e3m2 --format int4@group:8@zp --json");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  const auto root = boost::json::parse(ran.output);
  const auto& formats = root.at("formats").as_array();
  ASSERT_EQ(formats.size(), 3u);
  for (const auto& entry : formats) {
    for (const char* key : {"format", "scale", "method", "bits_per_weight", "perplexity", "perplexity_se",
                            "delta_percent", "kl", "top1_agreement", "greedy_prefix"}) {
      EXPECT_TRUE(entry.as_object().contains(key)) << key;
    }
  }
  EXPECT_EQ(formats[2].at("format"), "int4-zp");
  EXPECT_EQ(formats[2].at("scale"), "group:8");
}

TEST_F(Commands, EvalRefuses) {
  const std::string eval = "eval " + model_ + " --text " + text_ + " ";
  expect_refused(eval + "--format e3m4", "e3m4");
  expect_refused(eval + "--scale column", "group:N");
  expect_refused(eval + "--method awq", "awq");
  expect_refused(eval + "--method gptq", "--calibration-text");
  expect_refused(eval + "--arch pascal", "pascal");
  expect_refused(eval + "--tokenizer " +
                     scratch_.write("tokbig.bin", lm::llama2c_tokenizer_file() + std::string(8, '\0')),
                 "301 tokens");
  expect_refused(
      "eval " + model_ + " --text " + scratch_.write("empty.txt", "") + " --tokenizer " + tokenizer_,
      "no text");
  expect_refused("eval " + model_ + " --text " + scratch_.file("gone.txt") + " --tokenizer " + tokenizer_,
                 "gone.txt");
  expect_refused("eval " + scratch_.file("gone.bin") + " --text " + text_, "gone.bin");
  expect_refused("eval " + text_ + " --text " + text_, "unknown kind of model");
}

}  // namespace
}  // namespace fp6sim
