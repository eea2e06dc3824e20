#include "emu/lm/forward.h"

#include <gtest/gtest.h>

#include <cmath>

#include "emu/lm/quantized_network.h"
#include "tests/emu/lm/tiny_model.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::lm {
namespace {

using Row = std::vector<double>;

Row times(const Linear& w, const Row& x) {
  Row y(w.rows);
  for (std::size_t r = 0; r < w.rows; ++r) {
    for (std::size_t c = 0; c < w.columns; ++c)
      y[r] += static_cast<double>(w.weights[r * w.columns + c]) * x[c];
  }
  return y;
}

Row normalised(const Row& x, const std::vector<float>& weight) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  Row y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = static_cast<double>(weight[i]) * x[i] / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
  }
  return y;
}

void turn(Row& heads, std::size_t head_dim, std::size_t position) {
  for (std::size_t i = 0; i < heads.size(); i += 2) {
    const double angle =
        static_cast<double>(position) *
        std::pow(10000.0, -static_cast<double>(i % head_dim) / static_cast<double>(head_dim));
    const double a = heads[i], b = heads[i + 1];
    heads[i] = a * std::cos(angle) - b * std::sin(angle);
    heads[i + 1] = a * std::sin(angle) + b * std::cos(angle);
  }
}

/// The architecture written down once more, token by token in double precision.
std::vector<Row> plain_logits(const Model& model, const std::vector<Token>& tokens) {
  const ModelConfig& c = model.config;
  std::vector<std::vector<Row>> keys(c.layers), values(c.layers);
  std::vector<Row> logits;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    Row x(model.embedding.begin() + static_cast<std::ptrdiff_t>(tokens[t] * c.dim),
          model.embedding.begin() + static_cast<std::ptrdiff_t>((tokens[t] + 1) * c.dim));
    for (std::size_t l = 0; l < c.layers; ++l) {
      const Layer& layer = model.layers[l];
      const Row n = normalised(x, layer.attention_norm);
      Row q = times(layer.query, n), k = times(layer.key, n);
      turn(q, c.head_dim, t);
      turn(k, c.head_dim, t);
      keys[l].push_back(k);
      values[l].push_back(times(layer.value, n));
      Row mixed(q.size());
      for (std::size_t h = 0; h < c.heads; ++h) {
        const std::size_t kv = h / (c.heads / c.kv_heads) * c.head_dim;
        Row weight(t + 1);
        double sum = 0;
        for (std::size_t s = 0; s <= t; ++s) {
          double dot = 0;
          for (std::size_t i = 0; i < c.head_dim; ++i) dot += q[h * c.head_dim + i] * keys[l][s][kv + i];
          sum += weight[s] = std::exp(dot / std::sqrt(static_cast<double>(c.head_dim)));
        }
        for (std::size_t s = 0; s <= t; ++s) {
          for (std::size_t i = 0; i < c.head_dim; ++i)
            mixed[h * c.head_dim + i] += weight[s] / sum * values[l][s][kv + i];
        }
      }
      const Row out = times(layer.attention_out, mixed);
      for (std::size_t i = 0; i < c.dim; ++i) x[i] += out[i];
      const Row f = normalised(x, layer.feed_forward_norm);
      Row gate = times(layer.gate, f);
      const Row up = times(layer.up, f);
      for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
      const Row down = times(layer.down, gate);
      for (std::size_t i = 0; i < c.dim; ++i) x[i] += down[i];
    }
    const Linear head{"", c.vocabulary, c.dim, model.head.empty() ? model.embedding : model.head};
    logits.push_back(times(head, normalised(x, model.final_norm)));
  }
  return logits;
}

std::vector<Token> some_tokens(std::size_t count) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back(static_cast<Token>((i * i * 31 + 7) % 300));
  return tokens;
}

TEST(Forward, EqualsThePlainAlgorithm) {
  const Model model = tiny_model();
  const auto tokens = some_tokens(70);  // beyond one block of queries
  const auto network = plain_network(model);
  Sequence sequence(*network);
  const auto logits = sequence.append(tokens);
  const auto expected = plain_logits(model, tokens);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    for (std::size_t v = 0; v < 300; ++v)
      ASSERT_NEAR(static_cast<double>(logits[t * 300 + v]), expected[t][v], 2e-4);
  }
}

TEST(Forward, TokenByTokenGivesTheSameBits) {
  const Model model = tiny_model();
  const auto tokens = some_tokens(60);
  const auto network = plain_network(model);
  Sequence whole(*network), pieces(*network);
  const auto all = whole.append(tokens);
  const std::vector<float> expected(all.begin(), all.end());
  std::size_t at = 0;
  for (const std::size_t count : {1, 1, 5, 20, 1, 32}) {
    const auto logits = pieces.append(std::span(tokens).subspan(at, count));
    for (std::size_t i = 0; i < logits.size(); ++i)
      ASSERT_EQ(logits[i], expected[at * 300 + i]) << at << " " << i;
    at += count;
  }
}

TEST(Forward, BothCheckpointKindsGiveTheSameModel) {
  const ScratchDirectory scratch;
  const Model model = tiny_model();
  const Model ours = load_model(scratch.write("tiny.bin", llama2c_file(model)));
  std::filesystem::create_directory(scratch.file("hf"));
  scratch.write("hf/config.json", kTinyHuggingFaceConfig);
  scratch.write("hf/model.safetensors", hugging_face_file(model));
  const Model theirs = load_model(scratch.file("hf"));
  EXPECT_EQ(ours.layers[1].down.weights, model.layers[1].down.weights);
  const auto tokens = some_tokens(30);
  const auto a = plain_network(ours), b = plain_network(theirs);
  Sequence first(*a), second(*b);
  const auto x = first.append(tokens), y = second.append(tokens);
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 1e-4) << i;
}

TEST(Forward, AnOwnHeadIsUsed) {
  const ScratchDirectory scratch;
  Model model = tiny_model();
  model.head = tiny_model(8).embedding;
  const Model loaded = load_model(scratch.write("own.bin", llama2c_file(model)));
  EXPECT_EQ(loaded.head, model.head);
  const auto network = plain_network(loaded);
  Sequence sequence(*network);
  const auto tokens = some_tokens(3);
  const auto logits = sequence.append(tokens);
  EXPECT_NEAR(static_cast<double>(logits[2 * 300 + 17]), plain_logits(model, tokens)[2][17], 2e-4);
}

TEST(Load, RefusesBadCheckpoints) {
  const ScratchDirectory scratch;
  const std::string good = llama2c_file(tiny_model());
  const auto message = [&](const std::string& content) {
    return refusal([&] { load_model(scratch.write("bad.bin", content)); });
  };
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{27}, std::size_t{28}, good.size() / 2, good.size() - 1}) {
    EXPECT_TRUE(mentions(message(good.substr(0, length)), "truncated")) << length;
  }
  EXPECT_TRUE(mentions(message(good + "x"), "the file has"));
  const auto with_header = [&](std::size_t at, std::int32_t value) {
    std::string bad = good;
    std::memcpy(bad.data() + 4 * at, &value, 4);
    return message(bad);
  };
  EXPECT_TRUE(mentions(with_header(0, -24), "-24"));
  EXPECT_TRUE(mentions(with_header(0, 2147483647), "do not divide"));
  EXPECT_TRUE(mentions(with_header(2, 2147483647), "layer count"));
  EXPECT_TRUE(mentions(with_header(2, 16777216), "bytes"));
  EXPECT_TRUE(mentions(with_header(4, 3), "do not divide 4 heads"));
  EXPECT_TRUE(mentions(with_header(5, std::numeric_limits<std::int32_t>::min()), "not a llama2.c"));
  EXPECT_TRUE(mentions(with_header(0, 0x616B3432), "version 0"));
  Model broken = tiny_model();
  broken.layers[1].up.weights[5] = std::nanf("");
  EXPECT_TRUE(mentions(message(llama2c_file(broken)), "'layers.1.w3' element 5 is NaN"));
  EXPECT_TRUE(
      mentions(refusal([&] { load_model(scratch.write("model.gguf", "x")); }), "unknown kind of model"));
}

TEST(Load, RefusesBadHuggingFaceDirectories) {
  const ScratchDirectory scratch;
  scratch.write("model.safetensors", hugging_face_file(tiny_model()));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string config = kTinyHuggingFaceConfig;
    config.replace(config.find(from), from.size(), to);
    scratch.write("config.json", config);
    return refusal([&] { load_model(scratch.file("")); });
  };
  EXPECT_TRUE(mentions(refusal([&] { load_model(scratch.file("")); }), "no config.json"));
  EXPECT_TRUE(mentions(with("\"llama\"", "\"opt\""), "model_type 'opt'"));
  EXPECT_TRUE(mentions(with("\"silu\"", "\"gelu\""), "'gelu'"));
  EXPECT_TRUE(mentions(with("\"rope_scaling\":null", "\"rope_scaling\":{\"factor\":2}"), "rope_scaling"));
  EXPECT_TRUE(mentions(with("\"hidden_size\":24,", ""), "'hidden_size' is missing"));
  EXPECT_TRUE(mentions(with("\"hidden_size\":24", "\"hidden_size\":-24"), "-24"));
  EXPECT_TRUE(mentions(with("\"vocab_size\":300", "\"vocab_size\":301"), "config.json needs [301, 24]"));
  EXPECT_TRUE(mentions(with("\"num_hidden_layers\":2", "\"num_hidden_layers\":3"), "model.layers.2"));
  EXPECT_TRUE(
      mentions(with("\"tie_word_embeddings\":true", "\"tie_word_embeddings\":false"), "lm_head.weight"));
  EXPECT_TRUE(mentions(with("\"num_key_value_heads\":2", "\"num_key_value_heads\":3"), "do not divide"));
  EXPECT_EQ(with("llama", "llama"), "");
}

}  // namespace
}  // namespace fp6sim::lm
