/* C ABI of autotuning: kernels/autotune.h has the contracts and the file's format. */
#ifndef FP6SIM_KERNELS_FP6SIM_TUNING_H_
#define FP6SIM_KERNELS_FP6SIM_TUNING_H_

#include "kernels/fp6sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Time of one call by `route`; INFINITY drops the candidate, a result other than 0 ends the tuning. */
typedef int (*fp6sim_time_route)(const fp6sim_route* route, void* user, double* microseconds);

/* The route that `file` has for this GPU, kernel and shape; else the fastest by `time`, added to the file.
 * With `time` NULL nothing is timed: the file's route, else fp6sim_choose_route's. */
fp6sim_code fp6sim_autotune(const char* file, const char* gpu_name, const char* kernel, const char* split,
                            int activation, int64_t m, int64_t k, int64_t n, const fp6sim_gpu* gpu,
                            const fp6sim_cublas* cublas, fp6sim_time_route time, void* user,
                            fp6sim_route* route, fp6sim_message message);

#ifdef __cplusplus
}
#endif

#endif /* FP6SIM_KERNELS_FP6SIM_TUNING_H_ */
