// What the lanes of a warp do together. The lane that comes last does the work for all.
#include "emu/simt/collective.h"

#include <array>
#include <cstring>
#include <string>

#include "emu/simt/cta.h"

namespace fp6sim::simt {

void sync_warp(unsigned mask, Where where) {
  Cta& cta = Cta::of_running("sync_warp");
  cta.record(trace::Op::kWarpSync, where, 0, mask);
  if (!cta.meet("sync_warp", mask, nullptr, where)) return;
  cta.shadow().clocks().sync_warp(cta.lane().warp, mask);
  cta.leave(mask);
}

namespace detail {
namespace {

struct ShuffleOperand {
  std::uint64_t bits;
  unsigned source;
};

/// Calls `work(lane)` for the lanes of the mask in the running lane's warp, in ascending order.
template <class Work>
void for_lanes(Cta& cta, unsigned mask, Work work) {
  const unsigned warp = cta.lane().warp;
  for (unsigned left = mask; left != 0; left &= left - 1) {
    work(cta.lane_of(warp, static_cast<unsigned>(std::countr_zero(left))));
  }
}

unsigned segment_start(unsigned width) {
  const Lane& self = Cta::of_running("shuffle").lane();
  if (width == 0 || width > kWarpSize || (width & (width - 1)) != 0) {
    throw Error("shuffle width " + std::to_string(width) + ": a power of two up to 32");
  }
  return self.lane / width * width;
}

}  // namespace

unsigned shuffle_source_up(unsigned delta, unsigned width) {
  const unsigned self = thread().lane;
  return self >= segment_start(width) + delta ? self - delta : self;
}
unsigned shuffle_source_down(unsigned delta, unsigned width) {
  const unsigned self = thread().lane;
  return self + delta < segment_start(width) + width ? self + delta : self;
}
unsigned shuffle_source_xor(unsigned lane_mask, unsigned width) {
  // As the device: a source in an earlier segment is allowed, in a later one it is the lane itself.
  const unsigned self = thread().lane;
  const unsigned source = self ^ lane_mask;
  return source < segment_start(width) + width ? source : self;
}
unsigned shuffle_source_idx(unsigned source, unsigned width) {
  return segment_start(width) + source % width;
}

std::uint64_t shuffle_bits(unsigned mask, std::uint64_t bits, unsigned source_lane, const Where& where) {
  Cta& cta = Cta::of_running("shuffle");
  ++cta.lane().counts.shuffle;
  ShuffleOperand operand{bits, source_lane};
  if (!cta.meet("shuffle", mask, &operand, where)) return operand.bits;
  std::array<std::uint64_t, kWarpSize> given{};
  for_lanes(cta, mask,
            [&](const Lane& lane) { given[lane.lane] = static_cast<ShuffleOperand*>(lane.operand)->bits; });
  for_lanes(cta, mask, [&](const Lane& lane) {
    auto& taken = *static_cast<ShuffleOperand*>(lane.operand);
    if ((mask >> taken.source & 1) == 0) {
      cta.fail(ViolationKind::kBadArgument, lane, where,
               "shuffle from lane " + std::to_string(taken.source) + ", which the mask does not name");
    }
    taken.bits = given[taken.source];
  });
  cta.leave(mask);
  return operand.bits;
}

namespace {
struct MatrixOperand {
  std::uint32_t* registers;
  const void* row;
};
}  // namespace

void ldmatrix(std::uint32_t* registers, unsigned matrices, bool transposed, const void* row,
              const Where& where) {
  Cta& cta = Cta::of_running("ldmatrix");
  const Lane& self = cta.lane();
  const bool provides_row = self.lane < 8 * matrices;
  std::size_t offset = 0;
  if (provides_row) {
    offset = cta.shared_offset(row, 16, 16, "ldmatrix row", where);
    cta.check(cta.shadow().read(self.thread, offset, 16, cta.sites().number(where)), self, "ldmatrix read",
              where);
  }
  cta.record(trace::Op::kMatrixLoad, where, provides_row ? 16 : 0, kFullMask, offset);
  MatrixOperand operand{registers, row};
  if (!cta.meet("ldmatrix", kFullMask, &operand, where)) return;

  std::array<std::array<std::array<std::uint16_t, 8>, 8>, 4> matrix;
  const unsigned warp = self.warp;
  for (unsigned l = 0; l < 8 * matrices; ++l) {
    std::memcpy(matrix[l / 8][l % 8].data(), static_cast<MatrixOperand*>(cta.lane_of(warp, l).operand)->row,
                16);
  }
  for_lanes(cta, kFullMask, [&](const Lane& lane) {
    const unsigned g = lane.lane / 4, t = lane.lane % 4;
    for (unsigned i = 0; i < matrices; ++i) {
      const auto& m = matrix[i];
      const std::uint16_t low = transposed ? m[2 * t][g] : m[g][2 * t];
      const std::uint16_t high = transposed ? m[2 * t + 1][g] : m[g][2 * t + 1];
      static_cast<MatrixOperand*>(lane.operand)->registers[i] = std::uint32_t{high} << 16 | low;
    }
  });
  cta.leave(kFullMask);
}

}  // namespace detail

unsigned ballot(unsigned mask, bool predicate, Where where) {
  Cta& cta = Cta::of_running("ballot");
  ++cta.lane().counts.shuffle;
  struct Operand {
    bool predicate;
    unsigned result;
  } operand{predicate, 0};
  if (!cta.meet("ballot", mask, &operand, where)) return operand.result;
  unsigned result = 0;
  detail::for_lanes(cta, mask, [&](const Lane& lane) {
    if (static_cast<Operand*>(lane.operand)->predicate) result |= 1u << lane.lane;
  });
  detail::for_lanes(cta, mask,
                    [&](const Lane& lane) { static_cast<Operand*>(lane.operand)->result = result; });
  cta.leave(mask);
  return result;
}

namespace {
struct MmaOperand {
  float* d;
  const std::uint32_t* a;
  const std::uint32_t* b;
  const float* c;
};

/// The two 16-bit elements of a register to their places.
void place(std::uint16_t* at, std::uint32_t both) {
  at[0] = static_cast<std::uint16_t>(both);
  at[1] = static_cast<std::uint16_t>(both >> 16);
}
}  // namespace

void mma_m16n8k16(MmaInput input, float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                  const float (&c)[4], Where where) {
  Cta& cta = Cta::of_running("mma");
  cta.record(trace::Op::kMma, where, input == MmaInput::kBf16 ? 1 : 0, kFullMask);
  MmaOperand operand{d, a, b, c};
  if (!cta.meet("mma", kFullMask, &operand, where)) return;

  alignas(64) std::uint16_t rows[16 * 16], columns[8 * 16];
  alignas(64) float accumulators[16 * 8], results[16 * 8];
  for (unsigned l = 0; l < kWarpSize; ++l) {
    const auto& from = *static_cast<MmaOperand*>(cta.lane_of(cta.lane().warp, l).operand);
    const unsigned g = l / 4, t = l % 4;
    place(rows + g * 16 + 2 * t, from.a[0]);
    place(rows + (g + 8) * 16 + 2 * t, from.a[1]);
    place(rows + g * 16 + 2 * t + 8, from.a[2]);
    place(rows + (g + 8) * 16 + 2 * t + 8, from.a[3]);
    place(columns + g * 16 + 2 * t, from.b[0]);
    place(columns + g * 16 + 2 * t + 8, from.b[1]);
    std::memcpy(accumulators + g * 8 + 2 * t, from.c, 2 * sizeof(float));
    std::memcpy(accumulators + (g + 8) * 8 + 2 * t, from.c + 2, 2 * sizeof(float));
  }
  emu::mma_m16n8k16(cta.launch().architecture,
                    input == MmaInput::kBf16 ? emu::TileInput::kBfloat16 : emu::TileInput::kBinary16, rows,
                    columns, accumulators, results);
  for (unsigned l = 0; l < kWarpSize; ++l) {
    const auto& to = *static_cast<MmaOperand*>(cta.lane_of(cta.lane().warp, l).operand);
    const unsigned g = l / 4, t = l % 4;
    std::memcpy(to.d, results + g * 8 + 2 * t, 2 * sizeof(float));
    std::memcpy(to.d + 2, results + (g + 8) * 8 + 2 * t, 2 * sizeof(float));
  }
  ++cta.mma_steps;
  cta.leave(kFullMask);
}

}  // namespace fp6sim::simt
