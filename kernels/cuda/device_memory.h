// Device memory that frees itself, for tools and checks (kernels never allocate).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>

#include "emu/error.h"

namespace fp6sim::kernels {

/// Throws fp6sim::Error with the run-time's message.
inline void require(cudaError_t error, const char* what) {
  if (error != cudaSuccess) throw Error(std::string(what) + ": " + cudaGetErrorString(error));
}

class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(std::size_t bytes) : bytes_(bytes) {
    if (bytes != 0) require(cudaMalloc(&start_, bytes), "cudaMalloc");
  }
  DeviceMemory(const void* host, std::size_t bytes) : DeviceMemory(bytes) { copy_in(host, bytes); }
  DeviceMemory(DeviceMemory&& other) noexcept : start_(other.start_), bytes_(other.bytes_) {
    other.start_ = nullptr;
  }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceMemory() { cudaFree(start_); }

  void copy_in(const void* host, std::size_t bytes) {
    if (bytes != 0) require(cudaMemcpy(start_, host, bytes, cudaMemcpyHostToDevice), "copy to device");
  }
  void copy_out(void* host, std::size_t bytes) const {
    require(cudaMemcpy(host, start_, bytes, cudaMemcpyDeviceToHost), "copy from device");
  }
  void fill(int byte) { require(cudaMemset(start_, byte, bytes_), "cudaMemset"); }
  template <class T = void>
  T* as() const {
    return static_cast<T*>(start_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  void* start_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace fp6sim::kernels
