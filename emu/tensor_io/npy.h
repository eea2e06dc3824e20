// NumPy's .npy files, versions 1, 2 and 3.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "emu/tensor_io/dtype.h"

namespace fp6sim::tensor_io {

/// Understands the header of a whole .npy file in memory and returns shape, type and where the elements
/// start.
struct NpyHeader {
  TensorInfo info;  ///< name empty, shape as NumPy shows it, offset of the first element
  bool big_endian = false;
  bool fortran_order = false;
};

/// Throws fp6sim::Error naming `path` where the file is not .npy of version 1-3, has a type without a DType
/// (objects, records, strings, complex), or where its size is not exactly what the header promises. Allocates
/// nothing that depends on a number in the file before those checks.
NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& path);

/// The elements little-endian and row-major, whatever the file's order: a copy only where they are not so
/// already
/// (`copy` then holds it).
Tensor npy_tensor(std::span<const std::byte> file, const NpyHeader& header, std::vector<std::byte>& copy);

/// A version 1 header (version 2 where it does not fit) for little-endian, row-major elements that follow it.
/// BF16 and FP8 have no .npy type: an Error.
std::string npy_header(DType type, std::span<const std::uint64_t> shape);

}  // namespace fp6sim::tensor_io
