// One streaming multiprocessor: CTAs as stage programs over shared resources.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <memory>
#include <queue>
#include <systemc>
#include <tlm>
#include <vector>

#include "sim/description/gpu_description.h"
#include "sim/stats/sm_use.h"
#include "sim/stats/timeline.h"
#include "sim/stats/where.h"
#include "sim/system/grid.h"
#include "sim/system/sm_timeline.h"
#include "sim/system/stage_payload.h"

namespace fp6sim::sim {

/// When a CTA ran and what its time went to; `previous` (an index into the same SM's list) held its slot
/// before.
struct CtaRecord {
  Time start = 0, end = 0;
  int previous = -1;
  WhereTimes where;
};

/// A CTA's life:
///
///   launch | copy 0..S-2 issued | wait for copy i | barrier; copy i+S-1 issued; compute i | ... | epilogue |
///   result written
///
/// Of CTAs that share partial sums (Launch::join) each writes its own, asks the L2 whether all are there, and
/// leaves unless it was the last: that one goes on with the stages that read them.
///
/// Computing a stage reserves each resource (issue slots, pipes, banks, tensor core) for as long as the stage
/// needs it, first come first served among the SM's CTAs, and lasts until the slowest is done, but never less
/// than the CTA would need alone.
class SmModule final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<SmModule> socket;

  SmModule(sc_core::sc_module_name name, int index, const GpuDescription& gpu, Timeline* timeline);
  ~SmModule() override;

  /// Opens a launch: `slots` CTAs may be resident.
  void open(Grid& grid);
  /// Starts one more CTA if a slot is free and the grid has one; called now, runs from now on.
  bool start_cta();

  const std::vector<CtaRecord>& records() const { return records_; }
  const SmUse& use() const { return use_; }  ///< since the start
  Time busy_until() const { return busy_until_; }

 private:
  enum class Step { kBegin, kArrived, kComputed, kEpilogueDone, kPartial, kResult };
  struct Event {
    Time when;
    std::uint64_t order;
    Step step;
    int slot;
    std::int64_t stage;
    Waits waits;
    bool operator<(const Event& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  struct Slot {
    std::int64_t cta = -1;    // whose stages it computes
    std::int64_t began = -1;  // as which CTA: another where it joined
    std::int64_t stages = 0, next_issue = 0, next_compute = 0;
    std::array<bool, 16> arrived{};
    std::array<Waits, 16> waits{};
    bool computing = false;
    bool joined = false;  // was the last of its group: reads and adds
    Time begun = 0, waiting_since = 0, finished = 0;
    int record = -1;
  };
  struct Pending {
    tlm::tlm_generic_payload payload;
    StageExtension extension;
    int slot = 0;
    std::int64_t cta = 0, stage = 0;  // stage -1: the result, -2: partial sums
    Time issued = 0;
    std::vector<std::uint8_t> bytes;  // functional mode: what is read or written
  };
  struct Resources {
    Time issue = 0, expand = 0, shared = 0, memory = 0, tensor = 0;
  };

  void wake();
  void schedule(Time when, Step step, int slot, std::int64_t stage, const Waits& waits = {});
  void handle(const Event& event);
  void begin(int slot, Time now);
  void issue_copy(int slot, Time now);
  void arrived(int slot, std::int64_t stage, const Waits& waits, Time now);
  void try_compute(int slot, Time now);
  void computed(int slot, Time now);
  void finish(int slot, Time now);
  void retire(int slot, Time now);
  void partial_written(int slot, Time now);
  void leave(int slot);
  void send(const StageRequest& request, int slot, std::int64_t stage, Time now,
            std::vector<std::uint8_t> bytes = {});
  tlm::tlm_sync_enum receive(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay);
  /// When a tile offered to the design's unit at `from` is through it.
  Time expand(Time from);
  Time compute(const Slot& cta, Time now, WhereTimes& where);

  int index_;
  const GpuDescription& gpu_;
  Clock clock_;
  SmTimeline timeline_;
  SmUse use_;
  Grid* grid_ = nullptr;
  std::unique_ptr<DequantStage> unit_;  // of the launch's design; null where it works outside SMs
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<CtaArithmetic>> arithmetic_;  // functional mode: by slot, else null
  std::vector<int> last_record_;
  std::vector<CtaRecord> records_;
  std::vector<std::unique_ptr<Pending>> pending_;
  std::vector<std::uint32_t> free_pending_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  Resources resources_;
  Time busy_until_ = 0;
  sc_core::sc_event wake_;
};

}  // namespace fp6sim::sim
