// Hugging Face directories of the LLaMA architecture: config.json and .safetensors, sharded or not.
#include <boost/json.hpp>
#include <filesystem>
#include <optional>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "emu/lm/model.h"
#include "emu/tensor_io/checkpoint.h"

namespace fp6sim::lm {
namespace {

namespace fs = std::filesystem;

// config.json holds many keys that do not concern arithmetic; those that would change it are refused by name.
class ConfigReader {
 public:
  ConfigReader(const boost::json::object& object, std::string source)
      : object_(object), source_(std::move(source)) {}

  std::optional<json::Value> find(const char* key) const {
    const boost::json::value* value = object_.if_contains(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return json::Value(*value, source_, key);
  }
  std::size_t size(const char* key, std::optional<std::size_t> missing = std::nullopt) const {
    const auto value = find(key);
    if (!value && !missing) throw Error(source_ + ": the key '" + std::string(key) + "' is missing");
    return value ? static_cast<std::size_t>(value->as_integer(1, 1 << 24)) : *missing;
  }
  float number(const char* key, double missing) const {
    const auto value = find(key);
    return static_cast<float>(value ? value->as_number(0, 1e12) : missing);
  }
  void require_false(const char* key) const {
    const auto value = find(key);
    if (value && value->as_boolean())
      throw Error(source_ + ": '" + std::string(key) + "' true is not supported");
  }

 private:
  const boost::json::object& object_;
  std::string source_;
};

ModelConfig read_config(const std::string& path, bool& tied) {
  const json::Document document = json::read_file(path);
  const boost::json::object* object = document.root().raw().if_object();
  if (object == nullptr) throw Error(path + ": not a JSON object");
  const ConfigReader reader(*object, path);
  const auto kind = reader.find("model_type");
  if (!kind || kind->as_string() != "llama") {
    throw Error(path + ": model_type '" + (kind ? kind->as_string() : "") + "'; accepted: 'llama'");
  }
  if (const auto activation = reader.find("hidden_act"); activation && activation->as_string() != "silu") {
    throw Error(path + ": hidden_act '" + activation->as_string() + "'; accepted: 'silu'");
  }
  if (const auto scaling = reader.find("rope_scaling"); scaling) {
    throw Error(path + ": 'rope_scaling' is not supported; accepted: null");
  }
  reader.require_false("attention_bias");
  reader.require_false("mlp_bias");
  ModelConfig c;
  c.dim = reader.size("hidden_size");
  c.hidden = reader.size("intermediate_size");
  c.layers = reader.size("num_hidden_layers");
  c.heads = reader.size("num_attention_heads");
  c.kv_heads = reader.size("num_key_value_heads", c.heads);
  c.vocabulary = reader.size("vocab_size");
  c.context = reader.size("max_position_embeddings", 2048);
  if (!reader.find("head_dim") && c.dim % c.heads != 0) {
    throw Error(path + ": " + std::to_string(c.heads) + " heads do not divide the width " +
                std::to_string(c.dim));
  }
  c.head_dim = reader.size("head_dim", c.dim / c.heads);
  c.rotary_base = reader.number("rope_theta", 10000);
  c.norm_epsilon = reader.number("rms_norm_eps", 1e-6);
  c.rotary_pairs = RotaryPairs::kHalves;
  const auto tie = reader.find("tie_word_embeddings");
  tied = tie && tie->as_boolean();
  check_config(c, path);
  return c;
}

std::vector<float> read_tensor(const tensor_io::Checkpoint& checkpoint, const std::string& name,
                               const std::vector<std::uint64_t>& shape) {
  const tensor_io::Tensor tensor = checkpoint.tensor(name);
  if (tensor.info.shape != shape) {
    throw Error("tensor '" + name + "' has shape " + tensor_io::shape_text(tensor.info.shape) +
                ", config.json needs " + tensor_io::shape_text(shape));
  }
  std::vector<float> values = tensor_io::to_floats(tensor);
  check_finite(values, name);
  return values;
}

}  // namespace

Model load_hugging_face(const std::string& path) {
  Model model;
  bool tied = false;
  const std::string config = (fs::path(path) / "config.json").string();
  if (!fs::exists(config)) throw Error(path + ": no config.json in this directory");
  model.config = read_config(config, tied);
  const ModelConfig& c = model.config;
  const auto checkpoint = tensor_io::Checkpoint::open(path);
  model.embedding = read_tensor(checkpoint, "model.embed_tokens.weight", {c.vocabulary, c.dim});
  const std::size_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  for (std::size_t l = 0; l < c.layers; ++l) {
    const std::string prefix = "model.layers." + std::to_string(l) + ".";
    const auto linear = [&](const char* part, std::size_t rows, std::size_t columns) -> Linear {
      const std::string name = prefix + part + ".weight";
      return {name, rows, columns, read_tensor(checkpoint, name, {rows, columns})};
    };
    Layer layer;
    layer.attention_norm = read_tensor(checkpoint, prefix + "input_layernorm.weight", {c.dim});
    layer.feed_forward_norm = read_tensor(checkpoint, prefix + "post_attention_layernorm.weight", {c.dim});
    layer.query = linear("self_attn.q_proj", q, c.dim);
    layer.key = linear("self_attn.k_proj", kv, c.dim);
    layer.value = linear("self_attn.v_proj", kv, c.dim);
    layer.attention_out = linear("self_attn.o_proj", c.dim, q);
    layer.gate = linear("mlp.gate_proj", c.hidden, c.dim);
    layer.up = linear("mlp.up_proj", c.hidden, c.dim);
    layer.down = linear("mlp.down_proj", c.dim, c.hidden);
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = read_tensor(checkpoint, "model.norm.weight", {c.dim});
  if (!tied && checkpoint.contains("lm_head.weight")) {
    model.head = read_tensor(checkpoint, "lm_head.weight", {c.vocabulary, c.dim});
  } else if (!tied) {
    throw Error(path +
                ": tensor 'lm_head.weight' is missing, and config.json does not say tie_word_embeddings");
  }
  return model;
}

}  // namespace fp6sim::lm
