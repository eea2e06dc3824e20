#include "tools/gpu_bench/ncu.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "emu/error.h"

namespace fp6sim::bench {
namespace {

struct Counter {
  const char* metric;  ///< ncu's name
  const char* column;  ///< compare's
};
constexpr Counter kCounters[] = {{"dram__bytes.sum", "dram_bytes"},
                                 {"lts__t_sectors.sum", "l2_sectors"},
                                 {"lts__t_sector_hit_rate.pct", "l2_hit_pct"},
                                 {"l1tex__data_bank_conflicts_pipe_lsu.sum", "smem_conflicts"},
                                 {"smsp__inst_executed.sum", "inst_executed"}};

/// Cells of a line of quoted CSV; numbers have thousands separated by commas.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

}  // namespace

std::string find_ncu() {
  std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  std::vector<std::string> folders;
  for (std::string folder; std::getline(path, folder, ':');) folders.push_back(folder);
  folders.emplace_back("/usr/local/cuda/bin");
  for (const std::string& folder : folders) {
    if (access((folder + "/ncu").c_str(), X_OK) == 0) return folder + "/ncu";
  }
  return "";
}

std::string ncu_command(const std::string& ncu, const std::string& program, const kernels::KernelSpec& spec,
                        std::int64_t m, std::int64_t k, int batch) {
  std::string metrics;
  for (const Counter& counter : kCounters) metrics.append(metrics.empty() ? "" : ",").append(counter.metric);
  return ncu + " --csv --page raw --print-units base --kernel-name regex:gemm_ --launch-count 1 --metrics " +
         metrics + " '" + program + "' --once " + kernel_name(spec) + "," +
         std::string(emu::name(spec.split)) + "," + std::to_string(m) + "," + std::to_string(k) + "," +
         std::to_string(batch);
}

std::map<std::string, double> parse_ncu(const std::string& text) {
  std::vector<std::string> header;
  std::map<std::string, double> counters;
  std::stringstream in(text);
  std::string message;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("==ERROR==")) message.append(line).append(" ");
    if (!line.starts_with("\"")) continue;
    std::vector<std::string> cells = cells_of(line);
    if (cells.front() == "ID") {
      header = cells;
      continue;
    }
    if (cells.size() != header.size() || cells.front().empty()) continue;  // the line of units has no ID
    for (const Counter& counter : kCounters) {
      const auto at = std::find(header.begin(), header.end(), counter.metric);
      if (at == header.end()) continue;
      std::string cell = cells[static_cast<std::size_t>(at - header.begin())];
      std::erase(cell, ',');
      double value = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (error == std::errc() && end == cell.data() + cell.size()) counters[counter.column] = value;
    }
  }
  if (counters.empty())
    throw Error(std::string("ncu gave no counters").append(message.empty() ? "" : ": ").append(message));
  return counters;
}

std::map<std::string, double> run_ncu(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw Error("cannot run " + command);
  std::string text;
  std::array<char, 4096> piece;
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
    text.append(piece.data(), count);
  pclose(pipe);
  return parse_ncu(text);
}

}  // namespace fp6sim::bench
