// One tensor of quantize_checkpoint(): what it becomes, and the work on it.
#pragma once

#include <string>
#include <vector>

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
  struct Errors {
    double signal = 0, noise = 0, largest = 0;
  };
  emu::QuantizedMatrix quantize_block(std::uint64_t first, std::span<const float> weights) const;
  void write_block(const emu::QuantizedMatrix& block, std::uint64_t first, const Write& write) const;
  Errors errors_of(const emu::QuantizedMatrix& block, std::span<const float> weights) const;

  const tensor_io::Tensor& tensor_;
  const QuantizeJob& job_;
  emu::Split split_;
  std::uint64_t rows_, columns_;
  std::vector<OutputTensor> outputs_;
};

}  // namespace fp6sim::checkpoint
