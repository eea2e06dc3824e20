#include "app/compare/measured.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "app/text/read_text.h"
#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace {

const std::vector<std::string>& needed_columns() {
  static const std::vector<std::string> kNames = {"model", "layer", "M", "K", "batch", "kernel"};
  return kNames;
}

const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = needed_columns();
    names.insert(names.end(), {kTimeColumn, kSpeedupColumn});
    names.insert(names.end(), std::begin(kCounterColumns), std::end(kCounterColumns));
    names.insert(names.end(), {"gpu", "split", "l2_state", "clock_mhz", "spread_pct"});
    return names;
  }();
  return kNames;
}

bool is_quantity(const std::string& name) {
  return name == kTimeColumn || name == kSpeedupColumn ||
         std::find(std::begin(kCounterColumns), std::end(kCounterColumns), name) != std::end(kCounterColumns);
}

/// The cells of one line. Throws where a quote is not closed.
std::vector<std::string> cells_of(const std::string& line, const std::string& place) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (quoted) throw Error(place + ": a quoted cell does not end on its line");
  return cells;
}

class Row {
 public:
  Row(const std::vector<std::string>& header, std::vector<std::string> cells, std::string place)
      : header_(header), cells_(std::move(cells)), place_(std::move(place)) {}

  std::string text(const std::string& column) const {
    const auto found = std::find(header_.begin(), header_.end(), column);
    return found == header_.end() ? "" : cells_[static_cast<std::size_t>(found - header_.begin())];
  }

  std::int64_t size(const std::string& column) const {
    constexpr std::int64_t kLargest = std::int64_t{1} << 24;
    const std::string cell = text(column);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size() || value < 1 || value > kLargest) {
      throw Error(place_ + ": " + column + " is '" + cell + "': expected an integer from 1 to " +
                  std::to_string(kLargest));
    }
    return value;
  }

  /// Nothing for an empty cell. Zero is a count's value, never a time's.
  std::optional<double> number(const std::string& column, bool zero_allowed) const {
    const std::string cell = text(column);
    if (cell.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value) || value < 0 ||
        (value == 0 && !zero_allowed)) {
      throw Error(place_ + ": " + column + " is '" + cell + "': expected a number " +
                  (zero_allowed ? "of at least 0" : "above 0"));
    }
    return value;
  }

 private:
  const std::vector<std::string>& header_;
  std::vector<std::string> cells_;
  std::string place_;
};

void check_header(const std::vector<std::string>& header, const std::string& place, MeasuredFile& file) {
  std::set<std::string> seen;
  for (const std::string& name : header) {
    if (!seen.insert(name).second) throw Error(place + ": column '" + name + "' is there twice");
    if (std::find(known_columns().begin(), known_columns().end(), name) == known_columns().end()) {
      file.ignored_columns.push_back(name);
    }
  }
  for (const std::string& name : needed_columns()) {
    if (!seen.contains(name)) {
      throw Error(place + ": no column '" + name +
                  "'; expected model,layer,M,K,batch,kernel and a measured quantity");
    }
  }
  if (std::any_of(header.begin(), header.end(), is_quantity)) return;
  std::string message = place + ": no measured quantity: expected " + kTimeColumn + ", " + kSpeedupColumn;
  for (const char* counter : kCounterColumns) message += std::string(" or ") + counter;
  for (const std::string& name : file.ignored_columns) {
    message += "; " + unknown_name_message("column", name, known_columns());
  }
  throw Error(message);
}

MeasuredRow read_row(const Row& row, const std::vector<std::string>& header, const std::string& place) {
  MeasuredRow measured;
  measured.place = place;
  measured.model = row.text("model");
  measured.layer = row.text("layer");
  measured.kernel_in_file = row.text("kernel");
  if (measured.kernel_in_file.empty()) throw Error(place + ": kernel is empty");
  measured.kernel = kernel_alias(measured.kernel_in_file);
  measured.m = row.size("M");
  measured.k = row.size("K");
  measured.batch = row.size("batch");
  measured.gpu = row.text("gpu");
  measured.split = row.text("split");
  measured.clock_mhz = row.number("clock_mhz", false);
  measured.spread_pct = row.number("spread_pct", true);
  const std::string state = row.text("l2_state");
  if (!state.empty() && state != "cold" && state != "warm") {
    throw Error(place + ": l2_state is '" + state + "': expected cold or warm");
  }
  if (!state.empty()) measured.warm_l2 = state == "warm";
  for (const std::string& name : header) {
    if (!is_quantity(name)) continue;
    if (const auto value = row.number(name, name != kTimeColumn && name != kSpeedupColumn)) {
      measured.values[name] = *value;
    }
  }
  return measured;
}

}  // namespace

std::string kernel_alias(const std::string& name) {
  static const std::map<std::string, std::string> kAliases = {
      {"cuBLAS_W16A16", "cublas-fp16"},
      {"TC-FPx_W6A16", "tc-fpx-w6a16"},
      {"FP6-LLM_W6A16", "tc-fpx-w6a16"},
      {"TC-FPx_W5A16", "tc-fpx-w5a16"},
      {"TensorRT-LLM_W8A16", "trtllm-w8a16"},
      {"TensorRT-LLM_Fine-grained_W4A16", "trtllm-w4a16-fine"},
      {"TensorRT-LLM_Coarse-grained_W4A16", "trtllm-w4a16-coarse"},
  };
  const auto found = kAliases.find(name);
  return found == kAliases.end() ? name : found->second;
}

MeasuredFile read_measured(const std::filesystem::path& path) {
  std::istringstream in(read_text(path));
  MeasuredFile file;
  std::vector<std::string> header;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    const std::string place = path.string() + ":" + std::to_string(number);
    std::vector<std::string> cells = cells_of(line, place);
    if (header.empty()) {
      header = std::move(cells);
      check_header(header, place, file);
      continue;
    }
    if (cells.size() != header.size()) {
      throw Error(place + ": " + std::to_string(cells.size()) + " cells, the header has " +
                  std::to_string(header.size()));
    }
    file.rows.push_back(read_row(Row(header, std::move(cells), place), header, place));
  }
  if (file.rows.empty()) throw Error(path.string() + ": no measured rows");
  return file;
}

}  // namespace fp6sim::app
