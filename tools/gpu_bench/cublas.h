// cuBLAS opened at run time, from the toolkit or a Python wheel: the binary does not depend on it.
#pragma once

#include <cstdint>
#include <string>

namespace fp6sim::bench {

class Cublas {
 public:
  /// Never throws: available() says whether it was found, version() which one or why not.
  explicit Cublas(void* stream);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  bool available() const { return handle_ != nullptr; }
  const std::string& version() const { return version_; }
  /// Y[n,m] = X[n,k] W[m,k]^T in FP16 with FP32 accumulation, on the stream. Throws fp6sim::Error.
  void gemm(std::int64_t m, std::int64_t k, std::int64_t n, const void* w, const void* x, void* y) const;

 private:
  void* library_ = nullptr;
  void* handle_ = nullptr;
  void* gemm_ = nullptr;
  void* destroy_ = nullptr;
  void* workspace_ = nullptr;
  std::string version_;
};

}  // namespace fp6sim::bench
