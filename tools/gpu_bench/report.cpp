#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "emu/error.h"
#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// "NVIDIA H100 80GB HBM3" -> "nvidia-h100-80gb-hbm3".
std::string file_name(const std::string& gpu) {
  std::string name;
  for (const char c : gpu)
    name += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::tolower(c)) : '-';
  return name;
}

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

}  // namespace

std::string write_report(const Options& options, const Machine& machine, const std::vector<Row>& rows,
                         const std::vector<Metric>& metrics, std::int64_t checked) {
  std::filesystem::create_directories(options.out);
  const std::string stem = options.out + "/" + file_name(machine.gpu) + "-" + today();
  const char* state = options.warm_l2 ? "warm" : "cold";

  std::ofstream csv(stem + ".csv");
  csv << "model,layer,M,K,batch,kernel,speedup_over_cublas_fp16,time_us,spread_pct,clock_mhz,l2_state\n";
  for (const Row& row : rows) {
    csv << row.model << ',' << row.layer << ',' << row.m << ',' << row.k << ',' << row.batch << ','
        << row.kernel << ',' << (row.cublas_us > 0 ? number(row.cublas_us / row.time.median_us) : "") << ','
        << number(row.time.median_us) << ',' << number(row.time.spread_pct) << ',' << number(row.clock_mhz)
        << ',' << state << '\n';
  }

  std::ofstream json(stem + ".json");
  json << "{\n  \"gpu\": " << quoted(machine.gpu) << ", \"date\": " << quoted(today())
       << ", \"commit\": " << quoted(FP6SIM_COMMIT) << ",\n  \"driver\": " << machine.driver
       << ", \"runtime\": " << machine.runtime << ", \"cublas\": " << quoted(machine.cublas)
       << ", \"max_clock_mhz\": " << machine.max_clock_mhz << ", \"sm_count\": " << machine.limits.sm_count
       << ", \"l2_bytes\": " << machine.l2_bytes << ",\n  \"l2_state\": " << quoted(state)
       << ", \"repeats\": " << options.repeats << ", \"outputs_checked_bit_for_bit\": " << checked
       << ",\n  \"rows\": [";
  const char* separator = "\n";
  for (const Row& row : rows) {
    json << separator << "    {\"model\": " << quoted(row.model) << ", \"layer\": " << quoted(row.layer)
         << ", \"m\": " << row.m << ", \"k\": " << row.k << ", \"batch\": " << row.batch
         << ", \"kernel\": " << quoted(row.kernel) << ", \"split\": " << quoted(row.split)
         << ", \"time_us\": " << number(row.time.median_us)
         << ", \"spread_pct\": " << number(row.time.spread_pct)
         << ", \"cublas_us\": " << number(row.cublas_us) << ", \"bytes\": " << number(row.bytes)
         << ", \"reduction_us\": " << number(row.reduction_us)
         << ", \"bandwidth_of_reduction_pct\": " << number(100.0 * row.reduction_us / row.time.median_us)
         << ", \"clock_mhz\": " << number(row.clock_mhz) << "}";
    separator = ",\n";
  }
  json << "\n  ],\n  \"microbenchmarks\": [";
  separator = "\n";
  for (const Metric& metric : metrics) {
    json << separator << "    {\"name\": " << quoted(metric.name) << ", \"unit\": " << quoted(metric.unit)
         << ", \"value\": " << number(metric.value) << "}";
    separator = ",\n";
  }
  json << "\n  ]\n}\n";
  csv.flush();
  json.flush();
  if (!csv || !json) throw Error("cannot write '" + stem + ".csv' and .json");
  return stem + ".csv";
}

}  // namespace fp6sim::bench
