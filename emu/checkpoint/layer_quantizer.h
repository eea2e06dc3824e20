// One tensor of quantize_checkpoint(): what it becomes, and the work on it.
#pragma once

#include <string>
#include <vector>

#include "emu/checkpoint/error_sums.h"
#include "emu/checkpoint/quantize_checkpoint.h"
#include "emu/tensor_io/dtype.h"
#include "emu/tensor_io/output_file.h"

namespace fp6sim::checkpoint {

/// What a quantised tensor is stored as.
enum class Part : std::uint8_t { kValues, kWide, kNarrow, kScales, kZeros };

struct OutputTensor {
  Part part;
  tensor_io::TensorInfo info;
};

class LayerQuantizer {
 public:
  LayerQuantizer(const tensor_io::Tensor& tensor, const QuantizeJob& job);

  /// The tensors it will write, in order; their offsets are for the caller to set.
  std::vector<OutputTensor>& outputs() { return outputs_; }

  /// Does the work: writes each output through `write(output index, byte offset in that tensor, bytes)`,
  /// which is called from several threads.
  using Write = std::function<void(std::size_t, std::uint64_t, std::span<const std::byte>)>;
  LayerSummary run(const Write& write);

 private:
  void run_block(std::uint64_t first, std::span<const float> weights, const Write& write,
                 ErrorSums& errors) const;
  bool run_fp6_block(std::uint64_t first, std::span<const float> weights, const Write& write,
                     ErrorSums& errors) const;
  bool takes_fp6_stream() const;
  emu::QuantizedMatrix quantize_block(std::uint64_t first, std::span<const float> weights) const;
  void write_block(const emu::QuantizedMatrix& block, std::span<const std::uint16_t> values,
                   std::uint64_t first, const Write& write) const;
  /// Refuses overflow where the values are what is written.
  void check_fake(std::uint64_t first, std::span<const std::uint16_t> values) const;
  static ErrorSums errors_of(std::span<const float> weights, std::span<const std::uint16_t> values);

  const tensor_io::Tensor& tensor_;
  const QuantizeJob& job_;
  emu::Split split_;
  std::uint64_t rows_, columns_;
  bool fp6_stream_ = false;  // the format and layout that emu/fp6_stream.h does at memory speed
  std::vector<OutputTensor> outputs_;
};

}  // namespace fp6sim::checkpoint
