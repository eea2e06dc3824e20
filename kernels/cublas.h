// cuBLAS opened at run time, from the toolkit or a Python wheel: nothing here links to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/gemm.h"

namespace fp6sim::kernels {

/// A handle on the current device. Made once by the caller (making it allocates); one thread at a time.
class Cublas {
 public:
  /// What NVIDIA recommends for Hopper and later. Given with every call, so that cuBLAS allocates nothing.
  static constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

  /// Opens `path`; null: $FP6SIM_CUBLAS, else libcublas.so.13 or .12 of the activated Python environment, the
  /// loader's places, /usr/local/cuda, or the wheels of a Python on PATH. kUnsupported with the places tried,
  /// kDeviceError where the library does not start.
  static Status open(const char* path, std::unique_ptr<Cublas>& cublas);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  /// As cublasGetVersion has it, e.g. 130002.
  int version() const { return version_; }

  /// y[n, m] = x[n, k] W^T on `stream` (a cudaStream_t): W[m, k] with rows `leading` elements apart, both
  /// operands and y of `type`, binary32 sums in cuBLAS's own order. `workspace`: kWorkspaceBytes, 256-byte
  /// aligned, this stream's alone. Does not allocate or wait; may be captured.
  Status gemm(Activation type, const GemmShape& shape, const void* w, std::int64_t leading, const void* x,
              void* y, void* workspace, void* stream) const;

 private:
  Cublas() = default;
  void* library_ = nullptr;
  void* handle_ = nullptr;
  void* set_stream_ = nullptr;
  void* set_workspace_ = nullptr;
  void* gemm_ = nullptr;
  int version_ = 0;
};

}  // namespace fp6sim::kernels
