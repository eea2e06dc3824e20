#include "sim/stats/timeline.h"

#include <array>
#include <fstream>

#include "emu/error.h"

namespace fp6sim::sim {

void Timeline::write(const std::string& path) const {
  static constexpr std::array<const char*, 4> kNames{"CTA", "copy", "compute", "result"};
  std::ofstream file(path);
  file << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  file.precision(6);
  file << std::fixed;
  const char* separator = "\n";
  for (const Interval& i : intervals_) {
    const auto kind = static_cast<std::size_t>(i.kind);
    file << separator << "{\"ph\":\"X\",\"pid\":" << i.sm << ",\"tid\":\"" << kNames[kind] << "\",\"name\":\""
         << kNames[kind] << " " << i.cta;
    if (i.stage >= 0) file << "." << i.stage;
    file << "\",\"ts\":" << static_cast<double>(i.start) / kFemtosecondsPerMicrosecond
         << ",\"dur\":" << static_cast<double>(i.end - i.start) / kFemtosecondsPerMicrosecond << "}";
    separator = ",\n";
  }
  file << "\n]}\n";
  file.close();
  if (!file) throw Error("timeline '" + path + "': cannot be written");
}

}  // namespace fp6sim::sim
