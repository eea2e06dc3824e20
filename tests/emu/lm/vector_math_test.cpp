#include "emu/lm/vector_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

namespace fp6sim::lm {
namespace {

std::vector<float> random_values(std::size_t count, float width, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(-width, width);
  std::vector<float> values(count);
  for (float& v : values) v = distribution(random);
  return values;
}

void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(a[i]), std::bit_cast<std::uint32_t>(b[i]))
        << i << ": " << a[i] << " " << b[i];
  }
}

TEST(VectorMath, MultiplyEqualsTheReferenceAndPlainLoops) {
  // Panels of every width, whole and ragged; tiles of six tokens, whole and ragged.
  for (const std::size_t rows : {1, 5, 8, 9, 16, 31, 32, 33, 64, 100}) {
    for (const std::size_t columns : {1, 7, 24}) {
      for (const std::size_t tokens : {1, 5, 6, 13}) {
        const auto w = random_values(rows * columns, 1, 1), x = random_values(tokens * (columns + 2), 1, 2);
        const PackedMatrix packed(w.data(), rows, columns, columns, 1);
        std::vector<float> ours(tokens * (rows + 3), -1), reference(ours), plain(ours);
        multiply(x.data(), columns + 2, tokens, packed, ours.data(), rows + 3);
        reference::multiply(x.data(), columns + 2, tokens, packed, reference.data(), rows + 3);
        for (std::size_t t = 0; t < tokens; ++t) {
          for (std::size_t r = 0; r < rows; ++r) {
            float sum = 0;
            for (std::size_t c = 0; c < columns; ++c) sum += x[t * (columns + 2) + c] * w[r * columns + c];
            plain[t * (rows + 3) + r] = sum;
          }
        }
        expect_same(ours, reference);
        expect_same(ours, plain);
      }
    }
  }
}

TEST(VectorMath, SoftmaxAndSiluEqualTheReference) {
  for (std::size_t count = 1; count < 70; ++count) {
    auto ours = random_values(count, 30, 3), reference = ours;
    softmax(ours.data(), count);
    reference::softmax(reference.data(), count);
    expect_same(ours, reference);
    ours = reference = random_values(count, 100, 4);
    const auto up = random_values(count, 1, 5);
    silu_multiply(ours.data(), up.data(), count);
    reference::silu_multiply(reference.data(), up.data(), count);
    expect_same(ours, reference);
  }
}

TEST(VectorMath, ExponentialIsWithinTwoUnits) {
  double worst = 0;
  for (float x = -87; x <= 87; x += 0.00037f) {
    const double exact = std::exp(static_cast<double>(x));
    const double unit = std::ldexp(1.0, std::ilogb(exact) - 23);
    worst = std::max(worst, std::fabs(static_cast<double>(reference::exponential(x)) - exact) / unit);
  }
  EXPECT_LT(worst, 2.0);
}

TEST(VectorMath, LogSumExpOfLargeLogits) {
  std::vector<float> x(37, 1000.0f), unused(37);
  EXPECT_NEAR(log_sum_exp(x.data(), x.size(), unused.data()), 1000 + std::log(37.0), 1e-9);
}

}  // namespace
}  // namespace fp6sim::lm
