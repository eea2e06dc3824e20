#include "sim/system/sm_module.h"

#include <algorithm>
#include <cassert>

#include "sim/system/memory_module.h"

namespace fp6sim::sim {
namespace {

constexpr std::int64_t kResult = -1, kPartialSums = -2;  // Pending::stage

}  // namespace

SmModule::SmModule(sc_core::sc_module_name name, int index, const GpuDescription& gpu, Timeline* timeline)
    : sc_module(name),
      socket("socket"),
      index_(index),
      gpu_(gpu),
      clock_(Clock::from_mhz(gpu.sm.clock_mhz)),
      timeline_(timeline, index, clock_) {
  socket.register_nb_transport_bw(this, &SmModule::receive);
  SC_HAS_PROCESS(SmModule);
  SC_METHOD(wake);
  sensitive << wake_;
  dont_initialize();
}

SmModule::~SmModule() {
  for (const auto& pending : pending_) pending->payload.clear_extension<StageExtension>();
}

void SmModule::open(Grid& grid) {
  grid_ = &grid;
  const UnitUse* use = grid.launch().unit();
  unit_ = use != nullptr && (use->at_operands() || use->at_copies()) ? use->make(use->parameters) : nullptr;
  slots_.assign(static_cast<std::size_t>(grid.launch().ctas_per_sm()), Slot{});
  arithmetic_.clear();
  arithmetic_.resize(slots_.size());
  last_record_.assign(slots_.size(), -1);
}

bool SmModule::start_cta() {
  const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.cta < 0; });
  if (free == slots_.end()) return false;
  const std::int64_t cta = grid_->take();
  if (cta < 0) return false;
  const int slot = static_cast<int>(free - slots_.begin());
  *free = Slot{};
  free->cta = free->began = cta;
  free->stages = grid_->launch().own_stages(cta);
  if (LaunchArithmetic* arithmetic = grid_->launch().arithmetic(); arithmetic != nullptr) {
    arithmetic_[static_cast<std::size_t>(slot)] = arithmetic->start(cta);
  }
  free->record = static_cast<int>(records_.size());
  CtaRecord record;
  record.start = now_fs();
  record.previous = last_record_[static_cast<std::size_t>(slot)];
  const Time launch = clock_.cycles(gpu_.launch.cta_cycles);
  record.where[Where::kLaunch] = launch;
  records_.push_back(record);
  last_record_[static_cast<std::size_t>(slot)] = free->record;
  schedule(now_fs() + launch, Step::kBegin, slot, 0);
  return true;
}

void SmModule::schedule(Time when, Step step, int slot, std::int64_t stage, const Waits& waits) {
  events_.push({when, order_++, step, slot, stage, waits});
  wake_.notify(from_fs(std::max<Time>(0, events_.top().when - now_fs())));
}

void SmModule::wake() {
  while (!events_.empty() && events_.top().when <= now_fs()) {
    const Event event = events_.top();
    events_.pop();
    handle(event);
  }
  if (!events_.empty()) wake_.notify(from_fs(events_.top().when - now_fs()));
}

void SmModule::handle(const Event& event) {
  busy_until_ = std::max(busy_until_, event.when);
  switch (event.step) {
    case Step::kBegin:
      begin(event.slot, event.when);
      break;
    case Step::kArrived:
      arrived(event.slot, event.stage, event.waits, event.when);
      break;
    case Step::kComputed:
      computed(event.slot, event.when);
      break;
    case Step::kEpilogueDone:
      retire(event.slot, event.when);
      break;
    case Step::kPartial:
      partial_written(event.slot, event.when);
      break;
    case Step::kResult:
      grid_->finished();
      break;
  }
}

void SmModule::begin(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  cta.begun = cta.waiting_since = now;
  const int depth = grid_->launch().stages_in_flight();
  for (int i = 0; i < depth; ++i) issue_copy(slot, now);
  if (cta.stages == 0) finish(slot, now);
}

void SmModule::issue_copy(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  if (cta.next_issue >= cta.stages) return;
  const std::int64_t stage = cta.next_issue++;
  const StageRequest request = grid_->launch().copy(cta.cta, stage);
  const CtaArithmetic* arithmetic = arithmetic_[static_cast<std::size_t>(slot)].get();
  if (arithmetic == nullptr) return send(request, slot, stage, now);
  send(arithmetic->relocated(stage, request), slot, stage, now, std::vector<std::uint8_t>(bytes_of(request)));
}

void SmModule::send(const StageRequest& request, int slot, std::int64_t stage, Time now,
                    std::vector<std::uint8_t> bytes) {
  std::uint32_t tag;
  if (free_pending_.empty()) {
    tag = static_cast<std::uint32_t>(pending_.size());
    pending_.push_back(std::make_unique<Pending>());
    pending_.back()->payload.set_extension(&pending_.back()->extension);
  } else {
    tag = free_pending_.back();
    free_pending_.pop_back();
  }
  Pending& pending = *pending_[tag];
  pending.slot = slot;
  pending.cta = slots_[static_cast<std::size_t>(slot)].began;
  pending.stage = stage;
  pending.issued = now;
  pending.extension.request = request;
  pending.extension.request.sm = static_cast<std::uint16_t>(index_);
  pending.extension.request.tag = tag;
  pending.bytes = std::move(bytes);
  pending.payload.set_data_ptr(pending.bytes.empty() ? nullptr : pending.bytes.data());
  pending.payload.set_data_length(static_cast<unsigned>(pending.bytes.size()));
  pending.payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->nb_transport_fw(pending.payload, phase, delay);
}

tlm::tlm_sync_enum SmModule::receive(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                     sc_core::sc_time& delay) {
  const StageExtension& extension = *payload.get_extension<StageExtension>();
  const std::uint32_t tag = extension.request.tag;
  Pending& pending = *pending_[tag];
  Time when = now_fs() + static_cast<Time>(delay.value());
  if (pending.stage < 0) {
    timeline_.result(pending.cta, pending.issued, when);
    // Whether all partial sums are there is a counter's, at the L2.
    if (pending.stage == kPartialSums) when += clock_.cycles(gpu_.l2.latency_cycles);
    schedule(when, pending.stage == kPartialSums ? Step::kPartial : Step::kResult, pending.slot, -1);
  } else {
    timeline_.copy(pending.cta, pending.stage, pending.issued, when);
    if (unit_ != nullptr && grid_->launch().unit()->at_copies()) when = expand(when);
    if (CtaArithmetic* arithmetic = arithmetic_[static_cast<std::size_t>(pending.slot)].get()) {
      arithmetic->landed(pending.stage, extension.request, std::move(pending.bytes));
    }
    schedule(when, Step::kArrived, pending.slot, pending.stage, extension.waits);
  }
  free_pending_.push_back(tag);
  return tlm::TLM_COMPLETED;
}

void SmModule::arrived(int slot, std::int64_t stage, const Waits& waits, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  const auto at = static_cast<std::size_t>(stage % 16);
  cta.arrived[at] = true;
  cta.waits[at] = waits;
  try_compute(slot, now);
}

void SmModule::try_compute(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  const auto at = static_cast<std::size_t>(cta.next_compute % 16);
  if (cta.computing || cta.next_compute >= cta.stages || !cta.arrived[at]) return;
  cta.arrived[at] = false;
  CtaRecord& record = records_[static_cast<std::size_t>(cta.record)];
  if (now > cta.waiting_since) {
    WhereTimes parts;
    // Without its queueing the copy would have come that much earlier: that much of the wait is the queues',
    // and only the rest the unloaded way's, most of which the stages in flight hide.
    const Waits& waits = cta.waits[at];
    const Time wait = now - cta.waiting_since, queued = waits.dram + waits.l2;
    parts[Where::kDram] = waits.dram;
    parts[Where::kL2] = waits.l2;
    parts[Where::kLatency] = std::max<Time>(0, wait - queued);
    charge_in_proportion(record.where, now - cta.waiting_since, parts);
  }
  cta.computing = true;
  issue_copy(slot, now);
  if (CtaArithmetic* arithmetic = arithmetic_[static_cast<std::size_t>(slot)].get()) {
    arithmetic->compute(cta.next_compute);
  }
  const Time end = compute(cta, now, record.where);
  use_.copy_wait += now - cta.waiting_since;
  use_.compute += end - now;
  timeline_.stage(grid_->launch(), slot, cta.cta, cta.began, cta.next_compute, cta.waiting_since, now, end);
  schedule(end, Step::kComputed, slot, cta.next_compute);
}

Time SmModule::expand(Time from) {
  const UnitUse& use = *grid_->launch().unit();
  const BurstCycles cycles = unit_->push(use.tile, (from + clock_.period - 1) / clock_.period);
  return (cycles.last_out + 1) * clock_.period + clock_.cycles(use.transit_cycles);
}

Time SmModule::compute(const Slot& cta, Time now, WhereTimes& where) {
  using Name = Timeline::Name;
  const StageWork& work = grid_->launch().work_of(cta.cta, cta.next_compute);
  Time end = now + clock_.cycles(work.alone);
  Where slowest = Where::kLatency;
  bool alone = true;
  const auto reserve = [&](Time& free, double cycles, Where resource, Time& used, Name name) {
    if (cycles == 0) return;
    const Time from = std::max(free, now);
    free = from + clock_.cycles(cycles);
    used += free - from;
    timeline_.pipe(name, cta.began, cta.next_compute, from, free);
    if (free > end) {
      end = free;
      slowest = resource;
      alone = false;
    }
  };
  reserve(resources_.issue, work.issue, Where::kIssue, use_.issue, Name::kPipeIssue);
  reserve(resources_.expand, work.expand, Where::kExpand, use_.expand, Name::kPipeExpand);
  reserve(resources_.shared, work.shared, Where::kShared, use_.shared, Name::kPipeShared);
  reserve(resources_.memory, work.memory, Where::kShared, use_.memory, Name::kPipeMemory);
  reserve(resources_.tensor, work.tensor, Where::kTensor, use_.tensor, Name::kPipeTensor);
  if (unit_ != nullptr && grid_->launch().unit()->at_operands()) {
    end += clock_.cycles(grid_->launch().unit()->latency_cycles);  // the tile's first weights pass the unit
    if (const Time expanded = expand(now); expanded > end) {
      end = expanded;
      slowest = Where::kExpand;
      alone = false;
    }
  }
  if (alone) {
    WhereTimes parts;
    parts[Where::kExpand] = clock_.cycles(work.alone_expand);
    parts[Where::kIssue] = clock_.cycles(work.alone_issue);
    parts[Where::kTensor] = clock_.cycles(work.alone_tensor);
    parts[Where::kLatency] = std::max<Time>(1, clock_.cycles(work.alone) - parts.total());
    charge_in_proportion(where, end - now, parts);
  } else {
    where[slowest] += end - now;
  }
  return end;
}

void SmModule::computed(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  cta.computing = false;
  cta.waiting_since = now;
  if (++cta.next_compute == cta.stages) {
    finish(slot, now);
  } else {
    try_compute(slot, now);
  }
}

void SmModule::finish(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  const Launch& launch = grid_->launch();
  CtaRecord& record = records_[static_cast<std::size_t>(cta.record)];
  const bool is_partial = !cta.joined && launch.join(cta.cta).group >= 0;
  resources_.memory =
      std::max(resources_.memory, now) +
      clock_.cycles(is_partial ? launch.partial_memory_cycles() : launch.epilogue_memory_cycles());
  const Time end = std::max(resources_.memory, now) +
                   clock_.cycles(is_partial ? launch.partial_cycles() : launch.epilogue_cycles());
  record.where[Where::kShared] += end - now;
  record.end = end;
  if (!cta.joined) use_.launch += cta.begun - record.start;
  use_.epilogue += end - now;
  cta.finished = now;
  if (!is_partial) timeline_.cta(launch, slot, cta.began, record.start, cta.begun, now, end);
  schedule(end, Step::kEpilogueDone, slot, -1);
}

void SmModule::retire(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  const bool is_partial = !cta.joined && grid_->launch().join(cta.cta).group >= 0;
  const StageRequest result = is_partial ? grid_->launch().partial(cta.cta) : grid_->launch().result(cta.cta);
  if (result.segment_count > 0) {
    CtaArithmetic* arithmetic = arithmetic_[static_cast<std::size_t>(slot)].get();
    send(result, slot, is_partial ? kPartialSums : kResult, now,
         arithmetic == nullptr ? std::vector<std::uint8_t>{} : arithmetic->result(result));
  }
  if (is_partial) return;  // its slot waits for the answer
  if (result.segment_count == 0) grid_->finished();
  leave(slot);
}

void SmModule::partial_written(int slot, Time now) {
  Slot& cta = slots_[static_cast<std::size_t>(slot)];
  const Launch& launch = grid_->launch();
  CtaRecord& record = records_[static_cast<std::size_t>(cta.record)];
  record.where[Where::kL2] += now - record.end;
  use_.epilogue += now - record.end;
  record.end = now;
  if (!grid_->last_to_join(launch.join(cta.cta))) {
    timeline_.cta(launch, slot, cta.cta, record.start, cta.begun, cta.finished, now);
    grid_->finished();
    return leave(slot);
  }
  timeline_.epilogue(launch, slot, cta.cta, cta.finished, now);
  cta.joined = true;
  cta.cta = launch.joiner(cta.cta);
  cta.next_issue = cta.next_compute = launch.own_stages(cta.cta);
  cta.stages = launch.stages(cta.cta);
  cta.waiting_since = now;
  if (LaunchArithmetic* arithmetic = launch.arithmetic(); arithmetic != nullptr)
    arithmetic_[static_cast<std::size_t>(slot)] = arithmetic->join(cta.cta);
  for (int i = 0; i < launch.stages_in_flight(); ++i) issue_copy(slot, now);
  if (cta.next_issue == cta.next_compute) finish(slot, now);
}

void SmModule::leave(int slot) {
  slots_[static_cast<std::size_t>(slot)].cta = -1;
  start_cta();
}

}  // namespace fp6sim::sim
