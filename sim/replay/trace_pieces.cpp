#include "sim/replay/trace_pieces.h"

#include <algorithm>
#include <utility>

namespace fp6sim::sim {

std::vector<TracePiece> pieces(std::vector<trace::SectorRun>& runs, TraceSectors& sectors) {
  for (const trace::SectorRun& run : runs) sectors.traced += run.sectors;
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return std::pair(a.buffer, a.first_sector) < std::pair(b.buffer, b.first_sector);
  });
  std::vector<trace::SectorRun> distinct;
  for (const trace::SectorRun& run : runs) {
    if (!distinct.empty() && distinct.back().buffer == run.buffer &&
        run.first_sector <= distinct.back().first_sector + distinct.back().sectors) {
      const std::int64_t end =
          std::max(distinct.back().first_sector + distinct.back().sectors, run.first_sector + run.sectors);
      distinct.back().sectors = static_cast<std::uint32_t>(end - distinct.back().first_sector);
    } else {
      distinct.push_back(run);
    }
  }
  std::vector<TracePiece> found;
  for (const trace::SectorRun& run : distinct) {
    sectors.requested += run.sectors;
    const std::int64_t byte = run.first_sector * kSectorBytes;
    const std::uint32_t bytes = run.sectors * kSectorBytes;
    if (!found.empty() && found.back().buffer == run.buffer && found.back().bytes == bytes) {
      TracePiece& last = found.back();
      const auto distance = static_cast<std::uint64_t>(byte - last.first_byte);
      if (last.count == 1) last.stride = distance;
      if (last.stride * last.count == distance) {
        ++last.count;
        continue;
      }
    }
    found.push_back({run.buffer, byte, 0, bytes, 1});
  }
  return found;
}

}  // namespace fp6sim::sim
