#include "kernels/cublas.h"

#include <dlfcn.h>
#include <glob.h>

#include <cstdlib>
#include <sstream>
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

constexpr const char* kVersions[] = {"13", "12"};

/// cuBLAS among NVIDIA's wheels of the Python under `prefix`; it finds its libcublasLt beside itself.
void add_wheels(const std::string& prefix, std::vector<std::string>& names) {
  for (const std::string version : kVersions) {
    for (const std::string& folder : {"cu" + version, std::string("cublas")}) {
      for (const std::string packages : {"site", "dist"}) {
        const std::string pattern = prefix + "/lib/python3*/" + packages + "-packages/nvidia/" + folder +
                                    "/lib/libcublas.so." + version;
        glob_t found{};
        if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
          for (std::size_t i = 0; i < found.gl_pathc; ++i) names.emplace_back(found.gl_pathv[i]);
        }
        globfree(&found);
      }
    }
  }
}

std::string from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

/// A Python environment somebody activated, the loader's own places and the toolkit, then every other Python.
std::vector<std::string> search() {
  std::vector<std::string> names;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (const std::string prefix = from_environment(variable); !prefix.empty()) add_wheels(prefix, names);
  }
  for (const std::string version : kVersions) {
    names.push_back("libcublas.so." + version);
    names.push_back("/usr/local/cuda/lib64/libcublas.so." + version);
  }
  std::stringstream path(from_environment("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    if (folder.ends_with("/bin")) add_wheels(folder.substr(0, folder.size() - 4), names);
  }
  add_wheels(from_environment("HOME") + "/.local", names);
  return names;
}

Status refused(const char* what, int error) {
  return {StatusCode::kDeviceError, std::string(what) + ": status " + std::to_string(error)};
}

}  // namespace

Status Cublas::open(const char* path, std::unique_ptr<Cublas>& cublas) {
  std::unique_ptr<Cublas> opened(new Cublas);
  std::string tried;
  const std::string own = path != nullptr ? path : from_environment("FP6SIM_CUBLAS");
  for (const std::string& place : own.empty() ? search() : std::vector{own}) {
    opened->library_ = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened->library_ != nullptr) break;
    tried += tried.empty() ? place : ", " + place;
  }
  void* const library = opened->library_;
  if (library == nullptr) {
    return {StatusCode::kUnsupported, "cuBLAS cannot be opened; tried " + tried +
                                          (own.empty() ? " and the wheels of Pythons on PATH" : "") +
                                          ". FP6SIM_CUBLAS may name it"};
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
