#include "emu/lm/model.h"

#include <cmath>
#include <filesystem>
#include <utility>

#include "emu/error.h"

namespace fp6sim::lm {
namespace {

template <class ModelType, class Visit>
void visit_linears(ModelType& model, const Visit& visit) {
  for (auto& layer : model.layers) {
    for (auto* linear : {&layer.query, &layer.key, &layer.value, &layer.attention_out, &layer.gate, &layer.up,
                         &layer.down}) {
      visit(*linear);
    }
  }
}

}  // namespace

void for_each_linear(Model& model, const std::function<void(Linear&)>& visit) {
  visit_linears(model, visit);
}
void for_each_linear(const Model& model, const std::function<void(const Linear&)>& visit) {
  visit_linears(model, visit);
}

void check_config(const ModelConfig& config, const std::string& source) {
  constexpr std::size_t kLargest = std::size_t{1} << 24;  // products of two stay far inside 64 bits
  const std::pair<const char*, std::size_t> extents[] = {{"width", config.dim},
                                                         {"feed-forward width", config.hidden},
                                                         {"layer count", config.layers},
                                                         {"head count", config.heads},
                                                         {"key-value head count", config.kv_heads},
                                                         {"vocabulary size", config.vocabulary},
                                                         {"context length", config.context},
                                                         {"head width", config.head_dim}};
  for (const auto& [what, value] : extents) {
    if (value == 0 || value > kLargest) {
      throw Error(source + ": " + what + " " + std::to_string(static_cast<long long>(value)) +
                  "; accepted: 1..16777216");
    }
  }
  if (config.heads % config.kv_heads != 0) {
    throw Error(source + ": " + std::to_string(config.kv_heads) + " key-value heads do not divide " +
                std::to_string(config.heads) + " heads");
  }
  if (config.head_dim % 2 != 0) {
    throw Error(source + ": head width " + std::to_string(config.head_dim) +
                " is odd; rotary embedding needs pairs");
  }
  if (!(config.norm_epsilon > 0) || !(config.rotary_base > 1) || !std::isfinite(config.rotary_base)) {
    throw Error(source + ": normalisation epsilon must be above 0 and the rotary base above 1");
  }
}

void check_finite(const std::vector<float>& weights, const std::string& name) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i])) {
      throw Error("tensor '" + name + "' element " + std::to_string(i) + " is " +
                  (std::isnan(weights[i]) ? "NaN" : "infinite") + "; weights must be finite");
    }
  }
}

Model load_model(const std::string& path) {
  if (std::filesystem::is_directory(path)) return load_hugging_face(path);
  if (path.ends_with(".bin")) return load_llama2c(path);
  throw Error(
      path +
      ": unknown kind of model; accepted: a llama2.c .bin (version 0), a directory with config.json and "
      ".safetensors of the LLaMA architecture");
}

}  // namespace fp6sim::lm
