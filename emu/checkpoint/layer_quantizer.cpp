#include "emu/checkpoint/layer_quantizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "emu/binary16.h"
#include "emu/dequantize.h"
#include "emu/error.h"
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

LayerQuantizer::Errors LayerQuantizer::errors_of(const emu::QuantizedMatrix& block,
                                                 std::span<const float> weights) const {
  std::vector<float> values(weights.size());
  emu::dequantize_to_binary32(block, values);
  // Eight sums: independent of the compiler's choice of vector width, and fast.
  double signal[8] = {}, noise[8] = {};
  float largest[8] = {};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float w = std::fabs(weights[i]) <= std::numeric_limits<float>::max() ? weights[i] : 0.0f;
    const float error = w == weights[i] ? w - values[i] : 0.0f;
    signal[i % 8] += static_cast<double>(w) * static_cast<double>(w);
    noise[i % 8] += static_cast<double>(error) * static_cast<double>(error);
    largest[i % 8] = std::max(largest[i % 8], std::fabs(error));
  }
  return {std::accumulate(signal, signal + 8, 0.0), std::accumulate(noise, noise + 8, 0.0),
          *std::max_element(largest, largest + 8)};
}

void LayerQuantizer::write_block(const emu::QuantizedMatrix& block, std::uint64_t first,
                                 const Write& write) const {
  const auto bytes = [](const auto& values) { return std::as_bytes(std::span(values)); };
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
          std::vector<std::uint16_t> values(block.codes.size());
          emu::dequantize_to_binary16(block, values);
          const auto infinite =
              std::find_if(values.begin(), values.end(), [](auto v) { return (v & 0x7FFF) == 0x7C00; });
          if (infinite != values.end()) {
            throw Error("tensor '" + tensor_.info.name + "' element " +
                        std::to_string(first + static_cast<std::uint64_t>(infinite - values.begin())) +
                        ": the dequantised weight exceeds binary16's 65504, which --fake writes");
          }
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
  std::vector<Errors> errors(blocks);
  const auto run_blocks = [&](std::size_t begin, std::size_t end) {
    std::vector<float> weights;
    for (std::size_t b = begin; b < end; ++b) {
      const std::uint64_t first = b * step;
      weights.resize(std::min(step, count - first));
      tensor_io::to_float(tensor_, first, weights);
      const emu::QuantizedMatrix block =
          whole ? job_.method(weights, rows_, columns_, tensor_.info.name) : quantize_block(first, weights);
      write_block(block, first, write);
      errors[b] = errors_of(block, weights);
    }
  };
  if (whole) {
    run_blocks(0, 1);  // the method has threads of its own
  } else {
    emu::parallel_for(blocks, 1, run_blocks);
  }
  Errors total;
  for (const Errors& e : errors) {
    total.signal += e.signal;
    total.noise += e.noise;
    total.largest = std::max(total.largest, e.largest);
  }
  const double snr = total.noise == 0 ? std::numeric_limits<double>::infinity()
                                      : 10 * std::log10(total.signal / total.noise);
  return {tensor_.info.name, tensor_.info.shape, bits_per_weight(job_.spec, rows_, columns_), snr,
          total.largest};
}

}  // namespace fp6sim::checkpoint
