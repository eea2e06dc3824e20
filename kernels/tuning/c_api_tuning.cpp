#include "kernels/autotune.h"
#include "kernels/c_api_values.h"
#include "kernels/fp6sim_tuning.h"

using namespace fp6sim::kernels;  // the conversions of c_api_values.h

extern "C" fp6sim_code fp6sim_autotune(const char* file, const char* gpu_name, const char* kernel,
                                       const char* split, int activation, std::int64_t m, std::int64_t k,
                                       std::int64_t n, const fp6sim_gpu* gpu, const fp6sim_cublas* cublas,
                                       fp6sim_time_route time, void* user, fp6sim_route* route,
                                       fp6sim_message message) {
  if (file == nullptr) return null_argument("file", message);
  if (gpu_name == nullptr) return null_argument("gpu_name", message);
  if (route == nullptr) return null_argument("route", message);
  fp6sim_plan plan{};  // refuses what it has to, and names the kernel
  if (const fp6sim_code code = fp6sim_choose(kernel, split, activation, m, k, n, gpu, 0, &plan, message);
      code != FP6SIM_OK) {
    return code;
  }
  const TuningKey key{gpu_name, spec_of(plan), {m, k, n}, cublas != nullptr};
  TuningCache cache;
  if (const Status status = TuningCache::load(file, cache); !status.ok()) return answer(status, message);
  Route chosen;
  const auto call = [&](const Route& candidate, double& microseconds) -> Status {
    const fp6sim_route plain = to_c(key.spec, key.shape, candidate, plan.packed_bytes);
    if (const int result = time(&plain, user, &microseconds); result != 0) {
      return {StatusCode::kBadValue, "the timer ended the tuning with " + std::to_string(result)};
    }
    return {};
  };
  Status status = time == nullptr ? choose_tuned_route(key, gpu_of(*gpu), cache, chosen)
                                  : autotune(key, gpu_of(*gpu), call, cache, chosen);
  if (status.ok() && time != nullptr) status = cache.save(file);
  if (!status.ok()) return answer(status, message);
  *route = to_c(key.spec, key.shape, chosen, plan.packed_bytes);
  return answer({}, message);
}
