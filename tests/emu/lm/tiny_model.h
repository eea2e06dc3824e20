// A tiny model made from a seed, and the checkpoint files it would have.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "emu/lm/model.h"
#include "emu/tensor_io/safetensors.h"

namespace fp6sim::lm {

/// Two key-value heads for four heads, a feed-forward width no vector divides, 300 tokens for the byte tokens
/// to fit.
inline ModelConfig tiny_config() {
  ModelConfig config;
  config.dim = 24;
  config.hidden = 37;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 6;
  config.vocabulary = 300;
  config.context = 80;
  return config;
}

inline Model tiny_model(std::uint32_t seed = 7) {
  Model model;
  model.config = tiny_config();
  const ModelConfig& c = model.config;
  std::mt19937 random(seed);
  const auto values = [&](std::size_t count, float mean, float width) {
    std::vector<float> v(count);
    for (float& x : v) x = mean + width * (static_cast<float>(random() >> 8) * 0x1p-23f - 1.0f);
    return v;
  };
  const auto linear = [&](const std::string& name, std::size_t rows, std::size_t columns) {
    return Linear{name, rows, columns,
                  values(rows * columns, 0, 1.5f / std::sqrt(static_cast<float>(columns)))};
  };
  const std::size_t kv = c.kv_heads * c.head_dim;
  model.embedding = values(c.vocabulary * c.dim, 0, 1);
  for (std::size_t l = 0; l < c.layers; ++l) {
    const std::string prefix = "layers." + std::to_string(l) + ".";
    Layer layer;
    layer.attention_norm = values(c.dim, 1, 0.3f);
    layer.feed_forward_norm = values(c.dim, 1, 0.3f);
    layer.query = linear(prefix + "wq", c.dim, c.dim);
    layer.key = linear(prefix + "wk", kv, c.dim);
    layer.value = linear(prefix + "wv", kv, c.dim);
    layer.attention_out = linear(prefix + "wo", c.dim, c.dim);
    layer.gate = linear(prefix + "w1", c.hidden, c.dim);
    layer.up = linear(prefix + "w3", c.hidden, c.dim);
    layer.down = linear(prefix + "w2", c.dim, c.hidden);
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = values(c.dim, 1, 0.3f);
  return model;
}

inline std::string raw(const void* from, std::size_t size) {
  return {static_cast<const char*>(from), size};
}
inline std::string raw(const std::vector<float>& values) {
  return raw(values.data(), values.size() * sizeof(float));
}

/// What llama2.c's export writes, version 0.
inline std::string llama2c_file(const Model& model) {
  const ModelConfig& c = model.config;
  const std::int32_t vocabulary = static_cast<std::int32_t>(c.vocabulary) * (model.head.empty() ? 1 : -1);
  const std::int32_t header[7] = {static_cast<std::int32_t>(c.dim),      static_cast<std::int32_t>(c.hidden),
                                  static_cast<std::int32_t>(c.layers),   static_cast<std::int32_t>(c.heads),
                                  static_cast<std::int32_t>(c.kv_heads), vocabulary,
                                  static_cast<std::int32_t>(c.context)};
  std::string file = raw(header, sizeof header) + raw(model.embedding);
  for (const auto& layer : model.layers) file += raw(layer.attention_norm);
  for (const auto member : {&Layer::query, &Layer::key, &Layer::value, &Layer::attention_out}) {
    for (const auto& layer : model.layers) file += raw((layer.*member).weights);
  }
  for (const auto& layer : model.layers) file += raw(layer.feed_forward_norm);
  for (const auto member : {&Layer::gate, &Layer::down, &Layer::up}) {
    for (const auto& layer : model.layers) file += raw((layer.*member).weights);
  }
  file += raw(model.final_norm);
  file +=
      std::string(c.context * c.head_dim * sizeof(float), '\0');  // the rotary tables, recomputed by readers
  return file + raw(model.head);
}

/// Rows of a head from adjacent pairs to halves: the order Hugging Face keeps.
inline std::vector<float> halves(const Linear& linear, std::size_t head_dim) {
  std::vector<float> out(linear.weights.size());
  for (std::size_t r = 0; r < linear.rows; ++r) {
    const std::size_t head = r / head_dim, i = r % head_dim;
    const std::size_t from = head * head_dim + (i < head_dim / 2 ? 2 * i : 2 * (i - head_dim / 2) + 1);
    std::copy_n(linear.weights.data() + from * linear.columns, linear.columns,
                out.data() + r * linear.columns);
  }
  return out;
}

/// The same model as Hugging Face's .safetensors, F32.
inline std::string hugging_face_file(const Model& model) {
  const ModelConfig& c = model.config;
  std::vector<tensor_io::TensorInfo> tensors;
  std::string bytes;
  const auto add = [&](const std::string& name, std::vector<std::uint64_t> shape,
                       const std::vector<float>& values) {
    tensors.push_back({name, tensor_io::DType::kF32, std::move(shape), 0});
    bytes += raw(values);
  };
  add("model.embed_tokens.weight", {c.vocabulary, c.dim}, model.embedding);
  for (std::size_t l = 0; l < c.layers; ++l) {
    const Layer& layer = model.layers[l];
    const std::string prefix = "model.layers." + std::to_string(l) + ".";
    const auto linear = [&](const char* name, const Linear& from, const std::vector<float>& values) {
      add(prefix + name + ".weight", {from.rows, from.columns}, values);
    };
    add(prefix + "input_layernorm.weight", {c.dim}, layer.attention_norm);
    add(prefix + "post_attention_layernorm.weight", {c.dim}, layer.feed_forward_norm);
    linear("self_attn.q_proj", layer.query, halves(layer.query, c.head_dim));
    linear("self_attn.k_proj", layer.key, halves(layer.key, c.head_dim));
    linear("self_attn.v_proj", layer.value, layer.value.weights);
    linear("self_attn.o_proj", layer.attention_out, layer.attention_out.weights);
    linear("mlp.gate_proj", layer.gate, layer.gate.weights);
    linear("mlp.up_proj", layer.up, layer.up.weights);
    linear("mlp.down_proj", layer.down, layer.down.weights);
  }
  add("model.norm.weight", {c.dim}, model.final_norm);
  return tensor_io::safetensors_header(tensors, {}) + bytes;
}

inline const std::string kTinyHuggingFaceConfig =
    R"({"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":24,"intermediate_size":37,)"
    R"("num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":300,"hidden_act":"silu",)"
    R"("max_position_embeddings":80,"rms_norm_eps":1e-5,"tie_word_embeddings":true,"rope_scaling":null})";

/// llama2.c's tokenizer: control tokens, bytes, then letters, space and a few longer pieces; 300 in all.
inline std::string llama2c_tokenizer_file() {
  std::vector<std::pair<std::string, float>> pieces{{"<unk>", 0}, {"\n<s>\n", 0}, {"\n</s>\n", 0}};
  for (int b = 0; b < 256; ++b) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", b);
    pieces.emplace_back(name, 0);
  }
  for (char c = 'a'; c <= 'z'; ++c) pieces.emplace_back(std::string(1, c), -100.0f - static_cast<float>(c));
  float score = 0;
  for (const char* piece :
       {" ", "th", "the", " the", "an", "and", " and", "in", "ing", "er", " a", " w", "ere", "aa", "aaa"}) {
    pieces.emplace_back(piece, score -= 1);
  }
  const std::int32_t longest = 7;
  std::string file = raw(&longest, 4);
  for (const auto& [piece, s] : pieces) {
    const auto length = static_cast<std::int32_t>(piece.size());
    file += raw(&s, 4) + raw(&length, 4) + piece;
  }
  return file;
}

}  // namespace fp6sim::lm
