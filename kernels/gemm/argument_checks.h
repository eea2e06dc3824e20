// Refusals that every call shares: pointers and sizes of buffers.
#pragma once

#include <string>

#include "kernels/gemm.h"

namespace fp6sim::kernels {

inline Status check_pointer(const char* what, const void* at, std::size_t alignment) {
  if (at == nullptr) return {StatusCode::kBadPointer, std::string(what) + " is null"};
  if (reinterpret_cast<std::uintptr_t>(at) % alignment != 0) {
    return {StatusCode::kBadPointer,
            std::string(what) + " is not aligned to " + std::to_string(alignment) + " bytes"};
  }
  return {};
}

inline Status check_bytes(const char* what, std::size_t have, std::size_t want) {
  if (have >= want) return {};
  return {StatusCode::kBadBuffer,
          std::string(what) + " has " + std::to_string(have) + " bytes, needs " + std::to_string(want)};
}

inline std::string shape_text(const GemmShape& shape) {
  return "m = " + std::to_string(shape.m) + ", k = " + std::to_string(shape.k) +
         ", n = " + std::to_string(shape.n);
}

}  // namespace fp6sim::kernels
