// A GPU as data: sim/gpus/<name>.json, every number with its source. Adding a GPU is adding one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emu/json/reader.h"

namespace fp6sim::sim {

/// One streaming multiprocessor. Rates are per SM and cycle over all four sub-cores.
struct SmDescription {
  int count = 0;
  double clock_mhz = 0;
  int shared_memory_bytes = 0;    ///< usable by CTAs together
  int shared_reserved_bytes = 0;  ///< taken from it by each CTA beyond what it asks for
  int registers = 0;
  int max_threads = 0;
  int max_ctas = 0;
  double issue_per_cycle = 0;  ///< warp instructions
  double integer_lanes = 0;    ///< LOP3, SHF, PRMT, IADD results
  double half2_lanes = 0;      ///< HFMA2/HMUL2 results (two values each)
  double fp32_lanes = 0;
  double memory_issue_cycles = 0;   ///< cycles the shared load/store unit takes for a warp instruction
  double tensor_fma = 0;            ///< dense FP16 fused multiply-adds through mma.sync (m16n8k16)
  double warpgroup_tensor_fma = 0;  ///< through wgmma; 0 where there is none
  double mma_latency_cycles = 0;    ///< dependent m16n8k16
  double alu_latency_cycles = 0;    ///< dependent integer or half2 instruction
  double shared_bytes_per_cycle = 0;
  double shared_latency_cycles = 0;  ///< pointer chase
  double l1_latency_cycles = 0;      ///< pointer chase
  double fill_bytes_per_cycle = 0;   ///< from the crossbar into L1/shared memory
  double barrier_cycles = 0;         ///< a CTA-wide barrier, warps in step
};

/// Crossbar and L2.
struct L2Description {
  double size_bytes = 0;
  int slices = 0;
  int partitions = 0;  ///< 2: an SM reaches the other half through a link with `far_extra_cycles`
  int ways = 0;
  double slice_bytes_per_cycle = 0;  ///< sustained reads through one slice's port
  double latency_cycles = 0;         ///< pointer chase in the near partition, SM to SM
  double far_extra_cycles = 0;       ///< round trip
  int mshrs = 0;                     ///< outstanding 512-byte blocks a slice may wait for
};

/// One DRAM interface: `channels` independent (pseudo-)channels with the same timing.
struct DramDescription {
  std::string standard;
  int channels = 0;
  int bus_bits = 0;
  double mega_transfers = 0;  ///< per second and pin
  int burst_bytes = 0;
  int banks = 0;
  int page_bytes = 0;
  int interleave_bytes = 0;  ///< consecutive bytes in one channel
  std::string mapping;       ///< hashed | low | high: which address bits choose the channel
  /// close-idle | open: what becomes of a row nobody asks for, and how rows are opened ahead (DramChannel).
  /// No vendor says; the default is close-idle.
  std::string row_policy = "close-idle";
  double path_cycles = 0;  ///< SM clocks between L2 and the DRAM pins, both ways, unloaded
  double rcd_ns = 0, rp_ns = 0, ras_ns = 0, cl_ns = 0, rrd_ns = 0, faw_ns = 0;
  double ccd_long_ns = 0;  ///< column to column in one bank group
  double wtr_ns = 0, rtw_ns = 0, wr_ns = 0;
  double refi_ns = 0, rfc_ns = 0;

  double channel_bytes_per_s() const { return bus_bits / 8.0 * mega_transfers * 1e6; }
  double peak_bytes_per_s() const { return channels * channel_bytes_per_s(); }
  /// What refresh leaves of the peak: the closed form every profile is checked against.
  double sustained_bytes_per_s() const { return peak_bytes_per_s() * (1 - rfc_ns / refi_ns); }
};

struct LaunchDescription {
  double first_us =
      0;  ///< from launch to the first CTA's first instruction, and from the last output to "done"
  double gemm_start_us =
      0;  ///< what a GEMM kernel takes before its first copy beyond a streaming kernel's launch
  double dependent_us = 0;  ///< between two kernels of one stream
  double cta_cycles = 0;    ///< from a free slot to a CTA's first instruction
};

/// Energy per event, picojoule.
struct EnergyDescription {
  double dram_pj_per_byte = 0;
  double l2_pj_per_byte = 0;
  double crossbar_pj_per_byte = 0;
  double shared_pj_per_byte = 0;
  double instruction_pj = 0;  ///< a warp instruction (32 lanes), integer or half2
  double mma_fma_pj = 0;      ///< one FP16 multiply-add in the tensor core
};

struct GpuDescription {
  std::string name;
  std::string description;
  std::string architecture;  ///< volta ampere ada hopper
  SmDescription sm;
  L2Description l2;
  DramDescription dram;
  LaunchDescription launch;
  EnergyDescription energy;
};

/// Reads sim/gpus/<name>.json (see sim/data_files.h) or the file at a path. Throws fp6sim::Error naming file,
/// key, value and range.
GpuDescription load_gpu(std::string_view name_or_path);
/// The same from a document: a description with some of its values replaced.
GpuDescription read_gpu(const json::Document& document);
std::vector<std::string> gpu_names();

}  // namespace fp6sim::sim
