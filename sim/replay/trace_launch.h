// A traced launch as the simulator runs one, and where its buffers lie there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "emu/trace/reader.h"
#include "sim/dequant_stage/unit_use.h"
#include "sim/description/design_description.h"
#include "sim/memory_path/memory_system.h"
#include "sim/replay/trace_stages.h"

namespace fp6sim::sim {

/// Touched addresses of each buffer over all launches, moved together: imported traces spread over the whole
/// address space.
class Layout {
 public:
  void touch(std::uint64_t base, std::uint64_t first, std::uint64_t end) {
    auto [at, is_new] = ranges_.try_emplace(base, Range{first, end, 0});
    at->second.first = std::min(at->second.first, first);
    at->second.end = std::max(at->second.end, end);
  }
  /// After the last touch().
  void place() {
    for (auto& [base, range] : ranges_) {
      const std::uint64_t start = range.first / 512 * 512;
      range.moved = span_ - start;
      span_ += (range.end - start + 511) / 512 * 512;
    }
  }
  /// What is added, modulo 2^64, to an address in the buffer at `base`; 0 for a buffer nobody touched.
  std::uint64_t moved(std::uint64_t base) const {
    const auto at = ranges_.find(base);
    return at == ranges_.end() ? 0 : at->second.moved;
  }
  std::uint64_t span() const { return span_; }

 private:
  struct Range {
    std::uint64_t first, end, moved;
  };
  std::map<std::uint64_t, Range> ranges_;
  std::uint64_t span_ = 512;  // the first unit is kParameters
};

/// The simulator's stages begin with a request. A CTA without any global access asks for its launch
/// parameters, one sector in the L2.
constexpr Segment kParameters{0, 0, kSectorBytes, 1, 1};

class TraceLaunch final : public Launch {
 public:
  /// Throws Error for CTAs `gpu` cannot hold and a design the trace does not say enough for. `trace` must
  /// outlive the launch.
  TraceLaunch(const GpuDescription& gpu, const DesignDescription& design, const trace::Reader& trace,
              std::size_t launch, const DequantStageFactory& rtl_unit);

  std::string name() const override { return info_.kernel; }
  std::int64_t ctas() const override { return static_cast<std::int64_t>(placements_.size()); }
  int ctas_per_sm() const override { return ctas_per_sm_; }
  int warps() const override { return static_cast<int>((info_.block.count() + 31) / 32); }
  std::vector<WarpWork> warp_work(std::int64_t cta, std::int64_t stage) const override {
    std::vector<WarpWork> own = program(cta).stages[static_cast<std::size_t>(stage)].warps;
    own.resize(static_cast<std::size_t>(warps()));
    return own;
  }
  int stages_in_flight() const override { return in_flight_; }
  std::int64_t stages(std::int64_t cta) const override {
    return static_cast<std::int64_t>(program(cta).stages.size());
  }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override {
    const TraceStage& asked = program(cta).stages[static_cast<std::size_t>(stage)];
    StageRequest made = request(cta, asked.pieces, asked.write);
    if (asked.pieces.empty()) made.add(kParameters);
    return made;
  }
  StageRequest result(std::int64_t cta) const override { return request(cta, program(cta).writes, true); }
  Join join(std::int64_t cta) const override {
    return joins_.empty() ? Join{} : joins_[static_cast<std::size_t>(cta)];
  }
  std::int64_t own_stages(std::int64_t cta) const override {
    return static_cast<std::int64_t>(program(cta).own_stages);
  }
  StageRequest partial(std::int64_t cta) const override {
    return request(cta, program(cta).joins ? program(cta).partials : program(cta).writes, true);
  }
  std::int64_t joiner(std::int64_t cta) const override { return join(cta).group; }
  const StageWork& work() const override { return no_work_; }
  const StageWork& work_of(std::int64_t cta, std::int64_t stage) const override {
    return program(cta).stages[static_cast<std::size_t>(stage)].work;
  }
  double epilogue_cycles() const override { return 0; }
  double start_us() const override { return start_us_; }
  const UnitUse* unit() const override { return unit_.make ? &unit_ : nullptr; }
  const trace::LaunchInfo& info() const { return info_; }
  /// How much larger the launch's weights are inside the L2.
  double l2_factor() const { return l2_factor_; }

  /// Weights that a CTA's stages read.
  double weights(std::int64_t cta) const {
    return static_cast<double>(program(cta).weight_bytes) * 8 / weight_bits_;
  }
  const StagedProgram& program(std::int64_t cta) const {
    return programs_[placements_[static_cast<std::size_t>(cta)].class_id];
  }

  /// Every global access: visit(cta, piece, write).
  template <class Visit>
  void for_each_piece(Visit visit) const {
    for (std::int64_t cta = 0; cta < ctas(); ++cta) {
      for (const TraceStage& stage : program(cta).stages) {
        for (const TracePiece& piece : stage.pieces) visit(cta, piece, stage.write);
      }
      for (const TracePiece& piece : program(cta).partials) visit(cta, piece, true);
      for (const TracePiece& piece : program(cta).writes) visit(cta, piece, true);
    }
  }

  void touch(Layout& layout) const;
  void move(const Layout& layout) {
    for (const trace::BufferInfo& buffer : info_.buffers) moved_.push_back(layout.moved(buffer.base_address));
  }

  /// What a CTA reads of another's writes it reads after waiting for them, and so from the L2. Where the
  /// replay does not follow that wait (join()) it has the data there from the start.
  void share_written(MemorySystem& memory) const;

 private:
  std::uint64_t traced_address(std::int64_t cta, const TracePiece& piece) const {
    const auto& offsets = placements_[static_cast<std::size_t>(cta)].offsets;
    return info_.buffers[piece.buffer].base_address +
           static_cast<std::uint64_t>(offsets[piece.buffer] + piece.first_byte);
  }

  StageRequest request(std::int64_t cta, const std::vector<TracePiece>& pieces, bool write) const;
  /// What `design` changes; throws where the trace does not say which instructions expand.
  TraceDesign design_for(const DesignDescription& design, std::size_t launch);

  const trace::LaunchInfo& info_;
  double start_us_ = 0;
  const std::vector<trace::Placement>& placements_;
  /// Groups of CTAs of which one reads what all have written; false where they are not such groups.
  bool find_joins();
  void stage_programs(const GpuDescription& gpu, const trace::Reader& trace, std::size_t launch);

  std::vector<StagedProgram> programs_;
  std::vector<Join> joins_;  // of each CTA; empty: none joins
  std::vector<std::uint64_t> moved_;
  int ctas_per_sm_ = 0, in_flight_ = 1;
  TraceDesign treatment_;
  double crossbar_factor_ = 1;  // of weights
  double l2_factor_ = 1;
  double weight_bits_ = 16;
  int group_ = 0;  // columns that share a scale; 0: a row
  UnitUse unit_;
  StageWork no_work_;
};

}  // namespace fp6sim::sim
