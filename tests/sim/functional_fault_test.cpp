// Planted faults change exactly the outputs that depend on them. What depends is worked out from emu's
// packing and the documented order of the arrays alone: the operands a fault amounts to are rebuilt from
// altered packed words, and emu's GEMM of those is what the run must give.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "app/functional/functional_check.h"
#include "emu/packing/linear.h"
#include "sim/functional/fault.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::sim {
namespace {

// One tile of tokens, so that each weight is read by one CTA; K split, so that partial sums travel.
constexpr GemmShape kShape{256, 1024, 5};
constexpr std::size_t kBlockRows = 64, kStep = 16;

/// The 4-bit and 2-bit arrays of W[m, k], as docs/functional.md draws them.
struct PackedWeights {
  std::vector<std::uint32_t> wide, narrow;
};

std::size_t element_at(std::size_t i) {  // place i of the arrays -> element of W[m, k]
  const std::size_t k_count = kShape.k;
  const std::size_t block = i / (kBlockRows * k_count), in_block = i % (kBlockRows * k_count);
  const std::size_t row = block * kBlockRows + in_block / kStep % kBlockRows;
  return row * k_count + in_block / (kStep * kBlockRows) * kStep + in_block % kStep;
}

PackedWeights pack(const std::vector<std::uint16_t>& weights) {
  std::vector<std::uint8_t> codes(weights.size());
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(weights[element_at(i)]);
  const emu::PackedCodes packed = emu::pack_linear(emu::Split::k4Plus2, codes);
  return {packed.wide, packed.narrow};
}

std::vector<std::uint16_t> unpack(const PackedWeights& packed) {
  std::vector<std::uint8_t> codes(kShape.m * kShape.k);
  emu::unpack_linear(emu::Split::k4Plus2, packed.wide, packed.narrow, codes);
  std::vector<std::uint16_t> weights(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) weights[element_at(i)] = codes[i];
  return weights;
}

KernelDescription with_last_cta_adding(KernelDescription kernel) {
  kernel.reduction_in_kernel = true;
  return kernel;
}

class FunctionalFault : public testing::Test {
 protected:
  FunctionalFault()
      : plan_(plan_gemm(gpu_, kernel_, design_, kShape, {})), operands_(random_operands(kernel_, kShape, 3)) {
    FunctionalGemm clean(operands_);
    run(clean);
    clean_ = clean.output();
    EXPECT_EQ(clean_, expected(operands_, clean));
    EXPECT_GT(clean.split_k(), 1);
    EXPECT_EQ(plan_.n_tiles, 1);
  }

  void run(FunctionalGemm& functional) {
    RunOptions options;
    options.functional = &functional;
    simulate_gemm(gpu_, kernel_, design_, kShape, options);
  }
  /// Of the payloads of a leg that begin in [first, last).
  std::vector<std::uint64_t> numbers_of(Leg leg, std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> numbers;
    FunctionalGemm functional(operands_);
    functional.tap = [&](InFlight& payload) {
      if (payload.leg == leg && payload.address >= first && payload.address < last)
        numbers.push_back(payload.number);
    };
    run(functional);
    return numbers;
  }
  std::vector<std::uint16_t> expected(const GemmOperands& operands, const FunctionalGemm& functional) {
    return app::expected_output(kernel_, kShape, operands, functional);
  }
  static std::set<std::int64_t> rows_that_differ(const std::vector<std::uint16_t>& a,
                                                 const std::vector<std::uint16_t>& b) {
    std::set<std::int64_t> rows;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) rows.insert(static_cast<std::int64_t>(i) % kShape.m);
    }
    return rows;
  }
  /// Which array of weights an address lies in, and where: -1 outside both.
  std::pair<int, std::size_t> weight_place(std::uint64_t address) const {
    for (std::size_t i = 0; i < 2; ++i) {
      const std::uint64_t begin = plan_.buffers.weights[i];
      const std::uint64_t bytes = kShape.m * kShape.k * plan_.segments[i] / 8;
      if (address >= begin && address < begin + bytes) return {static_cast<int>(i), address - begin};
    }
    return {-1, 0};
  }
  std::uint8_t* bytes_of(PackedWeights& packed, int array) {
    return reinterpret_cast<std::uint8_t*>(array == 0 ? packed.wide.data() : packed.narrow.data());
  }

  GpuDescription gpu_ = load_gpu("a100-sxm-40g");
  KernelDescription kernel_ = with_last_cta_adding(load_kernel("w6a16"));
  DesignDescription design_ = load_design("simt");
  GemmPlan plan_;
  GemmOperands operands_;
  std::vector<std::uint16_t> clean_;
};

TEST_F(FunctionalFault, AFlippedBitOfAWeightChangesItsRowAndNothingElse) {
  int wide = 0, narrow = 0, changed = 0;
  for (const std::uint64_t number : {3, 40, 77, 120, 200, 333, 450}) {
    for (const std::uint32_t bit : {0, 1001}) {
      FaultInjector injector({.number = number, .bit = bit});
      FunctionalGemm functional(operands_);
      functional.tap = injector.tap();
      run(functional);
      if (injector.victims().empty()) continue;  // the payload is shorter
      const Victim victim = injector.victims().front();
      const auto [array, at] = weight_place(victim.address + bit / 8);
      if (array < 0) continue;  // scales or activations
      (array == 0 ? wide : narrow) += 1;
      PackedWeights packed = pack(operands_.weights);
      bytes_of(packed, array)[at] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      GemmOperands altered = operands_;
      altered.weights = unpack(packed);
      std::set<std::int64_t> rows;
      for (std::size_t i = 0; i < altered.weights.size(); ++i) {
        if (altered.weights[i] != operands_.weights[i]) rows.insert(static_cast<std::int64_t>(i) / kShape.k);
      }
      ASSERT_EQ(rows.size(), 1u);
      EXPECT_EQ(functional.output(), expected(altered, functional)) << "payload " << number << " bit " << bit;
      const std::set<std::int64_t> differ = rows_that_differ(clean_, functional.output());
      EXPECT_TRUE(std::includes(rows.begin(), rows.end(), differ.begin(), differ.end()));
      changed += differ.empty() ? 0 : 1;
    }
  }
  EXPECT_GE(wide, 3);
  EXPECT_GE(narrow, 1);
  EXPECT_GE(changed, (wide + narrow) / 2);  // a low bit of a small weight may round away
}

TEST_F(FunctionalFault, TwoSwappedPayloadsOfWeightsExchangeTheirCodes) {
  int swapped = 0;
  for (std::uint64_t number = 0; number < 400 && swapped < 4; number += 67) {
    FaultInjector injector({.kind = Fault::Kind::kSwap, .number = number});
    FunctionalGemm functional(operands_);
    functional.tap = injector.tap();
    run(functional);
    ASSERT_EQ(injector.victims().size(), 2u);
    const Victim &a = injector.victims()[0], &b = injector.victims()[1];
    const auto [array_a, at_a] = weight_place(a.address);
    const auto [array_b, at_b] = weight_place(b.address);
    if (array_a < 0 || array_b < 0) continue;
    PackedWeights packed = pack(operands_.weights);
    std::swap_ranges(bytes_of(packed, array_a) + at_a, bytes_of(packed, array_a) + at_a + a.bytes,
                     bytes_of(packed, array_b) + at_b);
    GemmOperands altered = operands_;
    altered.weights = unpack(packed);
    EXPECT_EQ(functional.output(), expected(altered, functional))
        << "payloads " << a.number << " and " << b.number;
    EXPECT_FALSE(rows_that_differ(clean_, functional.output()).empty());
    ++swapped;
  }
  EXPECT_GE(swapped, 2);
}

TEST_F(FunctionalFault, AFlippedBitOfALineReachesEveryReaderOfIt) {
  // Activations are read by every tile of rows; a fault between DRAM and L2 stays in the line they all read.
  const auto fills = numbers_of(Leg::kFill, plan_.buffers.activations, plan_.buffers.output);
  ASSERT_GE(fills.size(), 2u);
  for (const std::uint64_t number : {fills.front(), fills[fills.size() / 2]}) {
    constexpr std::uint32_t kBit = 16 * 5 + 14;  // an exponent bit of the payload's sixth activation
    FaultInjector injector({.leg = Leg::kFill, .number = number, .bit = kBit});
    FunctionalGemm functional(operands_);
    functional.tap = injector.tap();
    run(functional);
    ASSERT_EQ(injector.victims().size(), 1u);
    const std::uint64_t address = injector.victims()[0].address;
    const std::size_t element = (address - plan_.buffers.activations) / 2 + 5;
    GemmOperands altered = operands_;
    altered.activations[element] ^= 1u << 14;
    EXPECT_EQ(functional.output(), expected(altered, functional));
    for (std::size_t i = 0; i < clean_.size(); ++i) {
      if (i / kShape.m != element / kShape.k) {
        EXPECT_EQ(clean_[i], functional.output()[i]) << i;
      }
    }
    EXPECT_GT(rows_that_differ(clean_, functional.output()).size(), static_cast<std::size_t>(kShape.m) / 2);
  }
}

TEST_F(FunctionalFault, AFlippedBitOfAPartialSumOrAnOutputChangesOneOutput) {
  int partials = 0, outputs = 0;
  ASSERT_TRUE(kernel_.reduction_in_kernel);  // partial sums lie [tile][part][token][row]
  ASSERT_EQ(plan_.n_tiles, 1);
  const auto tile_rows = static_cast<std::size_t>(plan_.tile.m);
  const std::size_t tile_sums = tile_rows * static_cast<std::size_t>(plan_.tile.n);
  std::vector<std::uint64_t> numbers = numbers_of(Leg::kWrite, plan_.buffers.workspace, UINT64_MAX);
  std::erase_if(numbers, [](std::uint64_t number) { return number % 5 != 0; });
  const auto written = numbers_of(Leg::kWrite, plan_.buffers.output, plan_.buffers.workspace);
  ASSERT_FALSE(written.empty());
  numbers.insert(numbers.end(), {written.front(), written.back()});
  for (const std::uint64_t number : numbers) {
    FaultInjector injector(
        {.leg = Leg::kWrite, .number = number, .bit = 30});  // of binary32: the exponent's top bit
    FunctionalGemm functional(operands_);
    functional.tap = injector.tap();
    run(functional);
    ASSERT_EQ(injector.victims().size(), 1u);
    const Victim victim = injector.victims()[0];
    std::set<std::size_t> differ;
    for (std::size_t i = 0; i < clean_.size(); ++i) {
      if (clean_[i] != functional.output()[i]) differ.insert(i);
    }
    if (victim.address >= plan_.buffers.workspace) {
      const std::size_t element = (victim.address - plan_.buffers.workspace) / 4;
      const std::size_t token = element % tile_sums / tile_rows;
      if (token >= static_cast<std::size_t>(kShape.n)) continue;  // one that pads the tile
      const std::size_t tile = element / tile_sums / static_cast<std::size_t>(plan_.split_k);
      ++partials;
      EXPECT_EQ(differ, std::set{token * kShape.m + tile * tile_rows + element % tile_rows});
    } else {
      ++outputs;  // bit 30 of the payload: bit 14 of its second output
      EXPECT_EQ(differ, std::set{(victim.address - plan_.buffers.output) / 2 + 1});
    }
  }
  EXPECT_GE(partials, 2);
  EXPECT_GE(outputs, 1);
}

TEST_F(FunctionalFault, AWrongBaseOfOneCtaSpoilsItsRowsAlone) {
  constexpr std::int64_t kCta = 1;
  const std::int64_t m0 = kCta % plan_.m_tiles * plan_.tile.m;
  for (const std::int64_t offset : {512, -512}) {
    FunctionalGemm functional(operands_);
    functional.relocation_fault = [&](std::int64_t cta, std::int64_t stage, StageRequest& request) {
      if (cta == kCta && stage == 2) request.segments[0].base += static_cast<std::uint64_t>(offset);
    };
    run(functional);
    const std::set<std::int64_t> rows = rows_that_differ(clean_, functional.output());
    EXPECT_GT(rows.size(), 8u);
    for (const std::int64_t row : rows) EXPECT_TRUE(row >= m0 && row < m0 + plan_.tile.m) << row;
  }
}

TEST(Fault, TextIsReadOrRefused) {
  const Fault flip = parse_fault("flip:12:77");
  EXPECT_EQ(flip.number, 12u);
  EXPECT_EQ(flip.bit, 77u);
  EXPECT_EQ(parse_fault("swap:3").kind, Fault::Kind::kSwap);
  for (const char* bad :
       {"", "flip", "flip:1", "flip:1:", "flip:-1:2", "flip:1:2x", "swap:", "swap:a", "drop:1"})
    EXPECT_ANY_THROW(parse_fault(bad)) << bad;
}

}  // namespace
}  // namespace fp6sim::sim
