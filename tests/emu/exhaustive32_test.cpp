// All 2^32 binary32 inputs, E3M2 and E2M3: NVIDIA's host conversion (cuda_fp6.h) = our scalar encoder = SIMD
// encode and pack on the machine's best target.
#include <gtest/gtest.h>

#include <bit>
#include <mutex>
#include <string>
#include <vector>

#include "emu/binary16.h"
#include "emu/fp6_stream.h"
#include "emu/packing/linear.h"
#include "emu/parallel.h"

#ifdef FP6SIM_CUDA_ORACLE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#include <cuda_fp6.h>
#pragma GCC diagnostic pop
#endif

namespace fp6sim::emu {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 14;
constexpr std::size_t kBlocks = (std::size_t{1} << 32) / kBlock;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kStep = 127;  // under sanitizers, twenty times slower, every 127th block
#else
constexpr std::size_t kStep = 1;
#endif

// Keeps the first disagreement: its input and both codes.
class Disagreement {
 public:
  void note(std::uint32_t input, unsigned ours, unsigned theirs) {
    const std::lock_guard lock(mutex_);
    if (message_.empty()) {
      message_ = "input bits " + std::to_string(input) + ": ours " + std::to_string(ours) + ", theirs " +
                 std::to_string(theirs);
    }
  }
  const std::string& message() const { return message_; }

 private:
  std::mutex mutex_;
  std::string message_;
};

#ifdef FP6SIM_CUDA_ORACLE
template <FloatFormat kFormat>
unsigned cuda_code(float x, cudaRoundMode rounding) {
  return __nv_cvt_float_to_fp6(x, kFormat == kE3M2 ? __NV_E3M2 : __NV_E2M3, rounding);
}
#endif

// Inputs first .. first + kBlock - 1. The format is a template argument so that four billion calls take
// seconds.
template <FloatFormat kFormat>
void compare_block(std::uint32_t first, Disagreement& with_simd, [[maybe_unused]] Disagreement& with_cuda) {
  std::vector<float> inputs(kBlock);
  for (std::uint32_t i = 0; i < kBlock; ++i) inputs[i] = std::bit_cast<float>(first + i);
  const LinearSize size = linear_size(Split::k4Plus2, kBlock);
  std::vector<std::uint32_t> wide(size.wide_words), narrow(size.narrow_words);
  ASSERT_EQ(encode_and_pack_fp6(kFormat, Split::k4Plus2, inputs, wide, narrow), StreamStatus::kDone);
  for (std::uint32_t i = 0; i < kBlock; ++i) {
    const std::uint32_t code = encode_bits(kFormat, first + i);
    const std::uint32_t packed =
        (wide[i / 8] >> (i % 8 * 4) & 15u) << 2 | (narrow[i / 16] >> (i % 16 * 2) & 3u);
    if (packed != code) with_simd.note(first + i, packed, code);
#ifdef FP6SIM_CUDA_ORACLE
    const unsigned theirs = cuda_code<kFormat>(inputs[i], cudaRoundNearest);
    if (code != theirs) with_cuda.note(first + i, code, theirs);
#endif
  }
}

template <FloatFormat kFormat>
void compare_all() {
  Disagreement with_simd, with_cuda;
  parallel_for(kBlocks / kStep, 64, [&](std::size_t block, std::size_t end) {
    for (; block < end; ++block) {
      compare_block<kFormat>(static_cast<std::uint32_t>(block * kStep * kBlock), with_simd, with_cuda);
    }
  });
  EXPECT_EQ(with_simd.message(), "") << "SIMD against the scalar encoder";
  EXPECT_EQ(with_cuda.message(), "") << "the scalar encoder against cuda_fp6.h";
#ifndef FP6SIM_CUDA_ORACLE
  GTEST_SKIP() << "SIMD equals the scalar encoder; CUDA's headers (cuda_fp6.h) are not installed";
#endif
}

TEST(Exhaustive32, E3M2ScalarSimdAndCudaAgree) {
  compare_all<kE3M2>();
}
TEST(Exhaustive32, E2M3ScalarSimdAndCudaAgree) {
  compare_all<kE2M3>();
}

#ifdef FP6SIM_CUDA_ORACLE
// The other rounding CUDA offers, on every binary16 input: the source the released quantiser and --codes
// read.
TEST(Exhaustive32, EveryBinary16InputUnderBothRoundingsEqualsCuda) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float x = from_binary16(static_cast<std::uint16_t>(bits));
    ASSERT_EQ(encode(kE3M2, x), cuda_code<kE3M2>(x, cudaRoundNearest)) << bits;
    ASSERT_EQ(encode(kE2M3, x), cuda_code<kE2M3>(x, cudaRoundNearest)) << bits;
    ASSERT_EQ(encode(kE3M2, x, {RoundingMode::kTowardZero}), cuda_code<kE3M2>(x, cudaRoundZero)) << bits;
    ASSERT_EQ(encode(kE2M3, x, {RoundingMode::kTowardZero}), cuda_code<kE2M3>(x, cudaRoundZero)) << bits;
  }
}
#endif

}  // namespace
}  // namespace fp6sim::emu
