// Many binary16 values at once, as to_float() needs them.
#pragma once

#include <cstddef>

namespace fp6sim::tensor_io {

/// out[i] = the value of the little-endian binary16 at source + 2 i, exactly (NaN stay NaN). Any alignment.
void binary16_values(const std::byte* source, float* out, std::size_t count);

}  // namespace fp6sim::tensor_io
