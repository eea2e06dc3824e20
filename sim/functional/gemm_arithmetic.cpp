#include "sim/functional/gemm_arithmetic.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>

#include "emu/binary16.h"
#include "emu/error.h"

namespace fp6sim::sim {
namespace {

constexpr std::size_t kMmaRows = 16, kMmaColumns = 8, kMmaDepth = 16;

/// The bytes of a request's segment `index` in the buffer of all its pieces.
std::span<const std::uint8_t> segment_bytes(const StageRequest& request, std::span<const std::uint8_t> bytes,
                                            int index) {
  std::size_t at = 0;
  for (int i = 0; i < index; ++i) {
    const Segment& segment = request.segments[static_cast<std::size_t>(i)];
    at += std::size_t{segment.bytes} * segment.count;
  }
  const Segment& segment = request.segments[static_cast<std::size_t>(index)];
  return bytes.subspan(at, std::size_t{segment.bytes} * segment.count);
}

template <class Word>
std::vector<Word> words_of(std::span<const std::uint8_t> bytes) {
  std::vector<Word> words(bytes.size() / sizeof(Word));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), words.size() * sizeof(Word));
  return words;
}

}  // namespace

class GemmArithmetic::Cta final : public CtaArithmetic {
 public:
  Cta(const GemmArithmetic& owner, std::int64_t cta)
      : owner_(owner),
        cta_(cta),
        own_(owner.launch_.range(cta)),
        rows_(static_cast<std::size_t>(
            std::min<std::int64_t>(owner.plan_.tile.m, owner.plan_.padded.m - own_.m0))),
        tokens_(static_cast<std::size_t>(
            std::min<std::int64_t>(owner.plan_.tile.n, owner.plan_.shape.n - own_.n0))),
        sums_(static_cast<std::size_t>(owner.plan_.tile.m) * static_cast<std::size_t>(owner.plan_.tile.n)) {}

  StageRequest relocated(std::int64_t stage, const StageRequest& request) const override {
    StageRequest sent = request;
    if (owner_.fault_) owner_.fault_(cta_, stage, sent);
    return sent;
  }

  void landed(std::int64_t stage, const StageRequest& request, std::vector<std::uint8_t> bytes) override {
    Stage& at = stages_[stage];
    at.k0 = (own_.first_tile + stage) * owner_.plan_.tile.k;
    at.depth =
        static_cast<std::size_t>(std::min<std::int64_t>(owner_.plan_.tile.k, owner_.plan_.padded.k - at.k0));
    const int arrays = static_cast<int>(owner_.plan_.segments.size());
    const int last = request.segment_count - 1;
    if (last < arrays || last > arrays + 1) {
      throw Error("functional mode: a stage of " + std::to_string(request.segment_count) +
                  " segments, expected " + std::to_string(arrays) + " of weights, scales and activations");
    }
    for (int i = 0; i < arrays; ++i) {
      const auto words = segment_bytes(request, bytes, i);
      at.arrays.emplace_back(words.begin(), words.end());
    }
    if (last > arrays) take_scales(stage, at, segment_bytes(request, bytes, arrays));
    at.activations = words_of<std::uint16_t>(segment_bytes(request, bytes, last));
    const bool on_arrival = owner_.setting_.placement == Placement::kCopy ||
                            owner_.setting_.placement == Placement::kL2 ||
                            owner_.setting_.placement == Placement::kMemctrl;
    if (!on_arrival) return;
    for (auto& [number, waiting] : stages_) {  // shared memory holds FP16 as soon as the scales are there
      if (waiting.weights.empty() && has_scales(waiting)) expand(waiting);
    }
  }

  void compute(std::int64_t number) override {
    Stage& stage = stages_.at(number);
    if (stage.weights.empty()) expand(stage);
    for (std::size_t row = 0; row < rows_; row += kMmaRows) {
      for (std::size_t token = 0; token < tokens_; token += kMmaColumns) multiply(stage, row, token);
    }
    stages_.erase(number);
  }

  std::vector<std::uint8_t> result(const StageRequest& request) override {
    const Segment& piece = request.segments[0];
    const bool partial = owner_.plan_.split_k > 1;
    const bool wide = partial && owner_.setting_.partial_bytes == 4;
    const std::size_t rows = piece.bytes / (wide ? sizeof(float) : sizeof(std::uint16_t));
    std::vector<std::uint8_t> bytes(std::size_t{piece.bytes} * piece.count);
    std::uint8_t* to = bytes.data();
    for (std::size_t token = 0; token < piece.count; ++token) {
      for (std::size_t row = 0; row < rows; ++row) {
        const float sum = sums_[token * static_cast<std::size_t>(owner_.plan_.tile.m) + row];
        if (wide) {
          std::memcpy(to, &sum, sizeof sum);
          to += sizeof sum;
        } else {
          const std::uint16_t half = emu::to_binary16(sum);
          std::memcpy(to, &half, sizeof half);
          to += sizeof half;
        }
      }
    }
    return bytes;
  }

 private:
  struct Stage {
    std::int64_t k0 = 0;
    std::size_t depth = 0;
    std::vector<std::vector<std::uint8_t>> arrays;  // packed weights, as they came
    std::vector<std::uint16_t> activations;         // [token][depth]
    std::vector<std::uint16_t> weights;             // [row][tile.k] once expanded
  };
  struct GroupScales {
    std::vector<std::uint16_t> scales;
    std::vector<std::uint8_t> zeros;
  };

  /// A stage brings the groups that begin in it; the CTA's first one also the group it begins in.
  void take_scales(std::int64_t stage, const Stage& at, std::span<const std::uint8_t> bytes) {
    const std::int64_t group = owner_.storage_.group;
    std::int64_t number = stage == 0 ? at.k0 / group : (at.k0 + group - 1) / group;
    const std::size_t row_group = owner_.storage_.zero_points ? rows_ / 2 * 5 : 2 * rows_;
    for (std::size_t from = 0; from < bytes.size(); from += row_group, ++number) {
      GroupScales& to = scales_[number];
      to.scales.resize(rows_);
      to.zeros.resize(owner_.storage_.zero_points ? rows_ : 0);
      unpack_scales(owner_.storage_, bytes.subspan(from, row_group), to.scales, to.zeros);
    }
  }

  bool has_scales(const Stage& stage) const {
    const std::int64_t group = owner_.storage_.group;
    if (group == 0) return true;
    const std::int64_t last = (stage.k0 + static_cast<std::int64_t>(stage.depth) - 1) / group;
    for (std::int64_t number = stage.k0 / group; number <= last; ++number) {
      if (!scales_.contains(number)) return false;
    }
    return true;
  }

  void expand(Stage& stage) {
    const auto tile_k = static_cast<std::size_t>(owner_.plan_.tile.k);
    stage.weights.assign(rows_ * tile_k, 0);
    const auto block_rows = static_cast<std::size_t>(owner_.storage_.block_rows);
    const std::size_t run = block_rows * stage.depth;
    std::vector<std::uint16_t> values(run);
    for (std::size_t row = 0; row < rows_; row += block_rows) {
      expand_run(stage, row, values);
      for (std::size_t i = 0; i < run; ++i) {
        const std::size_t k = i / (kMmaDepth * block_rows) * kMmaDepth + i % kMmaDepth;
        stage.weights[(row + i / kMmaDepth % block_rows) * tile_k + k] = values[i];
      }
    }
  }

  /// The run of the block at `row`, expanded in run order.
  void expand_run(const Stage& stage, std::size_t row, std::span<std::uint16_t> values) {
    const WeightStorage& storage = owner_.storage_;
    const auto block_rows = static_cast<std::size_t>(storage.block_rows);
    const auto piece = [&](std::size_t array) {
      const std::size_t bytes = stage.arrays[array].size() / (rows_ / block_rows);
      return std::span(stage.arrays[array]).subspan(row / block_rows * bytes, bytes);
    };
    if (!storage.packed) {
      const auto raw = words_of<std::uint16_t>(piece(0));
      std::copy(raw.begin(), raw.end(), values.begin());
      return;
    }
    const auto wide = words_of<std::uint32_t>(piece(storage.wide));
    const auto narrow = storage.has_two_arrays() ? words_of<std::uint32_t>(piece(storage.narrow))
                                                 : std::vector<std::uint32_t>{};
    constexpr std::uint16_t kOne = 0x3C00;
    std::vector<std::uint16_t> scales(values.size() / kStepK, kOne);
    std::vector<std::uint8_t> zeros(storage.zero_points ? scales.size() : 0);
    for (std::size_t i = 0; i < scales.size() && storage.group != 0; ++i) {
      const std::int64_t k = stage.k0 + static_cast<std::int64_t>(i / block_rows) * kStepK;
      const GroupScales& from = scales_.at(k / storage.group);
      scales[i] = from.scales[row + i % block_rows];
      if (storage.zero_points) zeros[i] = from.zeros[row + i % block_rows];
    }
    WeightBits bits;
    bits.format = storage.format;
    bits.zero_point = storage.zero_points;
    bits.split = storage.split;
    bits.wide = wide;
    bits.narrow = narrow;
    bits.count = static_cast<std::int64_t>(values.size());
    bits.scales = scales;
    bits.zeros = zeros;
    bits.group = kStepK;
    owner_.expansion_.expand(bits, values);
  }

  /// The k-tile's share of 16 rows x 8 tokens.
  void multiply(const Stage& stage, std::size_t row, std::size_t token) {
    const auto tile_m = static_cast<std::size_t>(owner_.plan_.tile.m);
    const auto tile_k = static_cast<std::size_t>(owner_.plan_.tile.k);
    const std::size_t rows = std::min(kMmaRows, rows_ - row);
    const std::size_t tokens = std::min(kMmaColumns, tokens_ - token);
    std::array<float, kMmaRows * kMmaColumns> c{};
    for (std::size_t i = 0; i < c.size(); ++i)
      c[i] = sums_[(token + i % kMmaColumns) * tile_m + row + i / kMmaColumns];
    std::array<std::uint16_t, kMmaRows * kMmaDepth> a{};
    std::array<std::uint16_t, kMmaColumns * kMmaDepth> b{};
    for (std::size_t k = 0; k < tile_k; k += kMmaDepth) {
      for (std::size_t r = 0; r < rows; ++r)
        std::copy_n(&stage.weights[(row + r) * tile_k + k], kMmaDepth, &a[r * kMmaDepth]);
      for (std::size_t t = 0; t < tokens; ++t) {
        const bool inside = k < stage.depth;
        if (inside)
          std::copy_n(&stage.activations[(token + t) * stage.depth + k], kMmaDepth, &b[t * kMmaDepth]);
        else
          std::fill_n(&b[t * kMmaDepth], kMmaDepth, std::uint16_t{0});
      }
      emu::mma_m16n8k16(owner_.setting_.architecture, emu::TileInput::kBinary16, a.data(), b.data(), c.data(),
                        c.data());
    }
    for (std::size_t i = 0; i < c.size(); ++i)
      sums_[(token + i % kMmaColumns) * tile_m + row + i / kMmaColumns] = c[i];
  }

  const GemmArithmetic& owner_;
  std::int64_t cta_;
  CtaRange own_;
  std::size_t rows_, tokens_;
  std::map<std::int64_t, Stage> stages_;        // landed, not yet computed
  std::map<std::int64_t, GroupScales> scales_;  // by group
  std::vector<float> sums_;                     // [token][row] of the tile: the accumulators
};

std::unique_ptr<CtaArithmetic> GemmArithmetic::start(std::int64_t cta) {
  return std::make_unique<Cta>(*this, cta);
}

}  // namespace fp6sim::sim
