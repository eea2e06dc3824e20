/* C ABI of fp6sim's kernels: choose, pack, check, launch. Plain types only; every function returns a code
 * and, where it is not 0, writes a message with the shapes in it. Contracts: kernels/gemm.h. */
#ifndef FP6SIM_KERNELS_FP6SIM_H_
#define FP6SIM_KERNELS_FP6SIM_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fp6sim_code {
  FP6SIM_OK = 0,
  FP6SIM_BAD_SHAPE = 1,   /* m, k or n out of range, or k not a multiple of the group */
  FP6SIM_BAD_POINTER = 2, /* null or misaligned */
  FP6SIM_BAD_BUFFER = 3,  /* too short */
  FP6SIM_BAD_VALUE = 4,   /* a code, scale, name or plan that cannot be */
  FP6SIM_UNSUPPORTED = 5, /* a kernel, architecture or build that does not exist here */
  FP6SIM_DEVICE_ERROR = 6 /* the CUDA run-time refused */
} fp6sim_code;

enum { FP6SIM_FP16 = 0, FP6SIM_BF16 = 1 };

/* Where a message goes: `text` may be NULL; it is cut to `bytes` and always ends in 0. */
typedef struct fp6sim_message {
  char* text;
  size_t bytes;
} fp6sim_message;

typedef struct fp6sim_gpu {
  int32_t compute_capability; /* 10 * major + minor */
  int32_t sm_count;
  uint64_t shared_bytes_per_sm;
  uint64_t shared_bytes_per_block;
  double dram_bytes_per_cycle; /* of an SM cycle, all SMs; 0: typical of the compute capability */
} fp6sim_gpu;

/* A chosen launch of one kernel for one shape. Fields are for reading; fp6sim_gemm refuses altered ones. */
typedef struct fp6sim_plan {
  int32_t weights, split, group, zero_point, activation; /* the kernel */
  int64_t m, k, n;
  int32_t generation, tile_m, tile_n, tile_k, stages, threads, splits;
  int64_t m_tiles, n_tiles, k_tiles;
  uint64_t shared_bytes, stage_bytes, stage_weight_bytes;
  uint64_t packed_bytes;    /* of packed weights */
  uint64_t workspace_bytes; /* of one call; 0: none */
  uint64_t counter_bytes;   /* the workspace's first bytes, zero before its first use */
} fp6sim_plan;

/* kernel: "w6a16", "w4a16-g128" ...; split: "4+2-byte" ... or NULL for the fastest; splits of K: 0 chooses.
 */
fp6sim_code fp6sim_choose(const char* kernel, const char* split, int activation, int64_t m, int64_t k,
                          int64_t n, const fp6sim_gpu* gpu, int splits, fp6sim_plan* plan,
                          fp6sim_message message);

/* codes [m, k]; scales [m, k / group] (row: [m]), bits of the activation's type; zeros likewise or NULL;
 * packed: plan->packed_bytes, 128-byte aligned host memory. */
fp6sim_code fp6sim_pack(const fp6sim_plan* plan, const uint8_t* codes, const uint16_t* scales,
                        const uint8_t* zeros, void* packed, fp6sim_message message);

/* y[n, m] = x[n, k] * W^T on `stream` (a cudaStream_t). Device pointers. Never allocates or waits. */
fp6sim_code fp6sim_gemm(const fp6sim_plan* plan, const void* packed, uint64_t packed_bytes, const void* x,
                        void* y, void* workspace, uint64_t workspace_bytes, void* stream,
                        fp6sim_message message);

/* --- Any batch: the fused kernel, or dequantise and a dense GEMM (contracts: kernels/route.h) --- */

enum { FP6SIM_PATH_CHOSEN = -1, FP6SIM_PATH_FUSED = 0, FP6SIM_PATH_DENSE = 1, FP6SIM_PATH_CUBLAS = 2 };

/* cuBLAS, opened by the caller: never by a call. path NULL: where it usually is. */
typedef struct fp6sim_cublas fp6sim_cublas;
fp6sim_code fp6sim_open_cublas(const char* path, fp6sim_cublas** cublas, fp6sim_message message);
void fp6sim_close_cublas(fp6sim_cublas* cublas);

/* A chosen way of one GEMM. Fields are for reading; fp6sim_gemm_route refuses altered ones. */
typedef struct fp6sim_route {
  int32_t path;
  fp6sim_plan plan; /* of the fused kernel, whichever the path; names the kernel and the shape */
  int64_t leading;
  uint64_t dequantized_bytes;
  uint64_t workspace_bytes; /* of one call by this path; 256-byte aligned */
} fp6sim_route;

/* As fp6sim_choose; path: FP6SIM_PATH_CHOSEN or one; cublas: NULL where there is none. */
fp6sim_code fp6sim_choose_route(const char* kernel, const char* split, int activation, int64_t m, int64_t k,
                                int64_t n, const fp6sim_gpu* gpu, int path, const fp6sim_cublas* cublas,
                                fp6sim_route* route, fp6sim_message message);

/* y[n, m] = x[n, k] * W^T on `stream`. Device pointers. Never allocates or waits. */
fp6sim_code fp6sim_gemm_route(const fp6sim_route* route, const void* packed, uint64_t packed_bytes,
                              const void* x, void* y, void* workspace, uint64_t workspace_bytes,
                              const fp6sim_cublas* cublas, void* stream, fp6sim_message message);

/* 1 where fp6sim_gemm can launch: the library was built with FP6SIM_CUDA. */
int fp6sim_has_cuda(void);

#ifdef __cplusplus
}
#endif

#endif /* FP6SIM_KERNELS_FP6SIM_H_ */
