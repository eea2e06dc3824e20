// SIMD against the scalar reference on arbitrary bytes: encode, quantise, dequantise, both splits, both
// formats.
#include <bit>
#include <cmath>
#include <cstring>

#include "emu/packing/linear.h"
#include "emu/simd/fp6_parts.h"
#include "emu/simd/target.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {
namespace {

using namespace emu;  // NOLINT: a test of this one namespace

struct Words {
  std::vector<std::uint32_t> wide, narrow;
  Words(Split split, std::size_t count)
      : wide(linear_size(split, count).wide_words, 0xDEADBEEF),
        narrow(linear_size(split, count).narrow_words, 0xDEADBEEF) {}
  PackedRun run() { return {wide.data(), narrow.data()}; }
  friend bool operator==(const Words&, const Words&) = default;
};

void compare(const FloatFormat& format, Split split, std::size_t group, const std::vector<float>& weights,
             const std::string& where) {
  const std::size_t count = weights.size();
  Words simd_words(split, count), reference(split, count);
  if (encode_and_pack_fp6(format, split, weights, simd_words.wide, simd_words.narrow) != StreamStatus::kDone)
    disagree("refused" + where);
  scalar::encode(format, split, weights.data(), count, 1.0f, reference.run());
  if (simd_words != reference) disagree("encode" + where);
  if (count == 0 || count % group != 0) return;

  const Groups shape{count / group, group};
  std::vector<std::uint16_t> scales(shape.groups), reference_scales(shape.groups);
  const StreamStatus status =
      quantize_and_pack_fp6(format, split, weights, group, simd_words.wide, simd_words.narrow, scales);
  const StreamStatus expected =
      scalar::quantize(format, split, weights.data(), shape, reference.run(), reference_scales.data());
  if (status != expected) disagree("quantise status" + where);
  if (status == StreamStatus::kDone && (simd_words != reference || scales != reference_scales))
    disagree("quantise" + where);

  // Any words and any finite scales: the weights' own bytes.
  for (std::size_t i = 0; i < simd_words.wide.size(); ++i)
    simd_words.wide[i] = std::bit_cast<std::uint32_t>(weights[i]);
  for (std::size_t i = 0; i < simd_words.narrow.size(); ++i)
    simd_words.narrow[i] = std::bit_cast<std::uint32_t>(weights[count - 1 - i]);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    scales[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(weights[i * group + 1]) >> 7);
    if ((scales[i] & 0x7C00) == 0x7C00) scales[i] ^= 0x4000;
  }
  std::vector<std::uint16_t> out(count), reference_out(count);
  if (dequantize_fp6(format, split, simd_words.wide, simd_words.narrow, scales, group, out) !=
      StreamStatus::kDone)
    disagree("refused" + where);
  scalar::dequantize(format, split, {simd_words.wide.data(), simd_words.narrow.data()}, scales.data(), shape,
                     reference_out.data());
  if (out != reference_out) disagree("dequantise" + where);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const std::size_t count : {16u, 32u, 64u, 100u, 192u, 320u}) {
    std::string bytes(2 + 4 * count, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<char>(i % 4 == 1 ? 0x3D + i % 7 : i * 89);
    all.push_back(bytes);
  }
  return all;
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  static const std::vector<std::string> targets = simd_targets();
  if (size < 2) return;
  const std::string& target = targets[bytes[0] % targets.size()];
  const FloatFormat& format = bytes[1] % 2 == 0 ? kE3M2 : kE2M3;
  const Split split = bytes[1] / 2 % 2 == 0 ? Split::k4Plus2 : Split::k4Plus2Byte;
  const std::size_t group = 16 * (1 + bytes[1] / 4 % 8);
  std::vector<float> weights((size - 2) / 4);
  if (!weights.empty()) std::memcpy(weights.data(), bytes + 2, 4 * weights.size());
  use_simd_target(target);
  compare(format, split, group, weights, " differs on " + target + ", " + std::string(name(split)));
}

}  // namespace fp6sim::fuzz
