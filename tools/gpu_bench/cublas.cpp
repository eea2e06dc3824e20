#include "tools/gpu_bench/cublas.h"

#include <cuda_runtime.h>
#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "emu/error.h"

namespace fp6sim::bench {
namespace {

// The few entry points used, as cublas_v2.h declares them.
using Create = int (*)(void**);
using Destroy = int (*)(void*);
using SetStream = int (*)(void*, void*);
using SetWorkspace = int (*)(void*, void*, std::size_t);
using GetVersion = int (*)(void*, int*);
using GemmEx = int (*)(void*, int, int, int, int, int, const void*, const void*, int, int, const void*, int,
                       int, const void*, void*, int, int, int, int);

constexpr int kNoTranspose = 0, kTranspose = 1;
constexpr int kHalf = 2;         // CUDA_R_16F
constexpr int kComputeF32 = 68;  // CUBLAS_COMPUTE_32F
constexpr int kDefaultAlgorithm = -1;
constexpr std::size_t kWorkspaceBytes = std::size_t{64} << 20;  // set here: none is allocated in a capture

void* open_library() {
  std::vector<std::string> names;
  if (const char* path = std::getenv("FP6SIM_CUBLAS")) names.emplace_back(path);
  for (const char* major : {"13", "12"}) {
    names.push_back(std::string("libcublas.so.") + major);
    names.push_back(std::string("/usr/local/cuda/lib64/libcublas.so.") + major);
  }
  for (const std::string& name : names) {
    if (void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return nullptr;
}

}  // namespace

Cublas::Cublas(void* stream) {
  library_ = open_library();
  if (library_ == nullptr) {
    version_ = "none: libcublas.so not found (set FP6SIM_CUBLAS to its path, e.g. in a Python wheel)";
    return;
  }
  const auto create = reinterpret_cast<Create>(dlsym(library_, "cublasCreate_v2"));
  const auto set_stream = reinterpret_cast<SetStream>(dlsym(library_, "cublasSetStream_v2"));
  const auto set_workspace = reinterpret_cast<SetWorkspace>(dlsym(library_, "cublasSetWorkspace_v2"));
  const auto get_version = reinterpret_cast<GetVersion>(dlsym(library_, "cublasGetVersion_v2"));
  gemm_ = dlsym(library_, "cublasGemmEx");
  destroy_ = dlsym(library_, "cublasDestroy_v2");
  void* handle = nullptr;
  if (!create || !set_stream || !set_workspace || !get_version || !gemm_ || !destroy_ ||
      create(&handle) != 0) {
    version_ = "none: libcublas.so is there but does not start";
    return;
  }
  int version = 0;
  if (get_version(handle, &version) != 0 || set_stream(handle, stream) != 0 ||
      cudaMalloc(&workspace_, kWorkspaceBytes) != cudaSuccess ||
      set_workspace(handle, workspace_, kWorkspaceBytes) != 0) {
    reinterpret_cast<Destroy>(destroy_)(handle);
    version_ = "none: libcublas.so refuses its stream or workspace";
    return;
  }
  handle_ = handle;
  version_ = std::to_string(version);
}

Cublas::~Cublas() {
  if (handle_ != nullptr) reinterpret_cast<Destroy>(destroy_)(handle_);
  cudaFree(workspace_);
}

void Cublas::gemm(std::int64_t m, std::int64_t k, std::int64_t n, const void* w, const void* x,
                  void* y) const {
  const float one = 1, zero = 0;
  // Column-major eyes see W as [k, m], X as [k, n], Y as [m, n].
  const int error = reinterpret_cast<GemmEx>(gemm_)(
      handle_, kTranspose, kNoTranspose, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), &one,
      w, kHalf, static_cast<int>(k), x, kHalf, static_cast<int>(k), &zero, y, kHalf, static_cast<int>(m),
      kComputeF32, kDefaultAlgorithm);
  if (error != 0) throw Error("cublasGemmEx: status " + std::to_string(error));
}

}  // namespace fp6sim::bench
