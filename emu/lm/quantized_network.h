// A model whose linear layers went through a number format: quantised, packed, unpacked and dequantised by
// emu.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emu/lm/forward.h"
#include "emu/mma/mma.h"
#include "emu/quantize.h"

namespace fp6sim::lm {

/// One column of the comparison.
struct FormatChoice {
  emu::QuantizeSpec spec;  ///< for fp16 and bf16 only spec.format counts
  std::string scale;       ///< none | row | group:N
  std::string method;      ///< rtn | gptq
};

/// Parses FORMAT[@SCALE][@zp][@METHOD], e.g. "e3m2", "int4@group:64@zp", "int4@row@gptq"; what is left out is
/// as given. fp16 and bf16 are conversions: scale none, method rtn, whatever was asked. Throws fp6sim::Error.
FormatChoice parse_format_choice(std::string_view text, const std::string& scale, const std::string& method);
/// "int4" or "int4-zp"
std::string format_label(const FormatChoice& choice);

/// Codes and scales of a layer; how a method other than RTN comes in.
using QuantizeLinear = std::function<emu::QuantizedMatrix(const Linear&, const emu::QuantizeSpec&)>;
emu::QuantizedMatrix round_to_nearest(const Linear& linear, const emu::QuantizeSpec& spec);

std::size_t padded_columns(std::size_t columns, const emu::QuantizeSpec& spec);
/// The layer with zero columns appended up to whole groups, as kernels pad K: they change no scale.
Linear padded_to_groups(const Linear& linear, const emu::QuantizeSpec& spec);

/// What a kernel multiplies with: binary16 bits [rows, columns] (bfloat16 for bf16), after packing in the
/// format's default split and unpacking again.
std::vector<std::uint16_t> dequantized_weights(const Linear& linear, const FormatChoice& choice,
                                               const QuantizeLinear& quantize);

/// Mean bits a weight of the linear layers takes, scales and zero points counted.
double bits_per_weight(const Model& model, const FormatChoice& choice);

/// `architecture` empty: the dequantised weights multiply binary32 activations in binary32. Else activations
/// are rounded to binary16 (bfloat16 for bf16) and multiplied as that tensor core does.
std::unique_ptr<Network> quantized_network(const Model& model, const FormatChoice& choice,
                                           const QuantizeLinear& quantize,
                                           std::optional<emu::Architecture> architecture);
std::unique_ptr<Network> plain_network(const Model& model);

}  // namespace fp6sim::lm
