// wgmma: issued by a warp, carried out when the warp waits for its group.
#include "emu/simt/warpgroup.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "emu/simt/cta.h"

namespace fp6sim::simt {
namespace {

// A NaN no arithmetic makes: an accumulator that holds it has not been touched.
constexpr std::uint32_t kPoison = 0x7FA5A5A5u;
constexpr unsigned kStepColumns = 16;
constexpr unsigned kRegisters = 65536;  // of an SM

void need_hopper(Cta& cta, const char* what, const Where& where) {
  if (cta.launch().architecture == emu::Architecture::kHopper) return;
  cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
           std::string(what) + " exists on Hopper alone, and this launch is of another architecture");
}

FencedRegisters* fenced(Lane& lane, const void* at, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(at);
  for (FencedRegisters& known : lane.fenced) {
    if (from >= known.at && from + bytes <= known.at + known.values.size()) return &known;
  }
  return nullptr;
}

void need_fence(Cta& cta, Lane& lane, const void* at, std::size_t bytes, const char* what,
                const Where& where) {
  const FencedRegisters* known = fenced(lane, at, bytes);
  if (known == nullptr) {
    cta.fail(ViolationKind::kRace, lane, where, std::string(what) + " was never named by a wgmma_fence");
  }
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(at) - known->at);
  if (std::memcmp(known->values.data() + offset, at, bytes) != 0) {
    cta.fail(ViolationKind::kRace, lane, where,
             std::string(what) + " was written after the last wgmma_fence");
  }
}

bool poisoned(const std::byte* registers, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 4) {
    if (std::memcmp(registers + i, &kPoison, 4) != 0) return false;
  }
  return true;
}

/// Between registers of a lane (d[block][4] of mma_m16n8k16) and sums [block][16][8].
template <class Move>
void for_pairs(unsigned lane, std::size_t blocks, Move move) {
  const std::size_t g = lane / 4, t = lane % 4;
  for (std::size_t block = 0; block < blocks; ++block) {
    move((block * 16 + g) * 8 + 2 * t, block * 16);
    move((block * 16 + g + 8) * 8 + 2 * t, block * 16 + 8);
  }
}

FlyingAccumulators& take_off(Cta& cta, WarpWork& work, const std::array<std::byte*, kWarpSize>& registers,
                             std::size_t bytes, const Where& where) {
  for (const auto& flying : work.accumulators) {
    if (flying->registers == registers && flying->bytes == bytes) return *flying;
  }
  FlyingAccumulators& flying = *work.accumulators.emplace_back(std::make_unique<FlyingAccumulators>());
  flying.registers = registers;
  flying.bytes = bytes;
  flying.sums.resize(kWarpSize * bytes / 4);
  for (unsigned l = 0; l < kWarpSize; ++l) {
    Lane& lane = cta.lane_of(cta.lane().warp, l);
    need_fence(cta, lane, registers[l], bytes, "an accumulator of wgmma", where);
    for_pairs(l, bytes / 16, [&](std::size_t sum, std::size_t byte) {
      std::memcpy(&flying.sums[sum], registers[l] + byte, 8);
    });
    for (std::size_t i = 0; i < bytes; i += 4) std::memcpy(registers[l] + i, &kPoison, 4);
  }
  return flying;
}

void land(Cta& cta, const FlyingAccumulators& flying, const Where& where) {
  for (unsigned l = 0; l < kWarpSize; ++l) {
    Lane& lane = cta.lane_of(cta.lane().warp, l);
    std::byte* const registers = flying.registers[l];
    if (!poisoned(registers, flying.bytes)) {
      cta.fail(ViolationKind::kInFlight, lane, where,
               "an accumulator was written while wgmma steps were adding to it");
    }
    for_pairs(l, flying.bytes / 16, [&](std::size_t sum, std::size_t byte) {
      std::memcpy(registers + byte, &flying.sums[sum], 8);
    });
    FencedRegisters* known = fenced(lane, registers, flying.bytes);
    if (known == nullptr) continue;
    std::memcpy(known->values.data() + (registers - known->at), registers, flying.bytes);
  }
}

/// B[tokens][16] as it lies in shared memory now, every byte of it checked.
void read_columns(Cta& cta, const WarpgroupStep& step, std::vector<std::uint16_t>& columns) {
  const auto tokens = static_cast<unsigned>(step.accumulators->bytes / 16 * 8);
  columns.resize(std::size_t{tokens} * kStepColumns);
  const std::uint32_t site = cta.sites().number(step.where);
  for (unsigned token = 0; token < tokens; ++token) {
    for (unsigned k = 0; k < kStepColumns; k += 8) {
      const std::byte* const at = cta.shared() + step.matrix.address(token, k);
      const std::size_t offset = cta.shared_offset(at, 16, 16, "wgmma operand B", step.where);
      cta.check(cta.shadow().read_by_proxy(cta.lane().thread, offset, 16, site), cta.lane(),
                "wgmma's read of B", step.where);
      std::memcpy(&columns[std::size_t{token} * kStepColumns + k], at, 16);
    }
  }
}

void carry_out(Cta& cta, const WarpgroupStep& step, const std::vector<std::uint16_t>& columns) {
  alignas(64) std::uint16_t rows[16 * kStepColumns], tokens[8 * kStepColumns];
  alignas(64) float sums[16 * 8];
  for (unsigned l = 0; l < kWarpSize; ++l) {
    if (std::memcmp(step.a[l], step.a_values[l].data(), 16) != 0) {
      cta.fail(ViolationKind::kInFlight, cta.lane_of(cta.lane().warp, l), step.where,
               "registers of A were written before this wgmma had been waited for");
    }
    const unsigned g = l / 4, t = l % 4;
    std::memcpy(rows + g * 16 + 2 * t, &step.a_values[l][0], 4);
    std::memcpy(rows + (g + 8) * 16 + 2 * t, &step.a_values[l][1], 4);
    std::memcpy(rows + g * 16 + 2 * t + 8, &step.a_values[l][2], 4);
    std::memcpy(rows + (g + 8) * 16 + 2 * t + 8, &step.a_values[l][3], 4);
  }
  const auto input = step.input == MmaInput::kBf16 ? emu::TileInput::kBfloat16 : emu::TileInput::kBinary16;
  for (std::size_t block = 0; block < step.accumulators->bytes / 16; ++block) {
    float* const in_flight = &step.accumulators->sums[block * 128];
    std::memcpy(tokens, &columns[block * 8 * kStepColumns], sizeof tokens);
    std::memcpy(sums, in_flight, sizeof sums);
    emu::mma_m16n8k16(cta.launch().architecture, input, rows, tokens, sums, sums);
    std::memcpy(in_flight, sums, sizeof sums);
  }
  ++cta.mma_steps;
  --step.accumulators->in_flight;
}

/// Checks that the warpgroup's warps execute the same instructions, and drops what all four have.
void execute_alike(Cta& cta, const char* name, std::uint64_t operand, const Where& where) {
  const Lane& self = cta.lane();
  WarpgroupLog& log = cta.warpgroup_log(self.warp / 4);
  WarpWork& work = cta.warp_work(self.warp);
  const std::size_t number = work.executed++;
  if (number == log.first + log.entries.size()) {
    log.entries.push_back({name, operand, where});
  } else {
    const WarpgroupLog::Entry& first = log.entries[number - log.first];
    if (std::strcmp(first.name, name) != 0 || first.operand != operand ||
        first.where.line() != where.line()) {
      cta.fail(ViolationKind::kBadBarrier, self, where,
               std::string(name) + " where another warp of the warpgroup executes " + first.name + " at " +
                   short_path(first.where.file_name()) + ":" + std::to_string(first.where.line()) +
                   (first.operand != operand ? " with another operand" : ""));
    }
  }
  std::size_t all = work.executed;
  for (unsigned warp = self.warp / 4 * 4; warp < self.warp / 4 * 4 + 4; ++warp) {
    all = std::min(all, cta.warp_work(warp).executed);
  }
  for (; log.first < all; ++log.first) log.entries.pop_front();
}

void need_warpgroup(Cta& cta, const char* what, const Where& where) {
  need_hopper(cta, what, where);
  if (cta.config().block.count() % 128 != 0) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
             std::string(what) + " needs whole warpgroups: the CTA has " +
                 std::to_string(cta.config().block.count()) + " threads");
  }
}

}  // namespace

std::uint32_t shared_address(const void* shared, Where where) {
  return static_cast<std::uint32_t>(
      Cta::of_running("shared address").shared_offset(shared, 1, 1, "shared address", where));
}

void fence_proxy_async(Where) {
  Cta& cta = Cta::of_running("fence.proxy.async");
  cta.shadow().fence_proxy(cta.lane().thread);
  cta.fence_mbarriers();
}

namespace {

void set_max_registers(unsigned registers, bool raise, const Where& where) {
  const std::string what =
      std::string(raise ? "setmaxnreg.inc " : "setmaxnreg.dec ") + std::to_string(registers);
  Cta& cta = Cta::of_running("setmaxnreg");
  need_warpgroup(cta, "setmaxnreg", where);
  if (registers < 24 || registers > 256 || registers % 8 != 0) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where, what + ": 24..256, a multiple of 8");
  }
  if (!cta.meet("setmaxnreg", kFullMask, nullptr, where)) return;
  execute_alike(cta, "setmaxnreg", registers, where);
  WarpWork& work = cta.warp_work(cta.lane().warp);
  const auto threads = static_cast<unsigned>(cta.config().block.count());
  const unsigned before_any = std::min(255u, kRegisters / threads / 8 * 8);
  const unsigned before = work.registers != 0 ? work.registers : before_any;
  if (raise ? registers < before : registers > before) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
             what + " where a thread has " + std::to_string(before));
  }
  const auto held = [&] {
    unsigned sum = 0;
    for (unsigned warp = 0; warp < threads / kWarpSize; ++warp) {
      const unsigned own = cta.warp_work(warp).registers;
      sum += kWarpSize * (own != 0 ? own : before_any);
    }
    return sum;
  };
  // More registers come from other warps: until they have given theirs away this one waits.
  Lane& self = cta.lane();
  while (raise && held() + kWarpSize * (registers - before) > kRegisters) {
    cta.waiting_for_registers.push_back(&self);
    cta.block(self, "setmaxnreg.inc, for registers that no warp gives away", where);
  }
  work.registers = registers;
  if (!raise) {
    for (Lane* waiting : std::exchange(cta.waiting_for_registers, {})) cta.wake(*waiting);
  }
  cta.leave(kFullMask);
}

}  // namespace

void raise_registers(unsigned registers, Where where) {
  set_max_registers(registers, true, where);
}
void lower_registers(unsigned registers, Where where) {
  set_max_registers(registers, false, where);
}

namespace detail {

void wgmma_fence(RegisterSpan registers, const Where& where) {
  Cta& cta = Cta::of_running("wgmma.fence");
  need_warpgroup(cta, "wgmma", where);
  Lane& self = cta.lane();
  auto* const at = static_cast<std::byte*>(registers.at);
  std::erase_if(self.fenced, [&](const FencedRegisters& known) {
    return known.at < at + registers.bytes && at < known.at + known.values.size();
  });
  self.fenced.push_back({at, {at, at + registers.bytes}});
  if (!cta.meet("wgmma.fence", kFullMask, nullptr, where)) return;
  execute_alike(cta, "wgmma.fence", 0, where);
  cta.leave(kFullMask);
}

namespace {
struct StepOperand {
  RegisterSpan d;
  const std::uint32_t* a;
  std::uint64_t descriptor;
};
}  // namespace

void wgmma(MmaInput input, RegisterSpan d, const std::uint32_t* a, std::uint64_t descriptor,
           const Where& where) {
  Cta& cta = Cta::of_running("wgmma");
  need_warpgroup(cta, "wgmma", where);
  cta.record(trace::Op::kMma, where, input == MmaInput::kBf16 ? 1 : 0, kFullMask, 0,
             static_cast<std::uint32_t>(d.bytes / 16 * 8));
  StepOperand operand{d, a, descriptor};
  if (!cta.meet("wgmma", kFullMask, &operand, where)) return;
  execute_alike(cta, "wgmma", descriptor, where);

  WarpWork& work = cta.warp_work(cta.lane().warp);
  WarpgroupStep step{input, nullptr, {}, {}, descriptor, {}, where};
  std::array<std::byte*, kWarpSize> registers;
  for (unsigned l = 0; l < kWarpSize; ++l) {
    Lane& lane = cta.lane_of(cta.lane().warp, l);
    const auto& from = *static_cast<StepOperand*>(lane.operand);
    if (from.descriptor != descriptor) {
      cta.fail(ViolationKind::kBadArgument, lane, where, "lanes of a warp name different matrix descriptors");
    }
    need_fence(cta, lane, from.a, 16, "a fragment of A", where);
    step.a[l] = from.a;
    std::memcpy(step.a_values[l].data(), from.a, 16);
    registers[l] = static_cast<std::byte*>(from.d.at);
  }
  std::string why;
  const auto matrix = decode_matrix_descriptor(descriptor, why);
  if (!matrix) cta.fail(ViolationKind::kMisaligned, cta.lane(), where, why);
  step.matrix = *matrix;
  step.accumulators = &take_off(cta, work, registers, d.bytes, where);
  ++step.accumulators->in_flight;
  // It may read B at once: what it will read must be there already.
  if (work.steps.empty() || work.steps.back().descriptor != descriptor) read_columns(cta, step, cta.columns);
  work.steps.push_back(step);
  cta.leave(kFullMask);
}

}  // namespace detail

void wgmma_commit(Where where) {
  Cta& cta = Cta::of_running("wgmma.commit_group");
  need_warpgroup(cta, "wgmma", where);
  if (!cta.meet("wgmma.commit_group", kFullMask, nullptr, where)) return;
  execute_alike(cta, "wgmma.commit_group", 0, where);
  WarpWork& work = cta.warp_work(cta.lane().warp);
  work.groups.push_back(work.steps.size());
  cta.leave(kFullMask);
}

namespace detail {

void wgmma_need_landed(RegisterSpan registers, const Where& where) {
  Cta& cta = Cta::of_running("wgmma.wait_group");
  const Lane& self = cta.lane();
  const auto* const from = static_cast<const std::byte*>(registers.at);
  const auto overlaps = [&](const void* at, std::size_t bytes) {
    const auto* const other = static_cast<const std::byte*>(at);
    return other < from + registers.bytes && from < other + bytes;
  };
  for (const WarpgroupStep& step : cta.warp_work(self.warp).steps) {
    if (overlaps(step.a[self.lane], 16) ||
        overlaps(step.accumulators->registers[self.lane], step.accumulators->bytes)) {
      cta.fail(ViolationKind::kInFlight, self, where,
               "wgmma.wait_group names registers of a wgmma that is still in flight");
    }
  }
}

}  // namespace detail

void wgmma_wait_group(unsigned pending, Where where) {
  Cta& cta = Cta::of_running("wgmma.wait_group");
  need_warpgroup(cta, "wgmma", where);
  if (!cta.meet("wgmma.wait_group", kFullMask, nullptr, where)) return;
  execute_alike(cta, "wgmma.wait_group", pending, where);
  WarpWork& work = cta.warp_work(cta.lane().warp);
  if (work.groups.size() > pending) {
    const std::size_t groups = work.groups.size() - pending;
    const std::size_t until = work.groups[groups - 1];
    for (std::size_t i = 0; i < until; ++i) {
      // Steps of one B follow each other.
      if (i == 0 || work.steps[i].descriptor != work.steps[i - 1].descriptor) {
        read_columns(cta, work.steps[i], cta.columns);
      }
      carry_out(cta, work.steps[i], cta.columns);
    }
    work.steps.erase(work.steps.begin(), work.steps.begin() + static_cast<std::ptrdiff_t>(until));
    work.groups.erase(work.groups.begin(), work.groups.begin() + static_cast<std::ptrdiff_t>(groups));
    for (std::size_t& end : work.groups) end -= until;
    std::erase_if(work.accumulators, [&](const auto& flying) {
      if (flying->in_flight != 0) return false;
      land(cta, *flying, where);
      return true;
    });
  }
  cta.leave(kFullMask);
}

}  // namespace fp6sim::simt
