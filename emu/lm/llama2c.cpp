// llama2.c's version 0 checkpoints: seven int32 (dim, hidden, layers, heads, kv heads, vocabulary, context),
// then binary32 arrays, each for all layers at once:
//   embedding | attention norms | wq wk wv wo | feed-forward norms | w1 (gate) w2 (down) w3 (up) | final norm
//   | two tables of the rotary embedding [context, head_dim / 2], recomputed here | the head, if the
//   vocabulary's sign is -
#include <cstdint>
#include <cstring>
#include <span>

#include "emu/error.h"
#include "emu/lm/model.h"
#include "emu/tensor_io/mapped_file.h"

namespace fp6sim::lm {
namespace {

constexpr std::size_t kHeaderBytes = 7 * sizeof(std::int32_t);

/// Elements of binary32 in the file, as the header has them.
std::uint64_t parameter_count(const ModelConfig& c, bool own_head) {
  const std::uint64_t dim = c.dim, q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  const std::uint64_t layer =
      2 * dim + 2 * dim * q + 2 * dim * kv + 3 * dim * c.hidden;  // extents: 24 bits at most
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 60;
  if (layer > kLimit / c.layers) return kLimit;  // beyond any file
  return dim * c.vocabulary * (own_head ? 2 : 1) + layer * c.layers + dim +
         std::uint64_t{c.context} * c.head_dim;
}

class ArrayReader {
 public:
  explicit ArrayReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::vector<float> next(std::size_t count, const std::string& name) {
    std::vector<float> values(count);
    std::memcpy(values.data(), rest_.data(), count * sizeof(float));
    rest_ = rest_.subspan(count * sizeof(float));
    check_finite(values, name);
    return values;
  }
  void skip(std::size_t count) { rest_ = rest_.subspan(count * sizeof(float)); }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

Model load_llama2c(const std::string& path) {
  const tensor_io::MappedFile file(path);
  if (file.bytes().size() < kHeaderBytes)
    throw Error(path + ": truncated: a llama2.c checkpoint has a 28-byte header");
  std::int32_t header[7];
  std::memcpy(header, file.bytes().data(), kHeaderBytes);
  if (header[0] == 0x616B3432)
    throw Error(path + ": a llama2.c checkpoint of version 1 or later; accepted: version 0");
  const bool own_head = header[5] < 0;
  header[5] =
      header[5] < 0 ? static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(header[5])) : header[5];
  for (const std::int32_t number : header) {
    if (number <= 0) {
      throw Error(path + ": not a llama2.c checkpoint (version 0): its header holds " +
                  std::to_string(number));
    }
  }
  Model model;
  ModelConfig& c = model.config;
  c.dim = static_cast<std::size_t>(header[0]);
  c.hidden = static_cast<std::size_t>(header[1]);
  c.layers = static_cast<std::size_t>(header[2]);
  c.heads = static_cast<std::size_t>(header[3]);
  c.kv_heads = static_cast<std::size_t>(header[4]);
  c.vocabulary = static_cast<std::size_t>(header[5]);
  c.context = static_cast<std::size_t>(header[6]);
  if (c.dim % c.heads != 0) {
    throw Error(path + ": " + std::to_string(c.heads) + " heads do not divide the width " +
                std::to_string(c.dim));
  }
  c.head_dim = c.dim / c.heads;
  check_config(c, path);
  const std::uint64_t expected = kHeaderBytes + sizeof(float) * parameter_count(c, own_head);
  if (file.bytes().size() != expected) {
    throw Error(path + ": the header needs " + std::to_string(expected) + " bytes, the file has " +
                std::to_string(file.bytes().size()) +
                ": truncated, or not a llama2.c checkpoint (version 0)");
  }

  ArrayReader reader(file.bytes().subspan(kHeaderBytes));
  model.embedding = reader.next(c.vocabulary * c.dim, "embedding");
  model.layers.resize(c.layers);
  const auto each = [&](auto&& read) {
    for (std::size_t l = 0; l < c.layers; ++l) read(model.layers[l], "layers." + std::to_string(l) + ".");
  };
  const auto linears = [&](Linear Layer::*member, const char* name, std::size_t rows, std::size_t columns) {
    each([&](Layer& layer, const std::string& prefix) {
      layer.*member = {prefix + name, rows, columns, reader.next(rows * columns, prefix + name)};
    });
  };
  const auto norms = [&](std::vector<float> Layer::*member, const char* name) {
    each([&](Layer& layer, const std::string& prefix) { layer.*member = reader.next(c.dim, prefix + name); });
  };
  const std::size_t kv = c.kv_heads * c.head_dim;
  norms(&Layer::attention_norm, "attention_norm");
  linears(&Layer::query, "wq", c.dim, c.dim);
  linears(&Layer::key, "wk", kv, c.dim);
  linears(&Layer::value, "wv", kv, c.dim);
  linears(&Layer::attention_out, "wo", c.dim, c.dim);
  norms(&Layer::feed_forward_norm, "ffn_norm");
  linears(&Layer::gate, "w1", c.hidden, c.dim);
  linears(&Layer::down, "w2", c.dim, c.hidden);
  linears(&Layer::up, "w3", c.hidden, c.dim);
  model.final_norm = reader.next(c.dim, "final_norm");
  reader.skip(c.context * c.head_dim);
  if (own_head) model.head = reader.next(c.vocabulary * c.dim, "head");
  return model;
}

}  // namespace fp6sim::lm
