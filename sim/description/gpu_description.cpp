#include "sim/description/gpu_description.h"

#include <array>

#include "sim/data_files.h"
#include "sim/description/numbers.h"

namespace fp6sim::sim {
namespace {

int sourced_integer(json::Object& object, std::string_view key, int min, int max) {
  json::Object entry = object.object(key);
  const auto value = static_cast<int>(entry.integer("value", min, max));
  entry.get("source").as_name();
  entry.finish();
  return value;
}

SmDescription read_sm(json::Object object) {
  SmDescription sm;
  sm.count = sourced_integer(object, "count", 1, 1024);
  sm.clock_mhz = sourced_number(object, "clock_mhz", 100, 10000);
  sm.shared_memory_bytes = sourced_integer(object, "shared_memory_kb", 16, 1024) * 1024;
  sm.shared_reserved_bytes = sourced_integer(object, "shared_reserved_bytes", 0, 65536);
  sm.registers = sourced_integer(object, "registers", 1024, 1 << 20);
  sm.max_threads = sourced_integer(object, "max_threads", 32, 8192);
  sm.max_ctas = sourced_integer(object, "max_ctas", 1, 256);
  sm.issue_per_cycle = sourced_number(object, "issue_per_cycle", 0.25, 32);
  sm.integer_lanes = sourced_number(object, "integer_lanes", 1, 1024);
  sm.half2_lanes = sourced_number(object, "half2_lanes", 1, 1024);
  sm.fp32_lanes = sourced_number(object, "fp32_lanes", 1, 1024);
  sm.memory_issue_cycles = sourced_number(object, "memory_issue_cycles", 0.25, 64);
  sm.tensor_fma = sourced_number(object, "tensor_fma", 16, 1 << 16);
  sm.warpgroup_tensor_fma = sourced_number(object, "warpgroup_tensor_fma", 0, 1 << 16);
  sm.mma_latency_cycles = sourced_number(object, "mma_latency_cycles", 1, 1000);
  sm.alu_latency_cycles = sourced_number(object, "alu_latency_cycles", 1, 100);
  sm.shared_bytes_per_cycle = sourced_number(object, "shared_bytes_per_cycle", 4, 4096);
  sm.shared_latency_cycles = sourced_number(object, "shared_latency_cycles", 1, 1000);
  sm.l1_latency_cycles = sourced_number(object, "l1_latency_cycles", 1, 1000);
  sm.fill_bytes_per_cycle = sourced_number(object, "fill_bytes_per_cycle", 1, 1024);
  sm.barrier_cycles = sourced_number(object, "barrier_cycles", 1, 1000);
  object.finish();
  return sm;
}

L2Description read_l2(json::Object object) {
  L2Description l2;
  l2.size_bytes = sourced_number(object, "size_mb", 0.25, 4096) * 1024 * 1024;
  l2.slices = sourced_integer(object, "slices", 1, 1024);
  l2.partitions = sourced_integer(object, "partitions", 1, 2);
  l2.ways = sourced_integer(object, "ways", 1, 64);
  l2.slice_bytes_per_cycle = sourced_number(object, "slice_bytes_per_cycle", 1, 1024);
  l2.latency_cycles = sourced_number(object, "latency_cycles", 20, 5000);
  l2.far_extra_cycles = sourced_number(object, "far_extra_cycles", 0, 5000);
  l2.mshrs = sourced_integer(object, "mshrs", 1, 65536);
  object.finish();
  return l2;
}

DramDescription read_dram(json::Object object) {
  static constexpr std::array<std::string_view, 3> kMappings{"hashed", "low", "high"};
  static constexpr std::array<std::string_view, 2> kRowPolicies{"close-idle", "open"};
  DramDescription dram;
  dram.standard = object.get("standard").as_name();
  dram.channels = sourced_integer(object, "channels", 1, 4096);
  dram.bus_bits = sourced_integer(object, "bus_bits", 8, 1024);
  dram.mega_transfers = sourced_number(object, "mega_transfers", 100, 100000);
  dram.burst_bytes = sourced_integer(object, "burst_bytes", 8, 128);
  dram.banks = sourced_integer(object, "banks", 1, 128);
  dram.page_bytes = sourced_integer(object, "page_bytes", 512, 65536);
  dram.interleave_bytes = sourced_integer(object, "interleave_bytes", 512, 4096);
  if (dram.interleave_bytes % 512 != 0 || dram.page_bytes % 512 != 0) {
    object.value().refuse("interleave_bytes and page_bytes are multiples of 512, the largest transaction");
  }
  dram.mapping = object.get("mapping").as_one_of(kMappings);
  if (auto policy = object.find("row_policy")) dram.row_policy = policy->as_one_of(kRowPolicies);
  dram.path_cycles = sourced_number(object, "path_cycles", 0, 5000);
  dram.rcd_ns = sourced_number(object, "rcd_ns", 0, 1000);
  dram.rp_ns = sourced_number(object, "rp_ns", 0, 1000);
  dram.ras_ns = sourced_number(object, "ras_ns", 0, 1000);
  dram.cl_ns = sourced_number(object, "cl_ns", 0, 1000);
  dram.rrd_ns = sourced_number(object, "rrd_ns", 0, 1000);
  dram.faw_ns = sourced_number(object, "faw_ns", 0, 1000);
  dram.ccd_long_ns = sourced_number(object, "ccd_long_ns", 0, 1000);
  dram.wtr_ns = sourced_number(object, "wtr_ns", 0, 1000);
  dram.rtw_ns = sourced_number(object, "rtw_ns", 0, 1000);
  dram.wr_ns = sourced_number(object, "wr_ns", 0, 1000);
  dram.refi_ns = sourced_number(object, "refi_ns", 100, 1e6);
  dram.rfc_ns = sourced_number(object, "rfc_ns", 0, 1e5);
  if (dram.rfc_ns >= dram.refi_ns)
    object.value().refuse("rfc_ns is below refi_ns, or refresh takes all the time");
  object.finish();
  return dram;
}

LaunchDescription read_launch(json::Object object) {
  LaunchDescription launch;
  launch.first_us = sourced_number(object, "first_us", 0, 1000);
  launch.dependent_us = sourced_number(object, "dependent_us", 0, 1000);
  launch.gemm_start_us = sourced_number(object, "gemm_start_us", 0, 1000);
  launch.cta_cycles = sourced_number(object, "cta_cycles", 0, 1e6);
  object.finish();
  return launch;
}

EnergyDescription read_energy(json::Object object) {
  EnergyDescription energy;
  energy.dram_pj_per_byte = sourced_number(object, "dram_pj_per_byte", 0, 1e4);
  energy.l2_pj_per_byte = sourced_number(object, "l2_pj_per_byte", 0, 1e4);
  energy.crossbar_pj_per_byte = sourced_number(object, "crossbar_pj_per_byte", 0, 1e4);
  energy.shared_pj_per_byte = sourced_number(object, "shared_pj_per_byte", 0, 1e4);
  energy.instruction_pj = sourced_number(object, "instruction_pj", 0, 1e5);
  energy.mma_fma_pj = sourced_number(object, "mma_fma_pj", 0, 1e4);
  object.finish();
  return energy;
}

}  // namespace

GpuDescription read_gpu(const json::Document& document) {
  static constexpr std::array<std::string_view, 4> kArchitectures{"volta", "ampere", "ada", "hopper"};
  json::Object object = document.object();
  GpuDescription gpu;
  gpu.name = object.get("name").as_name();
  gpu.description = object.get("description").as_name();
  gpu.architecture = object.get("architecture").as_one_of(kArchitectures);
  gpu.sm = read_sm(object.object("sm"));
  gpu.l2 = read_l2(object.object("l2"));
  gpu.dram = read_dram(object.object("dram"));
  gpu.launch = read_launch(object.object("launch"));
  gpu.energy = read_energy(object.object("energy"));
  object.finish();
  return gpu;
}

GpuDescription load_gpu(std::string_view name_or_path) {
  return read_gpu(json::read_file(description_file(kGpuFolder, name_or_path)));
}

std::vector<std::string> gpu_names() {
  return description_names(kGpuFolder);
}

}  // namespace fp6sim::sim
