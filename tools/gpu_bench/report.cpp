#include "tools/gpu_bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "emu/error.h"
#include "tools/gpu_bench/work.h"

namespace fp6sim::bench {
namespace {

constexpr const char* kCounterColumns[] = {"dram_bytes", "l2_sectors", "l2_hit_pct", "smem_conflicts",
                                           "inst_executed"};

/// JSON has no word for what is not finite.
std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

double cublas_us(const Results& results, const Row& row) {
  const auto at = results.rows.find(row_key("cublas-fp16", "", "cublas", row.m, row.k, row.batch));
  return at == results.rows.end() ? 0 : at->second.time.median_us;
}

bool is_cublas(const Row& row) {
  return row.kernel == "cublas-fp16";
}

std::string name_in_csv(const Row& row) {
  return is_cublas(row) || row.path == "fused" ? row.kernel : row.kernel + "-via-" + row.path;
}

std::string counters_key(const Row& row) {
  return std::string("counters") +
         row_key(row.kernel, row.split, row.path, row.m, row.k, row.batch).substr(4);
}

/// Kernels with every part equal to the emulator.
std::size_t kernels_checked(const Results& results) {
  const auto specs = kernels::kernel_specs();
  return static_cast<std::size_t>(std::count_if(specs.begin(), specs.end(), [&](const auto& spec) {
    return std::all_of(kCheckParts.begin(), kCheckParts.end(),
                       [&](CheckPart part) { return results.checked.contains(check_key(spec, part)); });
  }));
}

std::string csv(const Options& options, const Machine& machine, const std::vector<Layer>& layers,
                const Results& results) {
  std::string text = std::string("# ") + machine.gpu + ", commit " FP6SIM_COMMIT ", driver " +
                     std::to_string(machine.driver) + ", CUDA run-time " + std::to_string(machine.runtime) +
                     ", cuBLAS " + machine.cublas + ", " + std::to_string(kernels_checked(results)) +
                     " kernels equal to the emulator bit for bit, medians of " +
                     std::to_string(options.repeats) + "\n";
  text += "model,layer,M,K,batch,kernel,split,speedup_over_cublas_fp16,time_us,spread_pct,clock_mhz,l2_state";
  if (!results.counters.empty()) {
    for (const char* column : kCounterColumns) text.append(",").append(column);
  }
  text += '\n';
  for (const Layer& layer : layers) {
    for (const auto& [key, row] : results.rows) {
      if (row.m != layer.m || row.k != layer.k) continue;
      const double baseline = is_cublas(row) ? 0 : cublas_us(results, row);
      text += layer.model + ',' + layer.layer + ',' + std::to_string(row.m) + ',' + std::to_string(row.k) +
              ',' + std::to_string(row.batch) + ',' + name_in_csv(row) + ',' + row.split + ',' +
              (baseline > 0 ? number(baseline / row.time.median_us) : "") + ',' + number(row.time.median_us) +
              ',' + number(row.time.spread_pct) + ',' + number(row.clock_mhz) + ',' +
              (options.warm_l2 ? "warm" : "cold");
      if (!results.counters.empty()) {
        const auto counters = results.counters.find(counters_key(row));
        for (const char* column : kCounterColumns) {
          text += ',';
          if (counters != results.counters.end() && counters->second.contains(column))
            text += number(counters->second.at(column));
        }
      }
      text += '\n';
    }
  }
  return text;
}

std::string json_row(const Results& results, const Row& row) {
  const double baseline = cublas_us(results, row);
  return std::string("{\"kernel\": ") + quoted(row.kernel) + ", \"split\": " + quoted(row.split) +
         ", \"path\": " + quoted(row.path) + ", \"m\": " + std::to_string(row.m) +
         ", \"k\": " + std::to_string(row.k) + ", \"batch\": " + std::to_string(row.batch) +
         ", \"tile_n\": " + std::to_string(row.tile_n) + ", \"split_k\": " + std::to_string(row.splits) +
         ", \"time_us\": " + number(row.time.median_us) + ", \"spread_pct\": " + number(row.time.spread_pct) +
         ", \"cublas_us\": " + (baseline > 0 ? number(baseline) : "null") +
         ", \"bytes\": " + number(row.bytes) + ", \"reduction_us\": " + number(row.reduction_us) +
         ", \"bandwidth_of_reduction_pct\": " + number(100.0 * row.reduction_us / row.time.median_us) +
         ", \"clock_mhz\": " + number(row.clock_mhz) + "}";
}

std::string json(const Options& options, const Machine& machine, const Results& results,
                 const std::string& stem) {
  std::int64_t outputs = 0;
  for (const auto& [key, count] : results.checked) outputs += count;
  std::string text =
      "{\n  \"gpu\": " + quoted(machine.gpu) +
      ", \"run\": " + quoted(std::filesystem::path(stem).filename().string()) +
      ", \"commit\": " + quoted(FP6SIM_COMMIT) + ",\n  \"driver\": " + std::to_string(machine.driver) +
      ", \"runtime\": " + std::to_string(machine.runtime) + ", \"cublas\": " + quoted(machine.cublas) +
      ", \"max_clock_mhz\": " + std::to_string(machine.max_clock_mhz) +
      ", \"sm_count\": " + std::to_string(machine.limits.sm_count) +
      ", \"l2_bytes\": " + std::to_string(machine.l2_bytes) +
      ",\n  \"l2_state\": " + (options.warm_l2 ? "\"warm\"" : "\"cold\"") +
      ", \"repeats\": " + std::to_string(options.repeats) +
      ",\n  \"kernels_equal_to_the_emulator\": " + std::to_string(kernels_checked(results)) +
      ", \"outputs_checked_bit_for_bit\": " + std::to_string(outputs) + ",\n  \"failed\": {";
  const char* separator = "";
  for (const auto& [key, why] : results.failed) {
    text.append(separator).append("\n    ");
    text += quoted(key) + ": " + quoted(why);
    separator = ",";
  }
  text += "},\n  \"rows\": [";
  separator = "\n    ";
  for (const auto& [key, row] : results.rows) {
    text.append(separator).append(json_row(results, row));
    separator = ",\n    ";
  }
  text += "\n  ],\n  \"microbenchmarks\": [";
  separator = "\n    ";
  for (const auto& [key, metrics] : results.metrics) {
    for (const Metric& metric : metrics) {
      text.append(separator).append("{\"name\": ");
      text += quoted(metric.name) + ", \"unit\": " + quoted(metric.unit) +
              ", \"value\": " + number(metric.value) + "}";
      separator = ",\n    ";
    }
  }
  text += "\n  ],\n  \"counters\": {";
  separator = "";
  for (const auto& [key, counters] : results.counters) {
    text.append(separator).append("\n    ");
    text += quoted(key) + ": {";
    const char* comma = "";
    for (const auto& [name, value] : counters) {
      text.append(comma).append(quoted(name)).append(": ").append(number(value));
      comma = ", ";
    }
    text += "}";
    separator = ",";
  }
  return text + "}\n}\n";
}

void replace(const std::string& file, const std::string& text) {
  const std::string fresh = file + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, file, error);
  if (!out || error) throw Error("cannot write '" + file + "'");
}

}  // namespace

void write_report(const Options& options, const Machine& machine, const std::vector<Layer>& layers,
                  const Results& results, const std::string& stem) {
  replace(stem + ".csv", csv(options, machine, layers, results));
  replace(stem + ".json", json(options, machine, results, stem));
}

std::string summary(const std::vector<Layer>& layers, const Results& results) {
  struct Group {
    double log_speedup = 0, low = 1e300, high = 0, worst_over_best = 0;
    int speedups = 0, rows = 0;
  };
  std::map<std::tuple<std::string, std::string, int>, Group> groups;
  for (const auto& [key, row] : results.rows) {
    if (is_cublas(row) || row.path != "fused") continue;
    if (std::none_of(layers.begin(), layers.end(),
                     [&](const Layer& l) { return l.m == row.m && l.k == row.k; }))
      continue;
    Group& group = groups[{row.kernel, row.split, row.batch}];
    const double share = 100.0 * row.reduction_us / row.time.median_us;
    group.low = std::min(group.low, share);
    group.high = std::max(group.high, share);
    ++group.rows;
    if (const double baseline = cublas_us(results, row); baseline > 0) {
      group.log_speedup += std::log(baseline / row.time.median_us);
      ++group.speedups;
    }
    double best = row.time.median_us;
    for (const char* path : {"dense", "cublas"}) {
      const auto other = results.rows.find(row_key(row.kernel, row.split, path, row.m, row.k, row.batch));
      if (other != results.rows.end()) best = std::min(best, other->second.time.median_us);
    }
    group.worst_over_best = std::max(group.worst_over_best, row.time.median_us / best);
  }
  std::string text;
  for (const auto& [name, group] : groups) {
    const auto& [kernel, split, batch] = name;
    char line[200];
    std::snprintf(line, sizeof line, "%-16s %-8s batch %3d: %d shapes, %.0f..%.0f %% of a reduction",
                  kernel.c_str(), split.c_str(), batch, group.rows, group.low, group.high);
    text += line;
    if (group.speedups != 0) {
      std::snprintf(line, sizeof line, ", %.2fx cuBLAS", std::exp(group.log_speedup / group.speedups));
      text += line;
    }
    if (group.worst_over_best > 1) {
      std::snprintf(line, sizeof line, ", fused at most %.2fx the best path", group.worst_over_best);
      text += line;
    }
    text += '\n';
  }
  return text;
}

}  // namespace fp6sim::bench
