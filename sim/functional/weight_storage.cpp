#include "sim/functional/weight_storage.h"

#include <cstring>
#include <numeric>

#include "emu/error.h"
#include "emu/packing/linear.h"

namespace fp6sim::sim {
namespace {

std::string text_of(const std::vector<int>& segments) {
  std::string text;
  for (const int bits : segments) {
    if (!text.empty()) text += '+';
    text += std::to_string(bits);
  }
  return text;
}

emu::Split split_of(const std::vector<int>& segments, const std::string& asked, const std::string& kernel) {
  using emu::Split;
  if (segments == std::vector{4, 2}) return asked == "4+2-byte" ? Split::k4Plus2Byte : Split::k4Plus2;
  if (segments == std::vector{2, 4}) return Split::k2Plus4;
  if (segments == std::vector{4, 1}) return Split::k4Plus1;
  if (segments == std::vector{1, 4}) return Split::k1Plus4;
  if (segments == std::vector{8}) return Split::kPadded8;
  if (segments == std::vector{6}) return Split::kPacked6;
  if (segments == std::vector{5}) return Split::kPacked5;
  if (segments == std::vector{4}) return Split::kPacked4;
  throw Error("functional mode: kernel " + kernel + " stores weights in segments of " + text_of(segments) +
              " bits; expected one of 4+2 2+4 4+1 1+4 8 6 5 4 16");
}

std::vector<std::uint8_t> bytes_of(const void* words, std::size_t bytes) {
  std::vector<std::uint8_t> copy(bytes);
  if (bytes > 0) std::memcpy(copy.data(), words, bytes);
  return copy;
}

}  // namespace

WeightStorage weight_storage(const KernelDescription& kernel, const GemmPlan& plan,
                             const std::string& split) {
  WeightStorage storage;
  storage.format = &emu::format_by_name(kernel.weights.format);
  storage.block_rows = kernel.weights.block_rows;
  storage.zero_points = kernel.weights.zero_points;
  if (kernel.weights.group >= 0) {
    storage.group = kernel.weights.group == 0 ? static_cast<int>(plan.padded.k) : kernel.weights.group;
  }
  const std::string who = "functional mode: kernel " + kernel.name;
  if (storage.group % kStepK != 0) {
    throw Error(who + " has groups of " + std::to_string(storage.group) +
                " weights; expected a multiple of " + std::to_string(kStepK));
  }
  if (storage.zero_points && (storage.block_rows % 2 != 0 || storage.group == 0)) {
    throw Error(who + " has zero points: expected scales and an even block_rows, not " +
                std::to_string(storage.block_rows));
  }
  if (plan.tile.m % storage.block_rows != 0) {
    throw Error(who + " has tiles of " + std::to_string(plan.tile.m) + " rows and blocks of " +
                std::to_string(storage.block_rows) + ": expected whole blocks in a tile");
  }
  if (plan.segments == std::vector{16}) {
    storage.packed = false;
    if (storage.format->floating != emu::kFp16) {
      throw Error(who + " has weights of 16-bit format " + std::string(storage.format->name) +
                  "; expected fp16");
    }
    return storage;
  }
  storage.split = split_of(plan.segments, split, kernel.name);
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    (plan.segments[i] == emu::info(storage.split).wide_bits ? storage.wide : storage.narrow) = i;
    if (plan.segments[i] * storage.block_rows * kStepK % 32 != 0) {
      throw Error(who + ": " + std::to_string(storage.block_rows) + " rows of " + std::to_string(kStepK) +
                  " weights of " + std::to_string(plan.segments[i]) + " bits are not whole 32-bit words");
    }
  }
  return storage;
}

std::vector<std::vector<std::uint8_t>> pack_run(const WeightStorage& storage,
                                                std::span<const std::uint16_t> codes) {
  if (!storage.packed) return {bytes_of(codes.data(), codes.size_bytes())};
  std::vector<std::uint8_t> narrow_codes(codes.begin(), codes.end());
  const emu::PackedCodes packed = emu::pack_linear(storage.split, narrow_codes);
  std::vector<std::vector<std::uint8_t>> arrays(storage.has_two_arrays() ? 2 : 1);
  arrays[storage.wide] = bytes_of(packed.wide.data(), 4 * packed.wide.size());
  if (storage.has_two_arrays())
    arrays[storage.narrow] = bytes_of(packed.narrow.data(), 4 * packed.narrow.size());
  return arrays;
}

std::vector<std::uint8_t> pack_scales(const WeightStorage& storage, std::span<const std::uint16_t> scales,
                                      std::span<const std::uint8_t> zeros) {
  if (!storage.zero_points) return bytes_of(scales.data(), scales.size_bytes());
  std::vector<std::uint8_t> bytes;
  for (std::size_t row = 0; row < scales.size(); row += 2) {
    for (std::size_t i = row; i < row + 2; ++i) {
      bytes.push_back(static_cast<std::uint8_t>(scales[i]));
      bytes.push_back(static_cast<std::uint8_t>(scales[i] >> 8));
    }
    bytes.push_back(static_cast<std::uint8_t>((zeros[row] & 15) | (zeros[row + 1] << 4)));
  }
  return bytes;
}

void unpack_scales(const WeightStorage& storage, std::span<const std::uint8_t> bytes,
                   std::span<std::uint16_t> scales, std::span<std::uint8_t> zeros) {
  for (std::size_t row = 0; row < scales.size(); ++row) {
    const std::size_t at = storage.zero_points ? row / 2 * 5 + row % 2 * 2 : 2 * row;
    scales[row] = static_cast<std::uint16_t>(bytes[at] | (bytes[at + 1] << 8));
    if (storage.zero_points) zeros[row] = (bytes[row / 2 * 5 + 4] >> (row % 2 * 4)) & 15;
  }
}

}  // namespace fp6sim::sim
