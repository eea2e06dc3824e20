// Whole tensor files quantised piece by piece: memory stays bounded by a few blocks of rows a thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "emu/checkpoint/spec_names.h"
#include "emu/packing/split.h"
#include "emu/quantize.h"

namespace fp6sim::checkpoint {

enum class Output : std::uint8_t {
  kPacked,  ///< packed words, scales and zero points (docs/formats.md)
  kFake,    ///< the dequantised weights as binary16, names and shapes kept
  kCodes,   ///< one uint8 code an element, the tensor's shape; scales and zero points beside them
};

/// Codes and scales from a method other than rounding (GPTQ), for one matrix.
using QuantizeMatrix = std::function<emu::QuantizedMatrix(const std::vector<float>& weights, std::size_t rows,
                                                          std::size_t columns, const std::string& name)>;

struct QuantizeJob {
  emu::QuantizeSpec spec;
  Output output = Output::kPacked;
  std::optional<emu::Split> split;  ///< nothing: default_split(spec.format.bits)
  NamePatterns patterns;            ///< a .npy is always quantised, whatever its name
  QuantizeMatrix method;            ///< empty: RTN
  std::string method_name = "rtn";  ///< for the metadata
};

/// What happened to one quantised tensor. Errors are of the binary32 dequantised weights, over finite ones.
struct LayerSummary {
  std::string name;
  std::vector<std::uint64_t> shape;
  double bits_per_weight = 0;
  double snr_db = 0;     ///< 10 log10(sum w^2 / sum (w - w')^2); infinite where nothing was lost
  double max_error = 0;  ///< max |w - w'|
};

struct QuantizeSummary {
  std::vector<LayerSummary> layers;
  std::vector<std::string> copied;   ///< tensors passed through unchanged
  std::vector<std::string> written;  ///< files
};

/// Called from one thread at a time, with bytes of input done and in all, and the tensor at hand.
using Progress = std::function<void(std::uint64_t, std::uint64_t, const std::string&)>;

/// Quantises `in` (what tensor_io::Checkpoint opens) to `out`: a .safetensors, for a single tensor also a
/// .npy (scales and zero points then go to OUT.scales.npy and OUT.zeros.npy), for a directory also a
/// directory (shards keep their names, the index and other small files are copied). Tensors of rank 0 and 1
/// are one row; higher ranks have shape[0] rows. The result does not depend on the number of threads. Throws
/// fp6sim::Error naming the tensor; every file appears whole or not at all.
QuantizeSummary quantize_checkpoint(const std::string& in, const std::string& out, const QuantizeJob& job,
                                    const Progress& progress = {});

}  // namespace fp6sim::checkpoint
