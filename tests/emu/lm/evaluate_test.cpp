#include "emu/lm/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "emu/lm/calibrate.h"
#include "emu/parallel.h"
#include "tests/emu/lm/tiny_model.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::lm {
namespace {

/// A text the tiny model itself would write is as good as any: random tokens.
Sequences some_sequences(std::size_t count, std::size_t length, std::uint32_t seed = 3) {
  std::mt19937 random(seed);
  Sequences sequences(count);
  for (auto& s : sequences) {
    s.push_back(1);
    while (s.size() < length) s.push_back(static_cast<Token>(2 + random() % 298));
  }
  return sequences;
}

std::vector<FormatChoice> choices(std::initializer_list<const char*> names) {
  std::vector<FormatChoice> list;
  for (const char* name : names) list.push_back(parse_format_choice(name, "row", "rtn"));
  return list;
}

void expect_equal(const Evaluation& a, const Evaluation& b) {
  EXPECT_EQ(a.unquantised.loss, b.unquantised.loss);
  ASSERT_EQ(a.formats.size(), b.formats.size());
  for (std::size_t f = 0; f < a.formats.size(); ++f) {
    EXPECT_EQ(a.formats[f].score.loss, b.formats[f].score.loss);
    EXPECT_EQ(a.formats[f].score.loss_se, b.formats[f].score.loss_se);
    EXPECT_EQ(a.formats[f].kl, b.formats[f].kl);
    EXPECT_EQ(a.formats[f].greedy_prefix, b.formats[f].greedy_prefix);
  }
}

TEST(Evaluate, LossOfTheUnquantisedModelIsWhatItsLogitsSay) {
  const Model model = tiny_model();
  const Sequences sequences = some_sequences(2, 20);
  const Evaluation evaluation = evaluate(model, {}, sequences, {});
  const auto network = plain_network(model);
  double loss = 0;
  for (const auto& tokens : sequences) {
    Sequence sequence(*network);
    const auto logits = sequence.append(std::span(tokens).first(19));
    for (std::size_t t = 0; t < 19; ++t) {
      double sum = 0;
      for (std::size_t v = 0; v < 300; ++v) sum += std::exp(static_cast<double>(logits[t * 300 + v]));
      loss += std::log(sum) - static_cast<double>(logits[t * 300 + tokens[t + 1]]);
    }
  }
  EXPECT_EQ(evaluation.tokens, 38u);
  EXPECT_NEAR(evaluation.unquantised.loss, loss / 38, 1e-6);
}

TEST(Evaluate, FewerBitsDoMoreHarm) {
  const auto result =
      evaluate(tiny_model(), choices({"fp16", "int8", "int6", "int4"}), some_sequences(6, 60), {});
  ASSERT_EQ(result.formats.size(), 4u);
  for (std::size_t f = 1; f < 4; ++f) {
    EXPECT_GT(result.formats[f].kl, result.formats[f - 1].kl);
    EXPECT_LE(result.formats[f].top1_agreement, result.formats[f - 1].top1_agreement);
  }
  EXPECT_LT(result.formats[0].kl, 1e-4);
  EXPECT_GE(result.formats[0].kl, 0);
  EXPECT_LE(result.formats[0].greedy_prefix, result.greedy_length);
}

TEST(Evaluate, ThreadsAndMemoryDoNotChangeTheResult) {
  const Model model = tiny_model();
  const auto formats = choices({"e3m2", "int4@group:8", "int4@group:8@zp"});
  const Sequences sequences = some_sequences(9, 40);
  emu::set_thread_count(1);
  const auto one = evaluate(model, formats, sequences, {});
  emu::set_thread_count(3);
  const auto three = evaluate(model, formats, sequences, {});
  EvaluateOptions small;
  small.memory_bytes = 1;  // one format at a time
  const auto apart = evaluate(model, formats, sequences, small);
  emu::set_thread_count(0);
  expect_equal(one, three);
  expect_equal(one, apart);
}

TEST(Evaluate, TensorCoreArithmeticStaysCloseToBinary32) {
  EvaluateOptions exact;
  exact.architecture = emu::Architecture::kAmpere;
  const auto formats = choices({"e3m2", "bf16"});
  const auto plain = evaluate(tiny_model(), formats, some_sequences(2, 30), {});
  const auto ampere = evaluate(tiny_model(), formats, some_sequences(2, 30), exact);
  EXPECT_NE(plain.formats[0].score.loss, ampere.formats[0].score.loss);
  EXPECT_NEAR(plain.formats[0].score.loss, ampere.formats[0].score.loss, 0.02);
  EXPECT_NEAR(plain.formats[1].score.loss, ampere.formats[1].score.loss, 0.1);
}

TEST(Evaluate, BitsPerWeightCountScalesAndZeroPoints) {
  const Model model = tiny_model();
  EXPECT_EQ(bits_per_weight(model, choices({"fp16"})[0]), 16);
  EXPECT_EQ(bits_per_weight(model, choices({"e3m2@none"})[0]), 6);
  // group:8: 24 columns have 3 groups, 37 have 5 (the last one shorter).
  const double wide = 4 + 16.0 * 3 / 24, narrow = 4 + 16.0 * 5 / 37;
  const double weights24 = 24 * 24 * 2 + 12 * 24 * 2 + 37 * 24 * 2, weights37 = 24 * 37;
  EXPECT_NEAR(bits_per_weight(model, choices({"int4@group:8"})[0]),
              (wide * weights24 + narrow * weights37) / (weights24 + weights37), 1e-12);
}

TEST(Evaluate, GptqHelpsOnItsCalibrationText) {
  const Model model = tiny_model();
  const Sequences text = some_sequences(20, 60);
  const auto formats = choices({"int4", "int4@row@gptq", "int4@group:8@gptq"});
  EvaluateOptions options;
  try {
    options.gptq = calibrate_gptq(model, text, formats);
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  const auto result = evaluate(model, formats, text, options);
  EXPECT_LT(result.formats[1].kl, result.formats[0].kl);
  EXPECT_LT(result.formats[2].kl, result.formats[0].kl);
  EXPECT_TRUE(mentions(refusal([&] { calibrate_gptq(model, {}, formats); }), "at least one"));
}

TEST(Evaluate, FormatNamesSayWhatTheyMean) {
  const auto choice = parse_format_choice("int4@group:64@zp@gptq", "row", "rtn");
  EXPECT_TRUE(choice.spec.zero_point);
  EXPECT_EQ(choice.spec.group, 64u);
  EXPECT_EQ(choice.method, "gptq");
  EXPECT_EQ(format_label(choice), "int4-zp");
  EXPECT_EQ(parse_format_choice("fp16", "row", "gptq").method, "rtn");
  const auto message = [](const char* text) {
    return refusal([&] { parse_format_choice(text, "row", "rtn"); });
  };
  EXPECT_TRUE(mentions(message("e3m3"), "did you mean"));
  EXPECT_TRUE(mentions(message("e3m2@column"), "'column'"));
  EXPECT_TRUE(mentions(message("e3m2@group:0"), "group:0"));
  EXPECT_TRUE(mentions(message("e3m2@zp"), "zero point"));
}

TEST(Evaluate, TextsBecomeSequences) {
  const ScratchDirectory scratch;
  const Tokenizer tokenizer = Tokenizer::load(scratch.write("tok.bin", llama2c_tokenizer_file()));
  const ModelConfig config = tiny_config();
  const auto sequences =
      make_sequences(tokenizer, "the and\n<|endoftext|>\n a \n<|endoftext|>\n", config, "a.txt");
  ASSERT_EQ(sequences.size(), 2u);
  EXPECT_EQ(sequences[1].size(), 2u);  // BOS, " a"
  const auto long_text = make_sequences(tokenizer, std::string(1000, 'q'), config, "a.txt");
  std::size_t predicted = 0;
  for (std::size_t i = 0; i < long_text.size(); ++i) {
    EXPECT_LE(long_text[i].size(), config.context + 1);
    if (i > 0) {
      EXPECT_EQ(long_text[i].front(), long_text[i - 1].back());
    }
    predicted += long_text[i].size() - 1;
  }
  EXPECT_EQ(predicted, 1001u);  // every q and the space before them, once
  EXPECT_TRUE(mentions(refusal([&] { make_sequences(tokenizer, " \n", config, "a.txt"); }), "no text"));
  ModelConfig small = config;
  small.vocabulary = 280;
  EXPECT_TRUE(
      mentions(refusal([&] { make_sequences(tokenizer, "the", small, "a.txt"); }), "vocabulary of 280"));
}

TEST(Evaluate, TheRealModelReadsRealText) {
  const std::string facts = FP6SIM_SHARED "/facts/lm/";
  if (!std::filesystem::exists(facts + "stories260K.bin"))
    GTEST_SKIP() << facts << "stories260K.bin is not here";
  const Model model = load_model(facts + "stories260K.bin");
  const Tokenizer tokenizer = Tokenizer::load(facts + "tok512.bin");
  ASSERT_EQ(tokenizer.vocabulary(), model.config.vocabulary);
  std::ifstream file(facts + "eval.txt");
  std::string text(60000, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto sequences = make_sequences(tokenizer, text, model.config, "eval.txt");
  const auto result = evaluate(model, choices({"fp16", "e3m2", "int4"}), sequences, {});
  EXPECT_GT(result.unquantised.loss, 1.1);
  EXPECT_LT(result.unquantised.loss, 1.5);
  EXPECT_NEAR(result.formats[0].score.loss, result.unquantised.loss, 1e-3);
  EXPECT_LT(result.formats[1].score.loss, result.formats[2].score.loss);
  EXPECT_GT(result.formats[1].greedy_prefix, result.formats[2].greedy_prefix);
  const auto network = plain_network(model);
  std::vector<Token> prompt{tokenizer.begin_of_text()};
  for (const Token t : tokenizer.encode("Once upon a time")) prompt.push_back(t);
  EXPECT_TRUE(mentions(tokenizer.decode(generate(*network, prompt, 30)), "there was"));
}

}  // namespace
}  // namespace fp6sim::lm
