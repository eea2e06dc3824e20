// .safetensors: eight bytes of header length, a JSON header, the tensors' bytes. Source: the format's own
// README.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "emu/tensor_io/dtype.h"

namespace fp6sim::tensor_io {

using Metadata = std::map<std::string, std::string>;  ///< "__metadata__": strings by name

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  ///< in file order; offset from the start of the file
  Metadata metadata;
};

/// Understands the header of a whole file in memory. Throws fp6sim::Error naming `path` and the tensor for: a
/// truncated file, a header longer than the file or than 100 MB, JSON that does not parse, unknown keys or
/// types, a shape whose size overflows, offsets that are reversed, outside the file, overlapping, leave
/// holes, or disagree with the shape, and bytes after the last tensor. Nothing of a size taken from the file
/// is allocated before it was checked.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path);

/// The bytes before the tensors of a file that holds `tensors` one after another in the given order, padded
/// so that they start at a multiple of 64. Sets each one's `offset`. Throws where two share a name.
std::string safetensors_header(std::vector<TensorInfo>& tensors, const Metadata& metadata);

}  // namespace fp6sim::tensor_io
