// A decoder-only transformer of the LLaMA architecture, as plain matrices in binary32.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace fp6sim::lm {

/// How a head's coordinates pair up under the rotary position embedding.
enum class RotaryPairs : unsigned char {
  kAdjacent,  ///< (0, 1), (2, 3), ..: llama2.c
  kHalves,    ///< (0, d/2), (1, d/2 + 1), ..: Hugging Face
};

struct ModelConfig {
  std::size_t dim = 0;     ///< width of the residual stream
  std::size_t hidden = 0;  ///< of the feed-forward network
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;  ///< divides heads
  std::size_t vocabulary = 0;
  std::size_t context = 0;   ///< positions
  std::size_t head_dim = 0;  ///< even
  float rotary_base = 10000;
  float norm_epsilon = 1e-5f;
  RotaryPairs rotary_pairs = RotaryPairs::kAdjacent;
};

/// W[rows, columns], row-major: rows output features, columns input features.
struct Linear {
  std::string name;
  std::size_t rows = 0, columns = 0;
  std::vector<float> weights;
};

struct Layer {
  std::vector<float> attention_norm, feed_forward_norm;  ///< [dim]
  Linear query, key, value, attention_out, gate, up, down;
};

struct Model {
  ModelConfig config;
  std::vector<float> embedding;  ///< [vocabulary, dim]
  std::vector<Layer> layers;
  std::vector<float> final_norm;  ///< [dim]
  std::vector<float> head;        ///< [vocabulary, dim]; empty: the embedding
};

/// Calls `visit` for each linear layer of the blocks, in order: what is quantised. Embedding and head are
/// not, as in the papers.
void for_each_linear(Model& model, const std::function<void(Linear&)>& visit);
void for_each_linear(const Model& model, const std::function<void(const Linear&)>& visit);

/// Throws fp6sim::Error, prefixed with `source`, unless every extent is positive and within what 64-bit sizes
/// hold, heads divide dim where head_dim says so, kv_heads divide heads, head_dim is even.
void check_config(const ModelConfig& config, const std::string& source);

/// Throws fp6sim::Error naming tensor and index of the first weight that is not finite.
void check_finite(const std::vector<float>& weights, const std::string& name);

/// Reads a checkpoint: a llama2.c .bin (version 0) or a Hugging Face LLaMA directory.
Model load_model(const std::string& path);
Model load_llama2c(const std::string& path);       ///< see llama2c.cpp for the layout
Model load_hugging_face(const std::string& path);  ///< config.json beside *.safetensors or their index

}  // namespace fp6sim::lm
