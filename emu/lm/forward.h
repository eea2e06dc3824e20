// The forward pass, over a run of tokens at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emu/lm/model.h"
#include "emu/lm/vector_math.h"

namespace fp6sim::lm {

using Token = std::uint32_t;

/// Multiplies activations x[tokens, columns] with one linear layer, y[tokens, rows]: binary32, or a tensor
/// core's arithmetic.
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;
  virtual void apply(const float* x, std::size_t tokens, float* y) const = 0;
};

/// binary32 with the weights given, k ascending.
std::unique_ptr<LinearOperator> binary32_operator(const Linear& linear);

using MakeOperator = std::function<std::unique_ptr<LinearOperator>(const Linear&)>;

/// A model ready to run: immutable, shared by threads.
class Network {
 public:
  /// Copies what it needs of `model`; embedding and head are shared with `model`, which must outlive it.
  /// `make` turns each linear layer of the blocks into what computes it.
  Network(const Model& model, const MakeOperator& make);

  const ModelConfig& config() const { return model_.config; }

 private:
  friend class Sequence;
  struct Block {
    const Layer* layer;
    std::unique_ptr<LinearOperator> query, key, value, attention_out, gate, up, down;
  };
  const Model& model_;
  std::vector<Block> blocks_;
  PackedMatrix head_;
  std::vector<float> cosines_, sines_;  // [context, head_dim / 2]
};

/// What is seen of every linear layer's input during append(): calibration reads activations here.
using Observe =
    std::function<void(const std::string& name, const float* x, std::size_t tokens, std::size_t columns)>;

/// One text going through a network, with its keys and values kept. Not shared between threads.
class Sequence {
 public:
  explicit Sequence(const Network& network);

  /// Puts `tokens` after those already there and returns their logits [tokens, vocabulary], valid until the
  /// next call. Precondition: every token is in the vocabulary and size() + tokens.size() <= context.
  std::span<const float> append(std::span<const Token> tokens, const Observe& observe = {});
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

 private:
  void attend(std::size_t layer, std::size_t tokens);
  void rotate(float* heads, std::size_t count, std::size_t tokens) const;

  const Network& network_;
  std::size_t size_ = 0;
  std::vector<std::vector<float>> keys_, values_;  // of each layer: [position, kv_heads * head_dim]
  std::vector<float> residual_, normed_, query_, key_, value_, mixed_, gate_, up_, scores_, logits_;
  PackedMatrix packed_keys_, packed_values_;
};

}  // namespace fp6sim::lm
