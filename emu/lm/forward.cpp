#include "emu/lm/forward.h"

#include <algorithm>
#include <cmath>

namespace fp6sim::lm {
namespace {

// Queries that share one pass over the keys before them: large enough to fill tiles, small enough to skip the
// future.
constexpr std::size_t kQueryBlock = 48;

class Binary32Operator final : public LinearOperator {
 public:
  explicit Binary32Operator(const Linear& linear)
      : weights_(linear.weights.data(), linear.rows, linear.columns, linear.columns, 1) {}
  void apply(const float* x, std::size_t tokens, float* y) const override {
    multiply(x, weights_.columns(), tokens, weights_, y, weights_.rows());
  }

 private:
  PackedMatrix weights_;
};

void normalise(const float* x, const std::vector<float>& weight, float epsilon, std::size_t tokens,
               float* out) {
  const std::size_t dim = weight.size();
  for (std::size_t t = 0; t < tokens; ++t, x += dim, out += dim) {
    double squares = 0;
    for (std::size_t i = 0; i < dim; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    const auto scale =
        static_cast<float>(1 / std::sqrt(squares / static_cast<double>(dim) + static_cast<double>(epsilon)));
    for (std::size_t i = 0; i < dim; ++i) out[i] = weight[i] * (scale * x[i]);
  }
}

void add(std::vector<float>& to, const std::vector<float>& what, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] += what[i];
}

}  // namespace

std::unique_ptr<LinearOperator> binary32_operator(const Linear& linear) {
  return std::make_unique<Binary32Operator>(linear);
}

Network::Network(const Model& model, const MakeOperator& make) : model_(model) {
  const ModelConfig& c = model.config;
  for (const Layer& layer : model.layers) {
    blocks_.push_back({&layer, make(layer.query), make(layer.key), make(layer.value),
                       make(layer.attention_out), make(layer.gate), make(layer.up), make(layer.down)});
  }
  head_.assign((model.head.empty() ? model.embedding : model.head).data(), c.vocabulary, c.dim, c.dim, 1);
  const std::size_t pairs = c.head_dim / 2;
  for (std::size_t position = 0; position < c.context; ++position) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const double exponent = 2 * static_cast<double>(i) / static_cast<double>(c.head_dim);
      const double angle =
          static_cast<double>(position) / std::pow(static_cast<double>(c.rotary_base), exponent);
      cosines_.push_back(static_cast<float>(std::cos(angle)));
      sines_.push_back(static_cast<float>(std::sin(angle)));
    }
  }
}

Sequence::Sequence(const Network& network)
    : network_(network), keys_(network.config().layers), values_(network.config().layers) {}

void Sequence::rotate(float* heads, std::size_t count, std::size_t tokens) const {
  const ModelConfig& c = network_.config();
  const std::size_t pairs = c.head_dim / 2;
  const bool adjacent = c.rotary_pairs == RotaryPairs::kAdjacent;
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* cosine = network_.cosines_.data() + (size_ + t) * pairs;
    const float* sine = network_.sines_.data() + (size_ + t) * pairs;
    for (std::size_t h = 0; h < count; ++h, heads += c.head_dim) {
      for (std::size_t i = 0; i < pairs; ++i) {
        float& a = heads[adjacent ? 2 * i : i];
        float& b = heads[adjacent ? 2 * i + 1 : i + pairs];
        const float rotated = a * cosine[i] - b * sine[i];
        b = a * sine[i] + b * cosine[i];
        a = rotated;
      }
    }
  }
}

void Sequence::attend(std::size_t layer, std::size_t tokens) {
  const ModelConfig& c = network_.config();
  const std::size_t width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
  const std::size_t positions = size_ + tokens;
  const float scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  for (std::size_t i = 0; i < tokens * width; ++i) query_[i] *= scale;
  for (std::size_t kv = 0; kv < c.kv_heads; ++kv) {
    const float* keys = keys_[layer].data() + kv * c.head_dim;
    const float* values = values_[layer].data() + kv * c.head_dim;
    for (std::size_t first = 0; first < tokens; first += kQueryBlock) {
      const std::size_t count = std::min(kQueryBlock, tokens - first);
      const std::size_t visible = std::min(positions, size_ + first + count);
      packed_keys_.assign(keys, visible, c.head_dim, kv_width, 1);
      packed_values_.assign(values, c.head_dim, visible, 1, kv_width);
      scores_.resize(count * visible);
      for (std::size_t h = kv * (c.heads / c.kv_heads); h < (kv + 1) * (c.heads / c.kv_heads); ++h) {
        const float* queries = query_.data() + first * width + h * c.head_dim;
        multiply(queries, width, count, packed_keys_, scores_.data(), visible);
        for (std::size_t t = 0; t < count; ++t) {
          float* row = scores_.data() + t * visible;
          const std::size_t past = size_ + first + t + 1;
          softmax(row, past);
          std::fill(row + past, row + visible, 0.0f);
        }
        multiply(scores_.data(), visible, count, packed_values_,
                 mixed_.data() + first * width + h * c.head_dim, width);
      }
    }
  }
}

std::span<const float> Sequence::append(std::span<const Token> tokens, const Observe& observe) {
  const Model& model = network_.model_;
  const ModelConfig& c = model.config;
  const std::size_t count = tokens.size(), width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
  residual_.resize(count * c.dim);
  normed_.resize(count * std::max(c.dim, width));
  query_.resize(count * width);
  key_.resize(count * kv_width);
  value_.resize(count * kv_width);
  mixed_.resize(count * width);
  gate_.resize(count * c.hidden);
  up_.resize(count * c.hidden);
  logits_.resize(count * c.vocabulary);
  for (std::size_t t = 0; t < count; ++t) {
    std::copy_n(model.embedding.data() + tokens[t] * c.dim, c.dim, residual_.data() + t * c.dim);
  }
  const auto see = [&](const Linear& linear, const std::vector<float>& x) {
    if (observe) observe(linear.name, x.data(), count, linear.columns);
  };
  for (std::size_t l = 0; l < c.layers; ++l) {
    const Network::Block& block = network_.blocks_[l];
    const Layer& layer = *block.layer;
    normalise(residual_.data(), layer.attention_norm, c.norm_epsilon, count, normed_.data());
    see(layer.query, normed_);
    see(layer.key, normed_);
    see(layer.value, normed_);
    block.query->apply(normed_.data(), count, query_.data());
    block.key->apply(normed_.data(), count, key_.data());
    block.value->apply(normed_.data(), count, value_.data());
    rotate(query_.data(), c.heads, count);
    rotate(key_.data(), c.kv_heads, count);
    keys_[l].resize(size_ * kv_width);
    keys_[l].insert(keys_[l].end(), key_.begin(), key_.end());
    values_[l].resize(size_ * kv_width);
    values_[l].insert(values_[l].end(), value_.begin(), value_.end());
    attend(l, count);
    see(layer.attention_out, mixed_);
    block.attention_out->apply(mixed_.data(), count, normed_.data());
    add(residual_, normed_, count * c.dim);

    normalise(residual_.data(), layer.feed_forward_norm, c.norm_epsilon, count, normed_.data());
    see(layer.gate, normed_);
    see(layer.up, normed_);
    block.gate->apply(normed_.data(), count, gate_.data());
    block.up->apply(normed_.data(), count, up_.data());
    silu_multiply(gate_.data(), up_.data(), count * c.hidden);
    see(layer.down, gate_);
    block.down->apply(gate_.data(), count, normed_.data());
    add(residual_, normed_, count * c.dim);
  }
  normalise(residual_.data(), model.final_norm, c.norm_epsilon, count, normed_.data());
  multiply(normed_.data(), c.dim, count, network_.head_, logits_.data(), c.vocabulary);
  size_ += count;
  return logits_;
}

}  // namespace fp6sim::lm
