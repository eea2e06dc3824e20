#include "emu/lm/quantized_network.h"

#include <algorithm>

#include "emu/binary16.h"
#include "emu/checkpoint/spec_names.h"
#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/gemm/gemm.h"
#include "emu/names.h"
#include "emu/packing/linear.h"

namespace fp6sim::lm {
namespace {

bool is_bf16(const FormatChoice& choice) {
  return choice.spec.format.name == "bf16";
}
bool is_conversion(const FormatChoice& choice) {
  return choice.spec.format.bits == 16;
}

float value_of(const FormatChoice& choice, std::uint16_t bits) {
  return is_bf16(choice) ? emu::from_bfloat16(bits) : emu::from_binary16(bits);
}

class TensorCoreOperator final : public LinearOperator {
 public:
  TensorCoreOperator(const Linear& linear, std::vector<std::uint16_t> weights, bool bf16,
                     emu::Architecture architecture)
      : rows_(linear.rows), columns_(linear.columns), weights_(std::move(weights)) {
    schedule_.architecture = architecture;
    schedule_.input = bf16 ? emu::TileInput::kBfloat16 : emu::TileInput::kBinary16;
  }
  void apply(const float* x, std::size_t tokens, float* y) const override {
    std::vector<std::uint16_t> activations(tokens * columns_);
    std::transform(x, x + activations.size(), activations.begin(),
                   schedule_.input == emu::TileInput::kBfloat16 ? emu::to_bfloat16 : emu::to_binary16);
    emu::exact_gemm(schedule_,
                    {static_cast<std::int64_t>(rows_), static_cast<std::int64_t>(columns_),
                     static_cast<std::int64_t>(tokens)},
                    weights_, activations, std::span<float>(y, tokens * rows_));
  }

 private:
  std::size_t rows_, columns_;
  std::vector<std::uint16_t> weights_;
  emu::GemmSchedule schedule_;
};

}  // namespace

FormatChoice parse_format_choice(std::string_view text, const std::string& scale, const std::string& method) {
  FormatChoice choice{{}, scale, method};
  std::string_view rest = text;
  const auto next = [&] {
    const auto at = rest.find('@');
    const std::string_view part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
  };
  choice.spec.format = emu::format_by_name(next());
  while (!rest.empty()) {
    const std::string_view part = next();
    if (part == "zp") {
      choice.spec.zero_point = true;
    } else if (part == "rtn" || part == "gptq") {
      choice.method = part;
    } else {
      choice.scale = part;
    }
  }
  if (choice.method != "rtn" && choice.method != "gptq") {
    throw Error(unknown_name_message("method", choice.method, {"rtn", "gptq"}));
  }
  checkpoint::set_scale(choice.spec, choice.scale);
  if (is_conversion(choice)) choice = {{.format = choice.spec.format, .scaled = false}, "none", "rtn"};
  if (choice.spec.zero_point && (choice.spec.format.is_float() || !choice.spec.scaled)) {
    throw Error("format '" + std::string(text) + "': a zero point takes an integer format and a scale");
  }
  return choice;
}

std::string format_label(const FormatChoice& choice) {
  return std::string(choice.spec.format.name) + (choice.spec.zero_point ? "-zp" : "");
}

emu::QuantizedMatrix round_to_nearest(const Linear& linear, const emu::QuantizeSpec& spec) {
  return emu::quantize(linear.weights, linear.rows, linear.columns, spec, linear.name);
}

std::size_t padded_columns(std::size_t columns, const emu::QuantizeSpec& spec) {
  const std::size_t group = spec.scaled && spec.group != emu::kWholeRow ? spec.group : 1;
  return (columns + group - 1) / group * group;
}

Linear padded_to_groups(const Linear& linear, const emu::QuantizeSpec& spec) {
  Linear padded{linear.name, linear.rows, padded_columns(linear.columns, spec), {}};
  if (padded.columns == linear.columns) {
    padded.weights = linear.weights;
    return padded;
  }
  padded.weights.resize(padded.rows * padded.columns);
  for (std::size_t r = 0; r < linear.rows; ++r) {
    std::copy_n(linear.weights.data() + r * linear.columns, linear.columns,
                padded.weights.data() + r * padded.columns);
  }
  return padded;
}

std::vector<std::uint16_t> dequantized_weights(const Linear& linear, const FormatChoice& choice,
                                               const QuantizeLinear& quantize) {
  std::vector<std::uint16_t> bits(linear.weights.size());
  if (is_conversion(choice)) {
    std::transform(linear.weights.begin(), linear.weights.end(), bits.begin(),
                   is_bf16(choice) ? emu::to_bfloat16 : emu::to_binary16);
    return bits;
  }
  const Linear padded = padded_to_groups(linear, choice.spec);
  emu::QuantizedMatrix matrix = quantize(padded, choice.spec);
  const auto packed = emu::pack_linear(emu::default_split(choice.spec.format.bits), matrix.codes);
  matrix.codes = emu::unpack_linear(packed);
  bits.resize(padded.weights.size());
  emu::dequantize_to_binary16(matrix, bits);
  for (std::size_t r = 1; r < linear.rows; ++r) {  // close the rows up again
    std::copy_n(bits.begin() + static_cast<std::ptrdiff_t>(r * padded.columns), linear.columns,
                bits.begin() + static_cast<std::ptrdiff_t>(r * linear.columns));
  }
  bits.resize(linear.weights.size());
  return bits;
}

double bits_per_weight(const Model& model, const FormatChoice& choice) {
  double bits = 0, weights = 0;
  for_each_linear(model, [&](const Linear& linear) {
    const auto count = static_cast<double>(linear.weights.size());
    bits += count * checkpoint::bits_per_weight(choice.spec, linear.rows, linear.columns);
    weights += count;
  });
  return bits / weights;
}

std::unique_ptr<Network> quantized_network(const Model& model, const FormatChoice& choice,
                                           const QuantizeLinear& quantize,
                                           std::optional<emu::Architecture> architecture) {
  return std::make_unique<Network>(model, [&](const Linear& linear) -> std::unique_ptr<LinearOperator> {
    std::vector<std::uint16_t> bits = dequantized_weights(linear, choice, quantize);
    if (architecture) {
      return std::make_unique<TensorCoreOperator>(linear, std::move(bits), is_bf16(choice), *architecture);
    }
    Linear dequantized{linear.name, linear.rows, linear.columns, std::vector<float>(bits.size())};
    std::transform(bits.begin(), bits.end(), dequantized.weights.begin(),
                   [&](std::uint16_t b) { return value_of(choice, b); });
    check_finite(dequantized.weights, linear.name + " as " + format_label(choice));
    return binary32_operator(dequantized);
  });
}

std::unique_ptr<Network> plain_network(const Model& model) {
  return std::make_unique<Network>(model, binary32_operator);
}

}  // namespace fp6sim::lm
