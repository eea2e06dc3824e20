#include "tools/gpu_bench/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "emu/error.h"

namespace fp6sim::bench {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// Fields are separated by tabs: none may hold one, or a line end.
std::string field(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string join(std::initializer_list<std::string> fields) {
  std::string line;
  for (const std::string& text : fields) line.append(line.empty() ? "" : "\t").append(field(text));
  return line + "\t.";  // so that a line cut short is known
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// Reads fields in turn; `good` falls where one is no number.
struct Fields {
  const std::vector<std::string>& all;
  std::size_t next = 2;
  bool good = true;
  const std::string& text() { return all[next++]; }
  double number() {
    const std::string& cell = all[next++];
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    good = good && error == std::errc() && end == cell.data() + cell.size();
    return value;
  }
};

bool add_row(const std::vector<std::string>& fields, Results& results) {
  if (fields.size() != 16) return false;
  Fields in{fields};
  Row row;
  row.kernel = in.text();
  row.split = in.text();
  row.path = in.text();
  row.m = static_cast<std::int64_t>(in.number());
  row.k = static_cast<std::int64_t>(in.number());
  row.batch = static_cast<int>(in.number());
  row.tile_n = static_cast<int>(in.number());
  row.splits = static_cast<int>(in.number());
  row.time.median_us = in.number();
  row.time.spread_pct = in.number();
  row.bytes = in.number();
  row.reduction_us = in.number();
  row.clock_mhz = in.number();
  if (in.good) results.rows[fields[1]] = row;
  return in.good;
}

bool add_success(const std::vector<std::string>& fields, Results& results) {
  const std::string& kind = fields[0];
  const std::string& key = fields[1];
  Fields in{fields};
  if (kind == "row") return add_row(fields, results);
  if (kind == "checked" && fields.size() == 4) {
    const double outputs = in.number();
    if (in.good) results.checked[key] = static_cast<std::int64_t>(outputs);
    return in.good;
  }
  if (kind == "metrics" && fields.size() % 3 == 0) {
    std::vector<Metric> metrics;
    while (in.next + 3 < fields.size()) {
      const std::string name = in.text(), unit = in.text();
      metrics.push_back({name, unit, in.number()});
    }
    if (in.good) results.metrics[key] = metrics;
    return in.good;
  }
  if (kind == "counters" && fields.size() % 2 == 1) {
    std::map<std::string, double> counters;
    while (in.next + 2 < fields.size()) {
      const std::string name = in.text();
      counters[name] = in.number();
    }
    if (in.good) results.counters[key] = counters;
    return in.good;
  }
  return false;
}

std::string file_name(const std::string& gpu) {  // "NVIDIA H100 80GB HBM3" -> "nvidia-h100-80gb-hbm3"
  std::string name;
  for (const char c : gpu) {
    name += std::isalnum(static_cast<unsigned char>(c))
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                : '-';
  }
  return name;
}

/// Whether a journal starts with `first`; then its lines are added to `results`.
bool read_if_same(const std::string& file, const std::string& first, Results& results) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line != first) return false;
  while (std::getline(in, line)) add_line(line, results);
  return true;
}

}  // namespace

std::string line_of(const std::string& key, const Row& row) {
  return join({"row", key, row.kernel, row.split, row.path, std::to_string(row.m), std::to_string(row.k),
               std::to_string(row.batch), std::to_string(row.tile_n), std::to_string(row.splits),
               number(row.time.median_us), number(row.time.spread_pct), number(row.bytes),
               number(row.reduction_us), number(row.clock_mhz)});
}
std::string line_of(const std::string& key, const std::vector<Metric>& metrics) {
  std::string line = std::string("metrics\t") + field(key);
  for (const Metric& metric : metrics)
    line.append("\t")
        .append(field(metric.name))
        .append("\t")
        .append(field(metric.unit))
        .append("\t")
        .append(number(metric.value));
  return line + "\t.";
}
std::string line_of_check(const std::string& key, std::int64_t outputs) {
  return join({"checked", key, std::to_string(outputs)});
}
std::string line_of_failure(const std::string& key, const std::string& why) {
  return join({"failed", key, why});
}
std::string line_of_retry(const std::string& key) {
  return join({"again", key});
}
std::string line_of_counters(const std::string& key, const std::map<std::string, double>& counters) {
  std::string line = std::string("counters\t") + field(key);
  for (const auto& [name, value] : counters)
    line.append("\t").append(field(name)).append("\t").append(number(value));
  return line + "\t.";
}

bool add_line(const std::string& line, Results& results) {
  const std::vector<std::string> fields = split(line);
  if (fields.size() < 3 || fields.back() != ".") return false;
  const std::string& kind = fields[0];
  const std::string& key = fields[1];
  if (kind == "failed" && fields.size() == 4) {
    results.failed[key] = fields[2];
    return true;
  }
  if (!(kind == "again" && fields.size() == 3) && !add_success(fields, results)) return false;
  results.failed.erase(key);
  return true;
}

std::string heading(const Machine& machine, const Options& options) {
  return join({"gpu_bench", machine.gpu, FP6SIM_COMMIT, options.warm_l2 ? "warm" : "cold",
               std::to_string(options.repeats), machine.cublas,
               options.autotune.empty() ? "chosen" : "tuned"});
}

std::string open_journal(const Options& options, const Machine& machine, const std::string& date,
                         Results& results) {
  std::filesystem::create_directories(options.out);
  const std::string first = heading(machine, options);
  const std::string gpu = file_name(machine.gpu);
  if (!options.fresh) {
    for (const auto& entry : std::filesystem::directory_iterator(options.out)) {
      const std::string file = entry.path().string();
      if (entry.path().extension() != ".journal" || !entry.path().filename().string().starts_with(gpu))
        continue;
      if (!read_if_same(file, first, results)) continue;
      append_line(file, "");  // ends the line that a killed run may have left
      if (options.retry) {
        for (const auto& [key, why] : results.failed) append_line(file, line_of_retry(key));
        results.failed.clear();
      }
      return file.substr(0, file.size() - 8);
    }
  }
  std::string stem = options.out + "/" + gpu + "-" + date;
  for (int run = 2; std::filesystem::exists(stem + ".journal") || std::filesystem::exists(stem + ".csv");
       ++run) {
    stem = options.out + "/" + gpu + "-" + date + "-" + std::to_string(run);
  }
  append_line(stem + ".journal", first);
  return stem;
}

void append_line(const std::string& file, const std::string& line) {
  const int out = open(file.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
  const std::string text = line + "\n";
  const bool good = out >= 0 && write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    fdatasync(out) == 0;
  if (out >= 0) close(out);
  if (!good) throw Error("cannot write '" + file + "'");
}

}  // namespace fp6sim::bench
