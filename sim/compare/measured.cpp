#include "sim/compare/measured.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string_view>
#include <utility>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kPublishedNames{{
    {"cuBLAS_W16A16", "cublas-fp16"},
    {"TC-FPx_W6A16", "tc-fpx-w6a16"},
    {"FP6-LLM_W6A16", "tc-fpx-w6a16"},
    {"TC-FPx_W5A16", "tc-fpx-w5a16"},
    {"TensorRT-LLM_W8A16", "trtllm-w8a16"},
    {"TensorRT-LLM_Fine-grained_W4A16", "trtllm-w4a16-fine"},
    {"TensorRT-LLM_Coarse-grained_W4A16", "trtllm-w4a16-coarse"},
}};

/// Fields of one CSV line; a field may be quoted, and a quoted field may hold commas.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

struct Table {
  std::string file;
  std::vector<std::string> header;

  std::size_t column(std::string_view name) const {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  }
  bool has(std::string_view name) const { return column(name) < header.size(); }

  [[noreturn]] void refuse(int line, std::string_view name, const std::string& value, std::string_view accepted) const {
    throw Error(file + ":" + std::to_string(line) + ": column " + std::string(name) + " is '" + value + "': expected " +
                std::string(accepted));
  }
  std::string text(const std::vector<std::string>& fields, std::string_view name) const {
    const std::size_t at = column(name);
    return at < fields.size() ? fields[at] : std::string();
  }
  std::int64_t integer(const std::vector<std::string>& fields, int line, std::string_view name) const {
    const std::string value = text(fields, name);
    std::int64_t result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size() || result < 1 || result > (1 << 20)) {
      refuse(line, name, value, "an integer from 1 to 1048576");
    }
    return result;
  }
  std::optional<double> number(const std::vector<std::string>& fields, int line, std::string_view name) const {
    const std::string value = text(fields, name);
    if (value.empty()) return std::nullopt;
    double result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(result) || result <= 0) {
      refuse(line, name, value, "a positive number");
    }
    return result;
  }
};

}  // namespace

std::vector<MeasuredRow> read_measured(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw Error("measurements '" + file.string() + "': cannot be read");
  Table table{file.string(), {}};
  std::vector<MeasuredRow> rows;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line == "\r" || line[0] == '#') continue;
    const std::vector<std::string> fields = fields_of(line);
    if (table.header.empty()) {
      table.header = fields;
      for (const char* required : {"model", "layer", "M", "K", "batch", "kernel"}) {
        if (!table.has(required)) throw Error(table.file + ": no column '" + required + "'");
      }
      if (!table.has("speedup_over_cublas_fp16") && !table.has("time_us")) {
        throw Error(table.file + ": neither column 'speedup_over_cublas_fp16' nor 'time_us'");
      }
      continue;
    }
    if (fields.size() != table.header.size()) {
      throw Error(table.file + ":" + std::to_string(number) + ": " + std::to_string(fields.size()) +
                  " fields, the header has " + std::to_string(table.header.size()));
    }
    MeasuredRow row;
    row.line = number;
    row.model = table.text(fields, "model");
    row.layer = table.text(fields, "layer");
    row.kernel = table.text(fields, "kernel");
    row.shape = {table.integer(fields, number, "M"), table.integer(fields, number, "K"),
                 table.integer(fields, number, "batch")};
    row.speedup = table.number(fields, number, "speedup_over_cublas_fp16");
    row.time_us = table.number(fields, number, "time_us");
    const std::string state = table.text(fields, "l2_state");
    if (!state.empty() && state != "cold" && state != "warm") table.refuse(number, "l2_state", state, "cold or warm");
    row.warm_l2 = state == "warm";
    if (row.speedup || row.time_us) rows.push_back(std::move(row));
  }
  if (table.header.empty()) throw Error(table.file + ": no header line");
  return rows;
}

std::string description_of_kernel(const std::string& measured_name) {
  for (const auto& [published, description] : kPublishedNames) {
    if (published == measured_name) return std::string(description);
  }
  const std::vector<std::string> names = kernel_names();
  return std::find(names.begin(), names.end(), measured_name) != names.end() ? measured_name : std::string();
}

}  // namespace fp6sim::sim
