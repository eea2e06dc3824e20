// The names --scale takes, and names of tensors by pattern.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emu/quantize.h"

namespace fp6sim::checkpoint {

/// Sets spec.scaled and spec.group from "none" (scale 1), "row" or "group:N" (N columns share a scale,
/// N 1..2^31-1). Throws fp6sim::Error for anything else.
void set_scale(emu::QuantizeSpec& spec, std::string_view name);
std::string scale_name(const emu::QuantizeSpec& spec);

/// Bits a weight of a [rows, columns] matrix takes with its scales and zero points: codes at the format's
/// width, scales at their storage's, zero points at the format's.
double bits_per_weight(const emu::QuantizeSpec& spec, std::size_t rows, std::size_t columns);

/// Whether `name` matches `pattern`, where * stands for any run of characters and ? for one. Linear in
/// practice, never exponential.
bool matches(std::string_view pattern, std::string_view name);

/// Which tensors of a checkpoint are quantised.
struct NamePatterns {
  std::vector<std::string> include;  ///< empty: what default_choice() says
  std::vector<std::string> exclude;

  /// exclude wins over include; include over the default.
  bool choose(std::string_view name, std::size_t rank) const;
};

/// Matrices whose name does not speak of embeddings, normalisation or the output head (*embed*, *wte*, *wpe*,
/// *norm*, *lm_head*): the linear layers that the papers quantise.
bool default_choice(std::string_view name, std::size_t rank);

}  // namespace fp6sim::checkpoint
