// The unit's parts and the alternatives to it, each alone, against emu.
#include "Parts.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "app/rtl/judge.h"
#include "emu/binary16.h"
#include "emu/dequantize.h"
#include "emu/mma/mma.h"
#include "emu/packing/linear.h"
#include "emu/rounding.h"

namespace fp6sim::rtl {
namespace {

constexpr std::array kFloats{emu::kE3M2, emu::kE2M3, emu::kE2M2, emu::kE3M1, emu::kE2M1};

template <class Port>
std::uint16_t half(const Port& port, int index) {
  std::uint16_t bits;
  std::memcpy(&bits, reinterpret_cast<const char*>(&port) + 2 * index, 2);
  return bits;
}

class RtlParts : public ::testing::Test {
 protected:
  RtlParts() {
    top_.rst_ni = 0;
    clock();
    top_.rst_ni = 1;
    settle();
  }
  ~RtlParts() override { top_.final(); }

  void settle() {
    top_.clk_i = 0;
    top_.eval();
  }
  void clock() {
    settle();
    top_.clk_i = 1;
    top_.eval();
  }
  std::uint32_t random() { return emu::stochastic_bits(17, count_++); }

  VerilatedContext context_;
  Parts top_{&context_};
  std::uint64_t count_ = 0;
};

TEST_F(RtlParts, DecodersGiveEveryCodesValue) {
  for (std::size_t f = 0; f < kFloats.size(); ++f) {
    for (std::uint32_t code = 0; code < 1u << kFloats[f].bits(); ++code) {
      top_.code_i = static_cast<std::uint8_t>(code);
      settle();
      EXPECT_EQ(half(top_.placed_o, static_cast<int>(f)), emu::shift_into(kFloats[f], emu::kFp16, code));
      EXPECT_EQ(half(top_.exact_o, static_cast<int>(f)), emu::to_binary16(emu::decode(kFloats[f], code)));
    }
  }
}

std::uint16_t canonical(std::uint16_t bits) {
  return (bits & 0x7FFF) > 0x7C00 ? 0x7FFF : bits;
}

TEST_F(RtlParts, MultiplierTimesCornersAndRandomEqualsEmu) {
  std::vector<std::uint16_t> factors{0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0x3BFF, 0x7BFF,
                                     0x7C00, 0xFC00, 0x7C01, 0xFFFF, 0x0200, 0x83FF, 0x1400, 0x6C00};
  while (factors.size() < 64) factors.push_back(static_cast<std::uint16_t>(random()));
  for (const std::uint16_t b : factors) {
    top_.b_i = b;
    for (std::uint32_t a = 0; a < 0x10000; ++a) {
      top_.a_i = static_cast<std::uint16_t>(a);
      top_.eval();
      const std::uint16_t due = canonical(emu::multiply_binary16(static_cast<std::uint16_t>(a), b));
      ASSERT_EQ(top_.product_o, due) << std::hex << a << " * " << b;
    }
  }
}

TEST_F(RtlParts, BothLanesEqualEmuOnEveryFifthScale) {
  for (std::uint32_t scale = 0; scale < 0x10000; scale += 5) {
    top_.b_i = static_cast<std::uint16_t>(scale);
    for (std::uint32_t code = 0; code < 64; ++code) {
      top_.code_i = static_cast<std::uint8_t>(code);
      top_.eval();
      const std::uint16_t due = expected_result(0, false, static_cast<std::uint8_t>(code), 0, top_.b_i);
      ASSERT_EQ(top_.lane_o, due) << std::hex << code << " * " << scale;
      ASSERT_EQ(top_.full_lane_o, due) << std::hex << code << " * " << scale;
    }
  }
}

TEST_F(RtlParts, TableReturnsWhatWasWritten) {
  std::array<std::uint16_t, 64> values;
  for (std::uint32_t code = 0; code < 64; ++code) {
    values[code] = static_cast<std::uint16_t>(random());
    top_.table_write_i = 1;
    top_.table_code_i = static_cast<std::uint8_t>(code);
    top_.table_half_i = values[code];
    clock();
  }
  top_.table_write_i = 0;
  top_.table_half_i = 0;
  for (std::uint32_t code = 0; code < 64; ++code) {
    const std::array<std::uint32_t, 4> codes{code, code ^ 21, 63 - code, (code + 7) % 64};
    top_.table_codes_i = codes[0] | codes[1] << 6 | codes[2] << 12 | codes[3] << 18;
    clock();
    for (int lane = 0; lane < 4; ++lane) {
      EXPECT_EQ(half(top_.table_halves_o, lane), values[codes[static_cast<std::size_t>(lane)]]);
    }
  }
}

// A packed stream through a gearbox, stalled at random on both sides: the same bits, cut differently.
TEST_F(RtlParts, GearboxesCutAStreamAnew) {
  std::vector<std::uint8_t> codes(96 * 40);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random() & 63);
  const auto packed = emu::pack_linear(emu::Split::kPacked6, codes);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(packed.wide.data());
  const std::size_t stream_bytes = packed.wide.size() * 4;
  const auto stream_bit = [&](std::size_t bit) { return bytes[bit / 8] >> (bit % 8) & 1; };

  std::size_t in = 0, out = 0;  // bits
  for (int cycle = 0; out < stream_bytes * 8 && cycle < 100000; ++cycle) {
    top_.wide_valid_i = in < stream_bytes * 8 && random() % 4 != 0;
    if (top_.wide_valid_i) std::memcpy(&top_.wide_bus_i, bytes + in / 8, 16);
    top_.wide_ready_i = random() % 4 != 0;
    settle();
    if (top_.wide_valid_o && top_.wide_ready_i) {
      for (std::size_t bit = 0; bit < 192; ++bit) {
        ASSERT_EQ(top_.wide_beat_o[bit / 32] >> (bit % 32) & 1, static_cast<unsigned>(stream_bit(out + bit)));
      }
      out += 192;
    }
    if (top_.wide_valid_i && top_.wide_ready_o) in += 128;
    clock();
  }
  EXPECT_EQ(out, stream_bytes * 8);

  for (in = out = 0; out + 18 <= stream_bytes * 8;) {
    top_.odd_valid_i = in < stream_bytes * 8 && random() % 4 != 0;
    if (top_.odd_valid_i) std::memcpy(&top_.odd_bus_i, bytes + in / 8, 2);
    top_.odd_ready_i = random() % 4 != 0;
    settle();
    if (top_.odd_valid_o && top_.odd_ready_i) {
      for (std::size_t bit = 0; bit < 18; ++bit) {
        ASSERT_EQ(top_.odd_beat_o >> bit & 1, static_cast<unsigned>(stream_bit(out + bit)));
      }
      out += 18;
    }
    if (top_.odd_valid_i && top_.odd_ready_o) in += 16;
    ASSERT_LE(in, out + 64) << "the gearbox swallows words";
    clock();
  }
}

// 1.5 words a beat: three words in, two beats out, in three cycles.
TEST_F(RtlParts, GearboxTakesAWordInEveryCycle) {
  top_.wide_valid_i = 1;
  top_.wide_ready_i = 1;
  int beats = 0;
  for (int cycle = 0; cycle < 30; ++cycle) {
    settle();
    EXPECT_TRUE(top_.wide_ready_o);
    beats += top_.wide_valid_o;
    clock();
  }
  EXPECT_EQ(beats, 20);
}

TEST_F(RtlParts, UnitsWithoutAScalePlaceOrDecode) {
  top_.place_valid_i = top_.exact_valid_i = 1;
  top_.place_ready_i = top_.exact_ready_i = 1;
  for (int beat = 0; beat < 200; ++beat) {
    std::array<std::uint8_t, 16> codes;
    for (auto& code : codes) code = static_cast<std::uint8_t>(random() & 63);
    std::array<std::uint32_t, 3> bus;
    pack_beat(emu::Split::k4Plus2Byte, codes, bus);
    std::memcpy(&top_.place_bus_i, bus.data(), 12);
    pack_beat(emu::Split::k4Plus2, codes, bus);
    std::memcpy(&top_.exact_bus_i, bus.data(), 12);
    clock();
    ASSERT_TRUE(top_.place_valid_o && top_.exact_valid_o);
    for (int lane = 0; lane < 16; ++lane) {
      const std::uint8_t code = codes[static_cast<std::size_t>(lane)];
      EXPECT_EQ(half(top_.place_data_o, lane), emu::shift_into(emu::kE3M2, emu::kFp16, code));
      EXPECT_EQ(half(top_.exact_data_o, lane), emu::to_binary16(emu::decode(emu::kE2M3, code)));
    }
  }
}

// Dequantise to binary16, then multiply as the GPU's tensor core does: the dot product of raw codes gives the
// same bits.
TEST_F(RtlParts, DotProductsEqualTensorCores) {
  const auto ampere = emu::mma_context(emu::Architecture::kAmpere, emu::kFp16, emu::kFp16);
  const auto hopper = emu::mma_context(emu::Architecture::kHopper, emu::kFp16, emu::kFp16);
  ASSERT_EQ(ampere.rule.products_per_step, 8);
  ASSERT_EQ(hopper.rule.products_per_step, 16);
  for (int trial = 0; trial < 400000; ++trial) {
    const std::uint32_t kind = random() % 8;
    std::array<std::uint8_t, 16> codes;
    std::array<std::uint16_t, 16> activations;
    std::uint32_t c = random();
    for (std::size_t i = 0; i < 16; ++i) {
      codes[i] = static_cast<std::uint8_t>(random() & 63);
      const std::uint32_t bits = random();
      auto activation = static_cast<std::uint16_t>(bits);
      if (kind < 5 && (activation & 0x7C00) == 0x7C00) activation ^= 0x4000;  // finite
      if (kind == 1)
        activation = static_cast<std::uint16_t>((bits & 0x87FF) | 0x3800);    // close: cancellation
      if (kind == 2) activation = static_cast<std::uint16_t>(bits & 0x83FF);  // subnormal
      if (kind == 3 && i % 2 == 1) {                                          // exact opposites
        activation = activations[i - 1] ^ 0x8000;
        codes[i] = codes[i - 1];
      }
      if (kind == 4 && (bits >> 16) % 3 != 0) codes[i] &= 0x20;       // many zeros
      if (kind >= 5 && (bits >> 16) % 16 != 0) activation &= 0xBFFF;  // rare infinities and NaNs
      activations[i] = activation;
    }
    if (kind < 4) c = (c & 0x807FFFFF) | ((100 + (c >> 23) % 50) << 23);
    if (kind == 3 && (c & 3) == 0) c &= 0x80000000;
    if (kind == 4) c &= 0x87FFFFFF;  // tiny

    std::array<std::uint32_t, 3> bus;
    pack_beat(emu::Split::kPacked6, codes, bus);
    std::memcpy(&top_.dot_codes_i, bus.data(), 12);
    std::memcpy(&top_.dot_activations_i, activations.data(), 32);
    top_.dot_c_i = c;
    top_.eval();
    std::array<std::uint16_t, 16> weights;
    for (std::size_t i = 0; i < 16; ++i) weights[i] = emu::to_binary16(emu::decode(emu::kE3M2, codes[i]));
    ASSERT_EQ(top_.dot_ampere_o,
              emu::fused_step(ampere, std::span(weights).first(8), std::span(activations).first(8), c))
        << "kind " << kind << " trial " << trial;
    for (std::size_t i = 0; i < 16; ++i) weights[i] = emu::to_binary16(emu::decode(emu::kE2M3, codes[i]));
    ASSERT_EQ(top_.dot_hopper_o, emu::fused_step(hopper, weights, activations, c))
        << "kind " << kind << " trial " << trial;
  }
}

}  // namespace
}  // namespace fp6sim::rtl
