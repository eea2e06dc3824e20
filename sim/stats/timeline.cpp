#include "sim/stats/timeline.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <tuple>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

using Interval = Timeline::Interval;
using Track = Timeline::Track;

constexpr std::array<const char*, 19> kNames{
    "CTA",           "launch",     "stage",       "copy wait",
    "compute",       "epilogue",   "latency",     "issue",
    "dequantise",    "mma",        "other warps", "pipe busy",
    "copy",          "result",     "issue",       "integer and half2",
    "shared memory", "load/store", "tensor core"};

/// Which row of its SM an interval is drawn in: a kind of track, and a number (or two) of it.
struct Row {
  Track track;
  int first, second;
  friend auto operator<=>(const Row&, const Row&) = default;
};

/// Copies and results overlap: each goes to the first row of its kind that is free.
std::vector<Row> rows_of(const std::vector<const Interval*>& intervals) {
  std::map<std::pair<int, Track>, std::vector<Time>> free_from;
  std::vector<Row> rows;
  for (const Interval* i : intervals) {
    int row = 0;
    switch (i->track) {
      case Track::kSlot:
        rows.push_back({i->track, i->slot, -1});
        break;
      case Track::kWarp:
        rows.push_back({Track::kSlot, i->slot, i->warp});  // below its slot
        break;
      case Track::kPipe:
        rows.push_back({i->track, static_cast<int>(i->name), -1});
        break;
      default: {
        std::vector<Time>& lanes = free_from[{i->sm, i->track}];
        while (row < static_cast<int>(lanes.size()) && lanes[static_cast<std::size_t>(row)] > i->start) ++row;
        lanes.resize(std::max(lanes.size(), static_cast<std::size_t>(row) + 1));
        lanes[static_cast<std::size_t>(row)] = i->end;
        rows.push_back({i->track, row, -1});
      }
    }
  }
  return rows;
}

std::string title(const Row& row) {
  switch (row.track) {
    case Track::kSlot:
      return "slot " + std::to_string(row.first) +
             (row.second < 0 ? std::string() : " warp " + std::to_string(row.second));
    case Track::kCopy:
      return "copies " + std::to_string(row.first);
    case Track::kResult:
      return "results " + std::to_string(row.first);
    default:
      return std::string("pipe ") + kNames[static_cast<std::size_t>(row.first)];
  }
}

/// Microseconds with every femtosecond.
std::string microseconds(Time time) {
  constexpr Time kOne = 1'000'000'000;
  const std::string below = std::to_string(time % kOne);
  return std::to_string(time / kOne) + "." + std::string(9 - below.size(), '0') + below;
}

std::string event(const Interval& i, int row) {
  static constexpr std::array<const char*, 5> kCategories{"slot", "warp", "copy", "result", "pipe"};
  const std::string cta = std::to_string(i.cta), stage = std::to_string(i.stage);
  std::string name = kNames[static_cast<std::size_t>(i.name)];
  if (i.name == Timeline::Name::kCta || i.track == Track::kResult) name += " " + cta;
  if (i.name == Timeline::Name::kStage) name += " " + stage;
  if (i.track == Track::kCopy || i.track == Track::kPipe) name += " " + cta + "." + stage;
  return R"({"ph":"X","pid":)" + std::to_string(i.sm) + R"(,"tid":)" + std::to_string(row) + R"(,"cat":")" +
         kCategories[static_cast<std::size_t>(i.track)] + R"(","name":")" + name + R"(","ts":)" +
         microseconds(i.start) + R"(,"dur":)" + microseconds(i.end - i.start) + R"(,"args":{"cta":)" + cta +
         R"(,"stage":)" + stage + "}}";
}

/// Names a process (an SM) or one of its tracks.
std::string label(int sm, const std::string& what, const std::string& name, int row = -1) {
  return R"({"ph":"M","pid":)" + std::to_string(sm) +
         (row < 0 ? std::string() : R"(,"tid":)" + std::to_string(row)) + R"(,"name":")" + what +
         R"(","args":{"name":")" + name + "\"}}";
}

}  // namespace

void Timeline::write(const std::string& path) const {
  std::vector<const Interval*> sorted;
  for (const Interval& i : intervals_) sorted.push_back(&i);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Interval* a, const Interval* b) {
    return std::tuple(a->start, -a->end, a->name) < std::tuple(b->start, -b->end, b->name);  // parents first
  });
  const std::vector<Row> rows = rows_of(sorted);
  std::map<std::pair<int, Row>, int> numbers;
  for (std::size_t i = 0; i < sorted.size(); ++i) numbers[{sorted[i]->sm, rows[i]}] = 0;
  std::ofstream file(path);
  file << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  int last_sm = -1, next = 0;
  const char* separator = "\n";
  for (auto& [key, number] : numbers) {
    const auto& [sm, row] = key;
    if (sm != last_sm) {
      next = 0;
      file << separator << label(sm, "process_name", "SM " + std::to_string(sm));
      separator = ",\n";
    }
    last_sm = sm;
    number = next++;
    file << separator << label(sm, "thread_name", title(row), number);
  }
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    file << separator << event(*sorted[i], numbers[{sorted[i]->sm, rows[i]}]);
    separator = ",\n";
  }
  file << "\n]}\n";
  file.close();
  if (!file) throw Error("timeline '" + path + "': cannot be written");
}

}  // namespace fp6sim::sim
