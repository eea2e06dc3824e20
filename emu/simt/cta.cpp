#include "emu/simt/cta.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <map>
#include <new>
#include <thread>

namespace fp6sim::simt {
namespace {

thread_local Cta* running_cta = nullptr;

// Never written shared memory reads as this where a check does not stop it first.
constexpr int kPoison = 0xA5;

/// Thrown in threads that are given up, so that their stacks unwind.
struct Abandoned {};

bool same_line(const Where& a, const Where& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

}  // namespace

Cta::Cta(Launch& launch, StackPool& stacks)
    : launch_(launch),
      stacks_(stacks),
      threads_(static_cast<unsigned>(launch.config.block.count())),
      warps_((threads_ + kWarpSize - 1) / kWarpSize),
      shared_(static_cast<std::byte*>(::operator new[](
          std::max<std::size_t>(launch.config.dynamic_shared_bytes, 16), std::align_val_t{1024}))),
      shadow_(launch.config.dynamic_shared_bytes, threads_, launch.config.check_races),
      global_order_(shadow_.clocks()),
      recording_(launch.config.recorder != nullptr),
      recorder_(warps_, sites_),
      lanes_(warps_ * kWarpSize),
      live_(warps_),
      rendezvous_(warps_) {
  const Dim3 block = launch.config.block;
  for (unsigned t = 0; t < lanes_.size(); ++t) {
    Lane& lane = lanes_[t];
    lane.thread = t;
    lane.lane = t % kWarpSize;
    lane.warp = t / kWarpSize;
    lane.thread_idx = {t % block.x, t / block.x % block.y, t / block.x / block.y};
    lane.block_dim = block;
    lane.grid_dim = launch.config.grid;
    lane.dynamic_shared = shared_.get();
    lane.dynamic_shared_bytes = launch.config.dynamic_shared_bytes;
  }
}

Cta::~Cta() {
  abandon();
}

Cta& Cta::of_running(const char* primitive) {
  if (running_cta == nullptr || detail::running_thread == nullptr) {
    throw Error(std::string(primitive) + " called outside a launch: only arithmetic works there");
  }
  return *running_cta;
}

void Cta::start_lane(Lane& lane) {
  lane.block_idx = block_idx_;
  lane.counts = {};
  lane.status = Lane::Status::kReady;
  lane.copies.clear();
  lane.groups.clear();
  lane.landed = lane.forgotten = 0;
  lane.fenced.clear();
  const auto body = [this, &lane](boost::context::fiber&& back) {
    lane.side.arrive_from(scheduler_side_);
    scheduler_ = std::move(back);
    try {
      if (!abandoning_) {
        launch_.kernel();
        finish_lane(lane);
      }
    } catch (const Abandoned&) {
    } catch (...) {
      failure_ = std::current_exception();
    }
    lane.side.leave_for(scheduler_side_, true);
    return std::move(scheduler_);
  };
  lane.fiber = boost::context::fiber(std::allocator_arg, PooledStack{&stacks_, &lane.side}, body);
}

void Cta::resume(Lane& lane) {
  detail::running_thread = &lane;
  scheduler_side_.leave_for(lane.side);
  lane.fiber = std::move(lane.fiber).resume();
  scheduler_side_.arrive_from(lane.side);
  detail::running_thread = nullptr;
}

void Cta::suspend(Lane& lane) {
  lane.side.leave_for(scheduler_side_);
  scheduler_ = std::move(scheduler_).resume();
  lane.side.arrive_from(scheduler_side_);
  if (abandoning_) throw Abandoned{};
}

void Cta::finish_lane(Lane& lane) {
  record(trace::Op::kExit, Where::current());
  lane.status = Lane::Status::kDone;
  live_[lane.warp] &= ~(1u << lane.lane);
  --live_threads_;
  if (const WarpWork& work = warp_work_[lane.warp]; !work.steps.empty()) {
    fail(ViolationKind::kInFlight, lane, work.steps.front().where,
         "exits while this wgmma has not been waited for");
  }
  for (const Rendezvous& meeting : rendezvous_[lane.warp]) {
    if ((meeting.mask >> lane.lane & 1) != 0) {
      fail(ViolationKind::kBadBarrier, lane, meeting.where,
           std::string("exits while other lanes of its warp wait for it in ") + meeting.name);
    }
  }
  if (barriers_[0].arrived != 0)
    check_barrier_complete(barriers_[0], 0);  // an exited thread no longer counts
}

void Cta::run(std::uint64_t index) {
  const Dim3 grid = launch_.config.grid;
  index_ = index;
  block_idx_ = {static_cast<unsigned>(index % grid.x), static_cast<unsigned>(index / grid.x % grid.y),
                static_cast<unsigned>(index / grid.x / grid.y)};
  std::memset(shared_.get(), kPoison, launch_.config.dynamic_shared_bytes);
  shadow_.new_cta();
  global_order_.new_cta();
  mbarriers_.clear();
  waiting_for_registers.clear();
  warp_work_.clear();
  warp_work_.resize(std::size_t{warps_ + 3} / 4 * 4);
  warpgroup_logs_.assign((warps_ + 3) / 4, {});
  for (NamedBarrier& barrier : barriers_) barrier = {0, 0, {}, {}, shadow_.clocks().new_clock()};
  for (unsigned w = 0; w < warps_; ++w) {
    const unsigned lanes = std::min(kWarpSize, threads_ - w * kWarpSize);
    live_[w] = lanes == kWarpSize ? kFullMask : (1u << lanes) - 1;
    rendezvous_[w].clear();
  }
  live_threads_ = threads_;
  failure_ = nullptr;
  idle_polls_ = 0;
  running_cta = this;
  for (unsigned t = 0; t < threads_; ++t) start_lane(lanes_[t]);

  while (live_threads_ != 0) {
    bool ran = false, polling = false;
    for (unsigned t = 0; t < threads_; ++t) {
      Lane& lane = lanes_[t];
      if (lane.status != Lane::Status::kReady && lane.status != Lane::Status::kPolling) continue;
      const bool polled = lane.status == Lane::Status::kPolling;
      lane.status = Lane::Status::kReady;
      resume(lane);
      if (failure_ != nullptr) {
        abandon();
        std::rethrow_exception(failure_);
      }
      // A poller that polls again has done nothing.
      if (polled && lane.status == Lane::Status::kPolling) {
        polling = true;
      } else {
        ran = true;
      }
    }
    if (ran) {
      idle_polls_ = 0;
    } else if (!land_everything()) {
      if (!polling) report_deadlock("nothing can go on");
      idle_while_polling();
    }
  }
  if (announced_polling_) {
    --launch_.polling_workers;
    announced_polling_ = false;
  }
  for (const MbarrierState& barrier : mbarriers_) {
    if (!barrier.copies.empty()) {
      fail(ViolationKind::kInFlight, lanes_[0], sites_.where(barrier.copies.front().site),
           "the CTA ends while this bulk copy into shared memory is in flight");
    }
  }
  running_cta = nullptr;
  launch_.mma_steps += std::exchange(mma_steps, 0);
}

void Cta::abandon() {
  if (announced_polling_) {
    --launch_.polling_workers;
    announced_polling_ = false;
  }
  abandoning_ = true;
  for (Lane& lane : lanes_) {
    if (lane.fiber) resume(lane);
  }
  abandoning_ = false;
  running_cta = nullptr;
}

trace::Program Cta::take_program() {
  for (unsigned w = 0; w < warps_; ++w) recorder_.merge(w);
  return recorder_.take();
}

void Cta::block(Lane& lane, const char* waits_for, const Where& where) {
  lane.status = Lane::Status::kBlocked;
  lane.waits_for = waits_for;
  lane.waits_at = where;
  suspend(lane);
}

void Cta::poll(Lane& lane, const char* waits_for, const Where& where) {
  lane.status = Lane::Status::kPolling;
  lane.waits_for = waits_for;
  lane.waits_at = where;
  suspend(lane);
}

bool Cta::land_everything() {
  bool landed = false;
  for (MbarrierState& barrier : mbarriers_) landed |= advance(barrier);
  return landed;
}

void Cta::idle_while_polling() {
  if (!announced_polling_) {
    ++launch_.polling_workers;
    announced_polling_ = true;
  }
  const std::uint64_t activity = launch_.activity.load();
  if (activity != idle_activity_) {
    idle_activity_ = activity;
    idle_polls_ = 0;
  }
  // Every CTA that runs polls, and none has changed anything for a while: no poll can ever succeed.
  const bool all_poll = launch_.polling_workers.load() == launch_.running_workers.load();
  if (all_poll && ++idle_polls_ > 20000) report_deadlock("polls for what no running CTA provides");
  std::this_thread::yield();
}

void Cta::fail(ViolationKind kind, const Lane& lane, const Where& where, const std::string& message) {
  throw Violation(kind, config().kernel_name, block_idx_, lane.thread, where.file_name(), where.line(),
                  short_path(where.file_name()) + ":" + std::to_string(where.line()) + ": " + message);
}

std::string Cta::waiting_lines() const {
  std::map<std::string, unsigned> lines;
  for (const Lane& lane : lanes_) {
    if (lane.status != Lane::Status::kBlocked && lane.status != Lane::Status::kPolling) continue;
    ++lines[short_path(lane.waits_at.file_name()) + ":" + std::to_string(lane.waits_at.line()) + " (" +
            lane.waits_for + ")"];
  }
  std::string text;
  for (const auto& [line, count] : lines) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " at " + line;
  }
  return text;
}

void Cta::report_deadlock(const char* why) {
  std::string detail;
  for (const MbarrierState& barrier : mbarriers_) {
    if (barrier.waiting.empty()) continue;
    detail += "; mbarrier at shared byte " + std::to_string(barrier.offset) + ", phase " +
              std::to_string(barrier.phase) + ": " + std::to_string(barrier.pending) + " of " +
              std::to_string(barrier.count) + " arrivals missing, " + std::to_string(barrier.tx_bytes) +
              " announced bytes never copied";
  }
  for (unsigned id = 0; id < barriers_.size(); ++id) {
    if (barriers_[id].arrived == 0) continue;
    detail += "; barrier " + std::to_string(id) + ": " + std::to_string(barriers_[id].arrived) + " of " +
              std::to_string(id == 0 ? live_threads_ : barriers_[id].expected) + " threads arrived";
  }
  const auto waits = [](const Lane& lane) {
    return lane.status == Lane::Status::kBlocked || lane.status == Lane::Status::kPolling;
  };
  // A warp that waits for registers is the cause of what the others wait for.
  const Lane& culprit = waiting_for_registers.empty() ? *std::find_if(lanes_.begin(), lanes_.end(), waits)
                                                      : *waiting_for_registers.front();
  const Where where = culprit.waits_at;
  try {
    fail(ViolationKind::kDeadlock, culprit, where,
         std::string("deadlock: ") + why + "; threads wait: " + waiting_lines() + detail);
  } catch (...) {
    failure_ = std::current_exception();
  }
  assert(failure_ != nullptr);
  abandon();
  std::rethrow_exception(failure_);
}

bool Cta::meet(const char* name, unsigned mask, void* operand, const Where& where) {
  Lane& self = lane();
  const unsigned bit = 1u << self.lane;
  if ((mask & bit) == 0) {
    fail(ViolationKind::kBadBarrier, self, where,
         std::string(name) + ": the mask does not name the calling lane");
  }
  if ((mask & ~live_[self.warp]) != 0) {
    fail(ViolationKind::kBadBarrier, self, where,
         std::string(name) + ": the mask names a lane that has exited");
  }
  self.operand = operand;
  auto& meetings = rendezvous_[self.warp];
  for (std::size_t i = 0; i < meetings.size(); ++i) {
    Rendezvous& meeting = meetings[i];
    if ((meeting.mask & mask) == 0) continue;
    if (meeting.mask != mask || !same_line(meeting.where, where)) {
      fail(ViolationKind::kBadBarrier, self, where,
           std::string(name) + " while other lanes of its mask wait in " + meeting.name + " at " +
               short_path(meeting.where.file_name()) + ":" + std::to_string(meeting.where.line()));
    }
    meeting.arrived |= bit;
    if (meeting.arrived == mask) {
      meetings.erase(meetings.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    block(self, name, where);
    return false;
  }
  if (mask == bit) return true;
  meetings.push_back({name, mask, bit, where});
  block(self, name, where);
  return false;
}

void Cta::leave(unsigned mask) {
  const Lane& self = lane();
  for (unsigned left = mask & ~(1u << self.lane); left != 0; left &= left - 1) {
    wake(lane_of(self.warp, static_cast<unsigned>(std::countr_zero(left))));
  }
  if (recording_ && mask == live_[self.warp] && recorder_.worth_merging(self.warp))
    recorder_.merge(self.warp);
}

}  // namespace fp6sim::simt
