// One CTA while it runs: its threads as fibers, what they wait for, its shared memory. Internal to the
// executor.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emu/mma/mma.h"
#include "emu/simt/buffers.h"
#include "emu/simt/collective.h"
#include "emu/simt/fiber.h"
#include "emu/simt/global_order.h"
#include "emu/simt/global_shadow.h"
#include "emu/simt/launch.h"
#include "emu/simt/record.h"
#include "emu/simt/shadow.h"
#include "emu/simt/site.h"
#include "emu/simt/thread.h"
#include "emu/simt/warpgroup_work.h"

namespace fp6sim::simt {

/// What the CTAs of a launch share.
struct Launch {
  const LaunchConfig& config;
  const std::function<void()>& kernel;
  BufferMap buffers;
  emu::Architecture architecture;
  GlobalShadow global_writes;
  Published published;
  std::atomic<std::uint64_t> next_cta{0};
  std::atomic<std::uint64_t> activity{0};    ///< grows whenever something another CTA may poll for changes
  std::atomic<unsigned> running_workers{0};  ///< workers with a CTA in hand ...
  std::atomic<unsigned> polling_workers{0};  ///< ... and those of them whose threads all poll or wait
  std::atomic<std::uint64_t> mma_steps{0};
};

struct SharedCopy {
  std::size_t offset;       ///< in shared memory
  const std::byte* source;  ///< null where source_bytes is 0
  std::uint32_t bytes, source_bytes;
  std::uint32_t site;
};

struct Lane : detail::ThreadState {
  enum class Status : std::uint8_t { kReady, kPolling, kBlocked, kDone };

  unsigned thread = 0;
  Status status = Status::kReady;
  boost::context::fiber fiber;
  StackSide side;
  const char* waits_for = "";  ///< in words, where blocked
  Where waits_at;
  void* operand = nullptr;  ///< of the collective it waits in
  // cp.async: copies in issue order; groups[i] is how many copies precede the end of group i. The first
  // `landed` copies are in shared memory.
  std::vector<SharedCopy> copies;
  std::vector<std::size_t> groups;
  std::size_t landed = 0;
  std::size_t forgotten = 0;  ///< landed copies dropped from the front of `copies`
  std::vector<FencedRegisters> fenced;
};

/// Lanes of one warp on their way into a collective.
struct Rendezvous {
  const char* name;
  unsigned mask, arrived;
  Where where;
};

struct NamedBarrier {
  unsigned expected = 0, arrived = 0;
  Where where;
  std::vector<Lane*> waiting;
  Clock clock;
};

struct MbarrierState {
  std::size_t offset;
  std::uint32_t ordinal;
  unsigned count, pending;
  std::int64_t tx_bytes = 0;  ///< announced and not landed yet; negative: landed before announced
  std::uint64_t phase = 0;    ///< phases completed
  unsigned initialiser = 0;   ///< the thread ...
  bool fenced = false;        ///< ... and whether it has fenced since: copies may then complete on it
  std::vector<Lane*> waiting;
  std::vector<SharedCopy> copies;
  struct DeferredArrival {
    Lane* lane;
    std::size_t copies;  ///< all the lane had issued, forgotten ones included
  };
  std::vector<DeferredArrival> deferred;
  Clock current, completed;
};

class Cta {
 public:
  Cta(Launch& launch, StackPool& stacks);
  ~Cta();
  Cta(const Cta&) = delete;
  Cta& operator=(const Cta&) = delete;

  /// Runs CTA number `index` (x fastest) to its end; throws what it did wrong.
  void run(std::uint64_t index);
  void abandon();  ///< unwinds threads left over after a failure
  trace::Program take_program();

  // --- for the primitives, called on a lane's fiber ---
  static Cta& of_running(const char* primitive);
  Lane& lane() { return static_cast<Lane&>(*detail::running_thread); }
  [[noreturn]] void fail(ViolationKind kind, const Lane& lane, const Where& where,
                         const std::string& message);
  void block(Lane& lane, const char* waits_for, const Where& where);
  void poll(Lane& lane, const char* waits_for, const Where& where);
  void wake(Lane& lane) { lane.status = Lane::Status::kReady; }
  Lane& lane_of(unsigned warp, unsigned lane) { return lanes_[warp * kWarpSize + lane]; }
  unsigned live_mask(unsigned warp) const { return live_[warp]; }

  /// Meets the other lanes of `mask`: returns true on the lane that came last, with every lane's `operand`
  /// set; that lane does the work and calls leave(). Returns false on the others once it has.
  bool meet(const char* name, unsigned mask, void* operand, const Where& where);
  void leave(unsigned mask);

  // Offset in shared memory of an access, checked for bounds and alignment.
  std::size_t shared_offset(const void* at, std::size_t bytes, std::size_t alignment, const char* what,
                            const Where& where);
  BufferMap::Place global_place(const void* at, std::size_t bytes, std::size_t alignment, bool write,
                                const char* what, const Where& where);
  void check(const std::optional<Conflict>& conflict, const Lane& lane, const char* what, const Where& where);
  void land_copies(Lane& lane, std::size_t until, unsigned writer);
  void land(const SharedCopy& copy, unsigned writer);
  void arrive_barrier(unsigned id, unsigned threads, bool wait, const Where& where);
  MbarrierState& mbarrier(const void* at, const char* what, const Where& where);
  MbarrierState& init_mbarrier(std::size_t offset, unsigned arrivals);
  void drop_mbarrier(std::size_t offset);
  void fence_mbarriers();  ///< of this lane
  void arrive(MbarrierState& barrier, unsigned arrivals, const Lane& lane, const Where& where);
  /// Lands what the barrier waits for if only that is missing; true if a phase completed.
  bool advance(MbarrierState& barrier);
  void record(trace::Op op, const Where& where, unsigned bytes = 0, std::uint64_t a = 0, std::uint64_t b = 0,
              std::uint32_t c = 0) {
    if (recording_) recorder_.add(lane(), op, sites_.number(where), bytes, a, b, c);
  }

  std::uint64_t index() const { return index_; }
  Launch& launch() { return launch_; }
  Shadow& shadow() { return shadow_; }
  GlobalOrder& global_order() { return global_order_; }
  SiteTable& sites() { return sites_; }
  std::byte* shared() { return shared_.get(); }
  const LaunchConfig& config() const { return launch_.config; }
  WarpWork& warp_work(unsigned warp) { return warp_work_[warp]; }
  WarpgroupLog& warpgroup_log(unsigned warpgroup) { return warpgroup_logs_[warpgroup]; }
  std::uint64_t mma_steps = 0;
  std::vector<Lane*> waiting_for_registers;
  std::vector<std::uint16_t> columns;  ///< of the wgmma being carried out

 private:
  void start_lane(Lane& lane);
  void resume(Lane& lane);
  void suspend(Lane& lane);
  void finish_lane(Lane& lane);
  bool land_everything();
  bool check_barrier_complete(NamedBarrier& barrier, unsigned id);
  [[noreturn]] void report_deadlock(const char* why);
  std::string waiting_lines() const;
  void idle_while_polling();

  Launch& launch_;
  StackPool& stacks_;
  unsigned threads_, warps_;
  Dim3 block_idx_;
  std::uint64_t index_ = 0;
  struct FreeShared {
    void operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{1024}); }
  };
  std::unique_ptr<std::byte[], FreeShared> shared_;
  Shadow shadow_;
  GlobalOrder global_order_;
  SiteTable sites_;
  bool recording_;
  CtaRecorder recorder_;
  std::vector<Lane> lanes_;
  std::vector<std::uint32_t> live_;                  ///< per warp: lanes not exited
  std::vector<std::vector<Rendezvous>> rendezvous_;  ///< per warp: collectives being entered
  std::array<NamedBarrier, 16> barriers_;
  std::vector<MbarrierState> mbarriers_;
  std::vector<WarpWork> warp_work_;
  std::vector<WarpgroupLog> warpgroup_logs_;
  unsigned live_threads_ = 0;
  boost::context::fiber scheduler_;
  StackSide scheduler_side_;
  std::exception_ptr failure_;
  bool abandoning_ = false;
  std::uint64_t idle_polls_ = 0, idle_activity_ = 0;
  bool announced_polling_ = false;
};

}  // namespace fp6sim::simt
