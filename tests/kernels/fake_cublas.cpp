// Enough of cuBLAS, on host memory, to stand in for it where there is no GPU. Binary64 sums, k ascending, one
// rounding. It refuses (status 7) calls that the real one would run with memory of its own or wrong operands.
#include <cstddef>
#include <cstdint>

#include "emu/binary16.h"

namespace {

struct Handle {
  bool has_stream = false;
  std::size_t workspace_bytes = 0;
};

float value(int type, const void* from, std::size_t index) {
  const std::uint16_t bits = static_cast<const std::uint16_t*>(from)[index];
  return type == 2 ? fp6sim::emu::from_binary16(bits) : fp6sim::emu::from_bfloat16(bits);
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
  *handle = new Handle;
  return 0;
}
int cublasDestroy_v2(void* handle) {
  delete static_cast<Handle*>(handle);
  return 0;
}
int cublasGetVersion_v2(void*, int* version) {
  *version = 990000;
  return 0;
}
int cublasSetStream_v2(void* handle, void*) {
  *static_cast<Handle*>(handle) = {true, 0};  // and its own workspace again
  return 0;
}
int cublasSetWorkspace_v2(void* handle, void* workspace, std::size_t bytes) {
  static_cast<Handle*>(handle)->workspace_bytes = workspace == nullptr ? 0 : bytes;
  return 0;
}
int cublasGemmEx(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                 const void* a, int type_a, int lda, const void* b, int type_b, int ldb, const void* beta,
                 void* c, int type_c, int ldc, int compute, int) {
  const auto& state = *static_cast<const Handle*>(handle);
  if (!state.has_stream || state.workspace_bytes == 0) return 7;
  if (transpose_a != 1 || transpose_b != 0 || type_a != type_b || type_a != type_c || compute != 68) return 7;
  if ((type_a != 2 && type_a != 14) || lda < k || ldb < k || ldc < m) return 7;
  if (*static_cast<const float*>(alpha) != 1 || *static_cast<const float*>(beta) != 0) return 7;
  for (int column = 0; column < n; ++column) {
    for (int row = 0; row < m; ++row) {
      double sum = 0;
      for (int i = 0; i < k; ++i) {
        sum += static_cast<double>(value(type_a, a, static_cast<std::size_t>(row) * lda + i)) *
               value(type_b, b, static_cast<std::size_t>(column) * ldb + i);
      }
      const auto rounded = static_cast<float>(sum);
      static_cast<std::uint16_t*>(c)[static_cast<std::size_t>(column) * ldc + row] =
          type_c == 2 ? fp6sim::emu::to_binary16(rounded) : fp6sim::emu::to_bfloat16(rounded);
    }
  }
  return 0;
}

}  // extern "C"
