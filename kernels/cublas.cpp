#include "kernels/cublas.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "kernels/gemm/argument_checks.h"

namespace fp6sim::kernels {
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
constexpr int kBinary16 = 2, kBfloat16 = 14;  // CUDA_R_16F, CUDA_R_16BF
constexpr int kComputeF32 = 68;               // CUBLAS_COMPUTE_32F
constexpr int kDefaultAlgorithm = -1;

std::vector<std::string> places(const char* path) {
  if (path != nullptr) return {path};
  if (const char* own = std::getenv("FP6SIM_CUBLAS")) return {own};
  std::vector<std::string> names;
  for (const std::string version : {"13", "12"}) {
    names.push_back("libcublas.so." + version);
    names.push_back("/usr/local/cuda/lib64/libcublas.so." + version);
  }
  return names;
}

Status refused(const char* what, int error) {
  return {StatusCode::kDeviceError, std::string(what) + ": status " + std::to_string(error)};
}

}  // namespace

Status Cublas::open(const char* path, std::unique_ptr<Cublas>& cublas) {
  std::unique_ptr<Cublas> opened(new Cublas);
  std::string tried;
  for (const std::string& place : places(path)) {
    opened->library_ = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened->library_ != nullptr) break;
    tried += tried.empty() ? place : ", " + place;
  }
  void* const library = opened->library_;
  if (library == nullptr) {
    return {StatusCode::kUnsupported, "cuBLAS cannot be opened; tried " + tried +
                                          ". FP6SIM_CUBLAS may name it, e.g. in a Python wheel"};
  }
  const auto create = reinterpret_cast<Create>(dlsym(library, "cublasCreate_v2"));
  const auto get_version = reinterpret_cast<GetVersion>(dlsym(library, "cublasGetVersion_v2"));
  opened->set_stream_ = dlsym(library, "cublasSetStream_v2");
  opened->set_workspace_ = dlsym(library, "cublasSetWorkspace_v2");
  opened->gemm_ = dlsym(library, "cublasGemmEx");
  if (create == nullptr || get_version == nullptr || opened->set_stream_ == nullptr ||
      opened->set_workspace_ == nullptr || opened->gemm_ == nullptr) {
    return {StatusCode::kUnsupported,
            "the library opened as cuBLAS lacks one of cublasCreate_v2, "
            "cublasGetVersion_v2, cublasSetStream_v2, cublasSetWorkspace_v2, "
            "cublasGemmEx"};
  }
  if (const int error = create(&opened->handle_); error != 0) {
    opened->handle_ = nullptr;
    return refused("cublasCreate", error);
  }
  if (const int error = get_version(opened->handle_, &opened->version_); error != 0) {
    return refused("cublasGetVersion", error);
  }
  cublas = std::move(opened);
  return {};
}

Cublas::~Cublas() {
  if (handle_ != nullptr) {
    if (void* destroy = dlsym(library_, "cublasDestroy_v2")) reinterpret_cast<Destroy>(destroy)(handle_);
  }
  if (library_ != nullptr) dlclose(library_);
}

Status Cublas::gemm(Activation type, const GemmShape& shape, const void* w, std::int64_t leading,
                    const void* x, void* y, void* workspace, void* stream) const {
  if (Status status = check_pointer("cuBLAS's workspace", workspace, 256); !status.ok()) return status;
  // A stream takes cuBLAS back to its own workspace, so the order matters.
  if (const int error = reinterpret_cast<SetStream>(set_stream_)(handle_, stream); error != 0) {
    return refused("cublasSetStream", error);
  }
  if (const int error = reinterpret_cast<SetWorkspace>(set_workspace_)(handle_, workspace, kWorkspaceBytes);
      error != 0) {
    return refused("cublasSetWorkspace", error);
  }
  const float one = 1, zero = 0;
  const int data = type == Activation::kFp16 ? kBinary16 : kBfloat16;
  const auto m = static_cast<int>(shape.m), k = static_cast<int>(shape.k), n = static_cast<int>(shape.n);
  // Column-major eyes see W as [leading, m], X as [k, n], Y as [m, n].
  const int error = reinterpret_cast<GemmEx>(gemm_)(handle_, kTranspose, kNoTranspose, m, n, k, &one, w, data,
                                                    static_cast<int>(leading), x, data, k, &zero, y, data, m,
                                                    kComputeF32, kDefaultAlgorithm);
  if (error != 0) return refused(("cublasGemmEx with " + shape_text(shape)).c_str(), error);
  return {};
}

}  // namespace fp6sim::kernels
