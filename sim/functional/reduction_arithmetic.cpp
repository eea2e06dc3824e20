#include "sim/functional/reduction_arithmetic.h"

#include <bit>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "emu/binary16.h"
#include "emu/error.h"

namespace fp6sim::sim {

namespace {

/// Sums of some elements, in binary32 or rounding every sum to binary16.
class PartialSums {
 public:
  explicit PartialSums(int bytes) : bytes_(static_cast<std::size_t>(bytes)) {}

  /// One more part of every element, all of them.
  void add(std::span<const std::uint8_t> part) {
    const bool first = sums_.empty();
    sums_.resize(part.size() / bytes_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const float value = value_at(part.data() + i * bytes_);
      sums_[i] = first ? value : rounded(sums_[i] + value);
    }
  }
  std::size_t size() const { return sums_.size(); }
  void append(std::size_t i, std::vector<std::uint8_t>& bytes) const {
    const std::uint16_t half = emu::to_binary16(sums_[i]);
    bytes.push_back(static_cast<std::uint8_t>(half));
    bytes.push_back(static_cast<std::uint8_t>(half >> 8));
  }

 private:
  float value_at(const std::uint8_t* bytes) const {
    if (bytes_ == sizeof(float)) {
      float value;
      std::memcpy(&value, bytes, sizeof value);
      return value;
    }
    return emu::from_binary16(static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8)));
  }
  float rounded(float sum) const {
    if (bytes_ != sizeof(float)) sum = emu::from_binary16(emu::to_binary16(sum));
    return sum != sum ? std::bit_cast<float>(emu::kBinary32CanonicalNan) : sum;
  }

  std::size_t bytes_;
  std::vector<float> sums_;
};

void check_written(const std::vector<std::uint8_t>& bytes, const StageRequest& request) {
  if (bytes.size() == bytes_of(request)) return;
  throw Error("functional mode: a CTA that adds partial sums has " + std::to_string(bytes.size()) +
              " bytes of outputs and writes " + std::to_string(bytes_of(request)));
}

/// Adds the parts its stages bring, each `part_bytes_` long, in their order.
class AddingCta : public CtaArithmetic {
 public:
  explicit AddingCta(int partial_bytes) : sums_(partial_bytes) {}

  void compute(std::int64_t stage) override {
    const std::vector<std::uint8_t> bytes = std::move(stages_.at(stage));
    stages_.erase(stage);
    for (std::size_t at = 0; at < bytes.size(); at += part_bytes_)
      sums_.add(std::span(bytes).subspan(at, part_bytes_));
  }

 protected:
  std::size_t part_bytes_ = 0;
  std::map<std::int64_t, std::vector<std::uint8_t>> stages_;
  PartialSums sums_;
};

}  // namespace

class ReductionArithmetic::Cta final : public AddingCta {
 public:
  Cta(const ReductionArithmetic& owner, std::int64_t cta)
      : AddingCta(owner.kernel_.partial_bytes),
        owner_(owner),
        first_(cta * owner.kernel_.reduction_elements) {}

  void landed(std::int64_t stage, const StageRequest& request, std::vector<std::uint8_t> bytes) override {
    part_bytes_ = request.segments[0].bytes;
    stages_[stage] = std::move(bytes);
  }

  std::vector<std::uint8_t> result(const StageRequest& request) override {
    std::vector<std::uint8_t> bytes;
    const std::int64_t row_width = owner_.plan_.m_tiles * owner_.plan_.tile.m;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const std::int64_t element = first_ + static_cast<std::int64_t>(i);
      if (element % row_width >= owner_.plan_.shape.m || element / row_width >= owner_.plan_.shape.n)
        continue;
      sums_.append(i, bytes);
    }
    check_written(bytes, request);
    return bytes;
  }

 private:
  const ReductionArithmetic& owner_;
  std::int64_t first_;
};

std::unique_ptr<CtaArithmetic> ReductionArithmetic::start(std::int64_t cta) {
  return std::make_unique<Cta>(*this, cta);
}

/// A tile's partial sums as its parts lie in memory, [token][row of the tile].
class JoinedArithmetic::Cta final : public AddingCta {
 public:
  explicit Cta(const JoinedArithmetic& owner) : AddingCta(owner.kernel_.partial_bytes), owner_(owner) {}

  void landed(std::int64_t stage, const StageRequest& request, std::vector<std::uint8_t> bytes) override {
    part_bytes_ = std::size_t{request.segments[0].bytes} * request.segments[0].count;
    stages_[stage] = std::move(bytes);
  }

  std::vector<std::uint8_t> result(const StageRequest& request) override {
    std::vector<std::uint8_t> bytes;
    const Segment& piece = request.segments[0];
    const std::size_t rows = piece.bytes / sizeof(std::uint16_t);
    const auto tile_rows = static_cast<std::size_t>(owner_.plan_.tile.m);
    for (std::size_t token = 0; token < piece.count; ++token) {
      for (std::size_t row = 0; row < rows; ++row) sums_.append(token * tile_rows + row, bytes);
    }
    check_written(bytes, request);
    return bytes;
  }

 private:
  const JoinedArithmetic& owner_;
};

std::unique_ptr<CtaArithmetic> JoinedArithmetic::join(std::int64_t) {
  return std::make_unique<Cta>(*this);
}

}  // namespace fp6sim::sim
