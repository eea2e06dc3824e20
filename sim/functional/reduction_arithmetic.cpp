#include "sim/functional/reduction_arithmetic.h"

#include <bit>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "emu/binary16.h"
#include "emu/error.h"

namespace fp6sim::sim {

class ReductionArithmetic::Cta final : public CtaArithmetic {
 public:
  Cta(const ReductionArithmetic& owner, std::int64_t cta)
      : owner_(owner), first_(cta * owner.kernel_.reduction_elements) {}

  void landed(std::int64_t stage, const StageRequest& request, std::vector<std::uint8_t> bytes) override {
    elements_ = request.segments[0].bytes / static_cast<std::size_t>(owner_.kernel_.partial_bytes);
    stages_[stage] = std::move(bytes);
  }

  void compute(std::int64_t stage) override {
    const std::vector<std::uint8_t> bytes = std::move(stages_.at(stage));
    stages_.erase(stage);
    const bool first = sums_.empty();
    sums_.resize(elements_);
    const std::size_t parts = bytes.size() / (elements_ * width());
    for (std::size_t part = 0; part < parts; ++part) {
      for (std::size_t i = 0; i < elements_; ++i) {
        const float value = value_at(bytes.data() + (part * elements_ + i) * width());
        sums_[i] = first && part == 0 ? value : rounded(sums_[i] + value);
      }
    }
  }

  std::vector<std::uint8_t> result(const StageRequest& request) override {
    std::vector<std::uint8_t> bytes;
    const std::int64_t row_width = owner_.plan_.m_tiles * owner_.plan_.tile.m;
    for (std::size_t i = 0; i < elements_; ++i) {
      const std::int64_t element = first_ + static_cast<std::int64_t>(i);
      if (element % row_width >= owner_.plan_.shape.m || element / row_width >= owner_.plan_.shape.n)
        continue;
      const std::uint16_t half = emu::to_binary16(sums_[i]);
      bytes.push_back(static_cast<std::uint8_t>(half));
      bytes.push_back(static_cast<std::uint8_t>(half >> 8));
    }
    if (bytes.size() != bytes_of(request)) {
      throw Error("functional mode: a reduction CTA has " + std::to_string(bytes.size()) +
                  " bytes of outputs and writes " + std::to_string(bytes_of(request)));
    }
    return bytes;
  }

 private:
  std::size_t width() const { return static_cast<std::size_t>(owner_.kernel_.partial_bytes); }

  float value_at(const std::uint8_t* bytes) const {
    if (width() == sizeof(float)) {
      float value;
      std::memcpy(&value, bytes, sizeof value);
      return value;
    }
    return emu::from_binary16(static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8)));
  }
  float rounded(float sum) const {
    if (width() != sizeof(float)) sum = emu::from_binary16(emu::to_binary16(sum));
    return sum != sum ? std::bit_cast<float>(emu::kBinary32CanonicalNan) : sum;
  }

  const ReductionArithmetic& owner_;
  std::int64_t first_;
  std::size_t elements_ = 0;
  std::map<std::int64_t, std::vector<std::uint8_t>> stages_;
  std::vector<float> sums_;
};

std::unique_ptr<CtaArithmetic> ReductionArithmetic::start(std::int64_t cta) {
  return std::make_unique<Cta>(*this, cta);
}

}  // namespace fp6sim::sim
