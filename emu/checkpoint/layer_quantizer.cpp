#include "emu/checkpoint/layer_quantizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "emu/binary16.h"
#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/fp6_stream.h"
#include "emu/packing/linear.h"
#include "emu/parallel.h"

namespace fp6sim::checkpoint {
namespace {

using tensor_io::DType;
using tensor_io::TensorInfo;

// Codes of a block stay in L2 between quantising, packing and measuring.
constexpr std::uint64_t kBlockElements = std::uint64_t{1} << 16;

std::uint64_t row_count(const std::vector<std::uint64_t>& shape) {
  return shape.size() < 2 ? 1 : shape.front();
}

std::vector<std::uint64_t> scale_shape(std::uint64_t rows, std::uint64_t groups,
                                       const emu::QuantizeSpec& spec) {
  if (spec.group == emu::kWholeRow) return {rows};
  return {rows, groups};
}

}  // namespace

LayerQuantizer::LayerQuantizer(const tensor_io::Tensor& tensor, const QuantizeJob& job)
    : tensor_(tensor),
      job_(job),
      split_(job.split.value_or(emu::default_split(job.spec.format.bits))),
      rows_(row_count(tensor.info.shape)),
      columns_(rows_ == 0 ? 0 : tensor.info.elements() / rows_) {
  fp6_stream_ = takes_fp6_stream();
  const TensorInfo& in = tensor.info;
  const emu::QuantizeSpec& spec = job.spec;
  if (!tensor_io::converts_to_float(in.dtype)) {
    throw Error("tensor '" + in.name + "': " + std::string(tensor_io::dtype_name(in.dtype)) +
                " is not a weight type; accepted: floating types and integers of at most 16 bits");
  }
  if (in.elements() == 0)
    throw Error("tensor '" + in.name + "' of shape " + tensor_io::shape_text(in.shape) + " has no elements");
  const std::uint64_t group = spec.group == emu::kWholeRow ? columns_ : spec.group;
  if (spec.scaled && columns_ % group != 0) {
    throw Error("group size " + std::to_string(group) + " does not divide the " + std::to_string(columns_) +
                " columns of tensor '" + in.name + "'");
  }
  const auto add = [&](Part part, const char* ending, DType type, std::vector<std::uint64_t> shape) {
    outputs_.push_back({part, {in.name + ending, type, std::move(shape), 0}});
  };
  switch (job.output) {
    case Output::kFake:
      add(Part::kValues, "", DType::kF16, in.shape);
      return;
    case Output::kCodes:
      add(Part::kValues, "", DType::kU8, in.shape);
      break;
    case Output::kPacked: {
      const emu::LinearSize size = emu::linear_size(split_, in.elements());
      add(Part::kWide, ".wide", DType::kI32, {size.wide_words});
      if (size.narrow_words != 0) add(Part::kNarrow, ".narrow", DType::kI32, {size.narrow_words});
      break;
    }
  }
  if (spec.scaled) add(Part::kScales, ".scales", DType::kF16, scale_shape(rows_, columns_ / group, spec));
  if (spec.zero_point) {
    const std::uint64_t zeros = rows_ * (columns_ / group);
    if (job.output == Output::kPacked) {
      const auto split = emu::default_split(spec.format.bits == 4 ? 4 : 8);
      add(Part::kZeros, ".zeros", DType::kI32, {emu::linear_size(split, zeros).wide_words});
    } else {
      add(Part::kZeros, ".zeros", DType::kU8, scale_shape(rows_, columns_ / group, spec));
    }
  }
}

emu::QuantizedMatrix LayerQuantizer::quantize_block(std::uint64_t first,
                                                    std::span<const float> weights) const {
  emu::QuantizeSpec spec = job_.spec;
  spec.first_element = first;
  // Without scales rows mean nothing, and a block may end inside one.
  const std::uint64_t columns = spec.scaled ? columns_ : weights.size();
  return emu::quantize(weights, weights.size() / columns, columns, spec,
                       "tensor '" + tensor_.info.name + "'");
}

ErrorSums LayerQuantizer::errors_of(std::span<const float> weights, std::span<const std::uint16_t> values) {
  thread_local std::vector<float> floats;
  floats.resize(values.size());
  tensor_io::to_float({{"", DType::kF16, {values.size()}, 0}, std::as_bytes(values)}, 0, floats);
  return error_sums(weights, floats);
}

void LayerQuantizer::check_fake(std::uint64_t first, std::span<const std::uint16_t> values) const {
  const auto infinite =
      std::find_if(values.begin(), values.end(), [](auto v) { return (v & 0x7FFF) == 0x7C00; });
  if (infinite == values.end()) return;
  throw Error("tensor '" + tensor_.info.name + "' element " +
              std::to_string(first + static_cast<std::uint64_t>(infinite - values.begin())) +
              ": the dequantised weight exceeds binary16's 65504, which --fake writes");
}

bool LayerQuantizer::takes_fp6_stream() const {
  const emu::QuantizeSpec& spec = job_.spec;
  const std::uint64_t group = spec.group == emu::kWholeRow ? columns_ : spec.group;
  return !job_.method && job_.output != Output::kCodes && spec.format.is_float() &&
         (spec.format.floating == emu::kE3M2 || spec.format.floating == emu::kE2M3) &&
         (split_ == emu::Split::k4Plus2 || split_ == emu::Split::k4Plus2Byte) && spec.scaled &&
         spec.rounding.mode == emu::RoundingMode::kNearestEven && spec.rule == emu::ScaleRule::kMax &&
         spec.storage == emu::ScaleStorage::kBinary16 && spec.non_finite == emu::NonFinite::kError &&
         !spec.divide_by_unrounded_scale && group % 16 == 0;
}

bool LayerQuantizer::run_fp6_block(std::uint64_t first, std::span<const float> weights, const Write& write,
                                   ErrorSums& errors) const {
  const emu::FloatFormat& format = job_.spec.format.floating;
  const std::size_t group = job_.spec.group == emu::kWholeRow ? columns_ : job_.spec.group;
  const emu::LinearSize size = emu::linear_size(split_, weights.size());
  std::vector<std::uint32_t> wide(size.wide_words), narrow(size.narrow_words);
  std::vector<std::uint16_t> scales(weights.size() / group), values(weights.size());
  if (emu::quantize_and_pack_fp6(format, split_, weights, group, wide, narrow, scales) !=
          emu::StreamStatus::kDone ||
      emu::dequantize_fp6(format, split_, wide, narrow, scales, group, values) != emu::StreamStatus::kDone) {
    return false;  // the slower way names what is wrong
  }
  errors = errors_of(weights, values);
  if (job_.output == Output::kFake) {
    check_fake(first, values);
    write(0, 2 * first, std::as_bytes(std::span(values)));
    return true;
  }
  write(0, first / 2, std::as_bytes(std::span(wide)));
  write(1, first / 4, std::as_bytes(std::span(narrow)));
  write(2, 2 * (first / group), std::as_bytes(std::span(scales)));
  return true;
}

void LayerQuantizer::run_block(std::uint64_t first, std::span<const float> weights, const Write& write,
                               ErrorSums& errors) const {
  if (fp6_stream_ && run_fp6_block(first, weights, write, errors)) return;
  const emu::QuantizedMatrix block =
      job_.method ? job_.method({weights.begin(), weights.end()}, rows_, columns_, tensor_.info.name)
                  : quantize_block(first, weights);
  std::vector<std::uint16_t> values(weights.size());
  emu::dequantize_to_binary16(block, values);
  if (job_.output == Output::kFake) check_fake(first, values);
  write_block(block, values, first, write);
  errors = errors_of(weights, values);
}

void LayerQuantizer::write_block(const emu::QuantizedMatrix& block, std::span<const std::uint16_t> values,
                                 std::uint64_t first, const Write& write) const {
  const auto bytes = [](const auto& array) { return std::as_bytes(std::span(array)); };
  const emu::SplitInfo& split = emu::info(split_);
  emu::PackedCodes packed;
  if (job_.output == Output::kPacked) packed = emu::pack_linear(split_, block.codes);
  const std::uint64_t first_group = first / block.group_columns();
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    switch (outputs_[o].part) {
      case Part::kWide:
        write(o, 4 * emu::words_for_bits(first, split.wide_bits), bytes(packed.wide));
        break;
      case Part::kNarrow:
        write(o, 4 * emu::words_for_bits(first, split.narrow_bits), bytes(packed.narrow));
        break;
      case Part::kValues:
        if (job_.output == Output::kCodes) {
          write(o, first, bytes(block.codes));
        } else {
          write(o, 2 * first, bytes(values));
        }
        break;
      case Part::kScales: {
        std::vector<std::uint16_t> scales(block.scales.size());
        std::transform(block.scales.begin(), block.scales.end(), scales.begin(), emu::to_binary16);
        write(o, 2 * first_group, bytes(scales));
        break;
      }
      case Part::kZeros:
        if (job_.output == Output::kPacked) {
          const auto zeros =
              emu::pack_linear(emu::default_split(block.spec.format.bits == 4 ? 4 : 8), block.zeros);
          write(o, first_group * (block.spec.format.bits == 4 ? 4 : 8) / 8, bytes(zeros.wide));
        } else {
          write(o, first_group, bytes(block.zeros));
        }
        break;
    }
  }
}

LayerSummary LayerQuantizer::run(const Write& write) {
  const std::uint64_t count = tensor_.info.elements();
  const bool whole = static_cast<bool>(job_.method);
  // Whole rows, as many as make whole packed words of codes (32 elements) and of zero points (8 groups).
  std::uint64_t unit = 32;
  if (job_.spec.scaled) unit = columns_ * (columns_ % 32 == 0 ? 8 : 32);
  const std::uint64_t step = whole ? count : std::max<std::uint64_t>(1, kBlockElements / unit) * unit;
  const std::uint64_t blocks = (count + step - 1) / step;
  std::vector<ErrorSums> errors(blocks);
  const auto run_blocks = [&](std::size_t begin, std::size_t end) {
    std::vector<float> weights;
    for (std::size_t b = begin; b < end; ++b) {
      const std::uint64_t first = b * step;
      weights.resize(std::min(step, count - first));
      tensor_io::to_float(tensor_, first, weights);
      run_block(first, weights, write, errors[b]);
    }
  };
  if (whole) {
    run_blocks(0, 1);  // the method has threads of its own
  } else {
    emu::parallel_for(blocks, 1, run_blocks);
  }
  ErrorSums total;
  for (const ErrorSums& e : errors) total.add(e);
  const double snr = total.noise == 0 ? std::numeric_limits<double>::infinity()
                                      : 10 * std::log10(total.signal / total.noise);
  return {tensor_.info.name, tensor_.info.shape, bits_per_weight(job_.spec, rows_, columns_), snr,
          total.largest};
}

}  // namespace fp6sim::checkpoint
