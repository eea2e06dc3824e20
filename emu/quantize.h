// Weights -> codes and scales, by rounding to nearest (RTN): per row or per group, symmetric, with a zero
// point, or to a floating-point format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emu/format.h"
#include "emu/rounding.h"

namespace fp6sim::emu {

/// How a scale is kept, which is also what dequantising multiplies by.
enum class ScaleStorage : std::uint8_t {
  kBinary16,  ///< "fp16": RNE, at least 2^-24, at most 65504
  kBinary32,  ///< "fp32"
  kE8M0,      ///< "e8m0": a power of two 2^-127..2^127. FP formats: OCP MX's 2^(floor(log2 max) - emax), what
              ///< lies beyond saturates; integers: the smallest power of two not below the binary32 scale
};

/// Where a scale comes from.
enum class ScaleRule : std::uint8_t {
  kMax,           ///< "max": max|w| becomes the largest code (interfaces.md's formulas)
  kSquaredError,  ///< "mse": of 1.00, 0.99 .. 0.30 times that, the one with the smallest squared error (E8M0:
                  ///< of the power of two, its half and its double); ties to the larger. Never worse than
                  ///< kMax
};

enum class NonFinite : std::uint8_t {
  kError,     ///< refuse infinities and NaN, naming the tensor and the index
  kSaturate,  ///< they take no part in the scale; infinities become +-largest, NaN +largest (integers:
              ///< +largest too)
};

/// Columns that share a scale where there is one scale for each row, whatever its length.
inline constexpr std::size_t kWholeRow = 0;

/// What to do. The default is RTN to E3M2 per row with binary16 scales.
struct QuantizeSpec {
  Format format = format_by_name("e3m2");  ///< any of at most 8 bits
  bool scaled = true;                      ///< false: `--scale none`, every scale is 1 and none is searched
  std::size_t group = kWholeRow;           ///< columns per scale; must divide the columns
  bool zero_point = false;                 ///< integers only: unsigned codes with a zero point
  Rounding rounding{};
  ScaleRule rule = ScaleRule::kMax;
  ScaleStorage storage = ScaleStorage::kBinary16;
  NonFinite non_finite = NonFinite::kError;

  /// Which element of its tensor the first weight is: a tensor quantised in runs of whole rows then draws the
  /// same random numbers, and errors name the same places, as in one call.
  std::uint64_t first_element = 0;

  /// The authors' released system: divide by the *binary32* scale although the stored one is what
  /// dequantising uses, keep RN16(scale) even where that is 0, and turn -0 codes into +0. Everything else
  /// here divides by the scale as stored: each weight then lands on the code nearest to it after dequantising
  /// (measured in docs/decisions.md).
  bool divide_by_unrounded_scale = false;
};

/// The named recipes: "rtn" (the default above), "fp6llm" (the authors' released system: E3M2 per row, half
/// away from zero, binary32 division, binary16 scale), and MX blocks "mxfp4" .. "mxfp8-e5m2" (emu/mx.h).
/// Throws fp6sim::Error for other names.
QuantizeSpec quantize_recipe(std::string_view name);

ScaleStorage scale_storage_from_name(std::string_view name);  ///< fp16 fp32 e8m0; throws fp6sim::Error
ScaleRule scale_rule_from_name(std::string_view name);        ///< max mse; throws fp6sim::Error

/// A quantised W[rows, columns].
struct QuantizedMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  QuantizeSpec spec;
  std::vector<std::uint8_t> codes;  ///< [rows, columns], one in each byte's low bits; symmetric integers
                                    ///< two's complement masked to their width
  std::vector<float> scales;        ///< [rows, groups()], exactly as stored; empty where spec.scaled is false
  std::vector<std::uint8_t> zeros;  ///< [rows, groups()] with zero points, else empty

  std::size_t group_columns() const { return spec.group == kWholeRow ? columns : spec.group; }
  std::size_t groups() const { return columns / group_columns(); }
  float scale(std::size_t row, std::size_t column) const {
    return scales.empty() ? 1.0f : scales[row * groups() + column / group_columns()];
  }
  int zero(std::size_t row, std::size_t column) const {
    return zeros.empty() ? 0 : zeros[row * groups() + column / group_columns()];
  }
};

/// Quantises row-major weights[rows * columns] on several threads; same bits on any number of them.
///
/// FP: s = max|w| / largest; code = encode(RN32(w / s)), saturating. INT symmetric: s = max|w| / (2^(b-1)-1),
/// q = round(RN32(w / s)) clamped to [-2^(b-1), 2^(b-1)-1]. INT with zero point: lo = min(w,0), hi =
/// max(w,0), s = (hi-lo) / (2^b-1), z = clamp(round(-lo/s)), q = clamp(round(w/s) + z). A group of zeros
/// takes s = 1. Without scales a zero point is refused, and integers round the weight itself.
///
/// Stochastic rounding draws for element first_element + row * columns + column. `tensor` names the weights
/// in errors. Throws fp6sim::Error: sizes that do not match, rows or columns of 0, a group that does not
/// divide the columns, a format over 8 bits, a zero point with FP, non-finite weights under kError.
QuantizedMatrix quantize(std::span<const float> weights, std::size_t rows, std::size_t columns,
                         const QuantizeSpec& spec, std::string_view tensor = "weights");

/// The checks quantize() begins with; throws what it throws.
void check_quantizable(std::span<const float> weights, std::size_t rows, std::size_t columns,
                       const QuantizeSpec& spec, std::string_view tensor = "weights");

/// What is needed to turn one group of finite weights into codes.
struct GroupScale {
  float divisor = 1;  ///< what weights are divided by
  float stored = 1;   ///< what dequantising multiplies by
  int zero = 0;
};

/// The scale of one group under `spec` (not reading spec.group). Non-finite weights take no part. No throw,
/// no allocation.
GroupScale choose_scale(std::span<const float> group, const QuantizeSpec& spec);

/// The code of one weight. `index` is the element stochastic rounding draws for. No throw, no allocation.
std::uint8_t quantize_one(float weight, const GroupScale& scale, const QuantizeSpec& spec,
                          std::uint64_t index);

/// quantize_one() of every weight, element i drawing for first_index + i. codes.size() == weights.size(). No
/// throw, no allocation.
void quantize_group(std::span<const float> weights, const GroupScale& scale, const QuantizeSpec& spec,
                    std::uint64_t first_index, std::span<std::uint8_t> codes);

/// Value of a code before its scale: the FP value, the two's-complement integer, or code - zero. Exact.
float code_value(const QuantizeSpec& spec, std::uint32_t code, int zero);

/// scale rounded to what `storage` keeps (E8M0: see ScaleStorage; here the nearest-below power of two).
float stored_scale(float scale, ScaleStorage storage);

}  // namespace fp6sim::emu
