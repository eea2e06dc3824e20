#include "emu/gemm/gemm.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "emu/binary16.h"
#include "emu/error.h"
#include "emu/gemm/schedule.h"
#include "emu/mma/panel_kernel.h"
#include "emu/parallel.h"

namespace fp6sim::emu {
namespace {

constexpr std::size_t kTokens = 8;  // activations rows given to the kernel at a time

/// An array aligned for any vector. Elements start unset.
template <class T>
class AlignedArray {
 public:
  explicit AlignedArray(std::size_t size)
      : elements_(static_cast<T*>(::operator new (size * sizeof(T), std::align_val_t{64}))) {}
  T* data() const { return elements_.get(); }
  T& operator[](std::size_t i) const { return elements_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> elements_;
};

/// The vector kernel where this build has one and the schedule is in its domain, else null.
const PanelKernel* kernel_for(const GemmPlan& plan) {
  const bool plain = plan.context.accumulate == Accumulate::kF32 &&
                     plan.context.rule.f32_significant_bits == 24 &&
                     plan.schedule.options.all_negative_zero == ZeroSign::kPositive;
  return plain ? panel_kernel() : nullptr;
}

PanelFormat panel_format(const GemmPlan& plan) {
  const bool bfloat16 = plan.schedule.input == TileInput::kBfloat16;
  // bfloat16's own minimum, -126, is binary32's: below everything the kernel handles, like an ignored zero.
  const bool own = plan.schedule.options.zero_exponent == ZeroExponent::kFormat && !bfloat16;
  return {bfloat16, own ? static_cast<std::int8_t>(kFp16.min_exponent()) : PanelFormat::kBelowAll};
}

/// Activations as every panel needs them: padded, reordered, and as the kernel reads them.
class Activations {
 public:
  Activations(const GemmPlan& plan, const PanelKernel* kernel, const std::uint16_t* x)
      : k_(static_cast<std::size_t>(plan.padded_k)),
        chunks_(plan.chunks.size()),
        codes_(rows(plan) * k_),
        values_(kernel != nullptr ? rows(plan) * k_ : 1),
        exponents_(kernel != nullptr ? rows(plan) * k_ : 1),
        unfit_(rows(plan) * chunks_, 0) {
    parallel_for(rows(plan), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t n = begin; n < end; ++n) prepare(plan, kernel, x, n);
    });
  }

  const std::uint16_t* codes(std::size_t n, const KChunk& chunk) const {
    return codes_.data() + at(n, chunk);
  }
  BroadcastRows rows(std::size_t first, std::size_t count, const KChunk& chunk) const {
    return {values_.data() + at(first, chunk), exponents_.data() + at(first, chunk), k_, count};
  }
  bool unfit(std::size_t n, std::size_t chunk) const { return unfit_[n * chunks_ + chunk] != 0; }

 private:
  static std::size_t rows(const GemmPlan& plan) { return static_cast<std::size_t>(plan.shape.n); }
  std::size_t at(std::size_t n, const KChunk& chunk) const {
    return n * k_ + static_cast<std::size_t>(chunk.begin);
  }

  void prepare(const GemmPlan& plan, const PanelKernel* kernel, const std::uint16_t* x, std::size_t n) {
    const std::uint16_t* source = x + n * static_cast<std::size_t>(plan.shape.k);
    for (std::size_t p = 0; p < k_; ++p) {
      const std::int64_t k = plan.source_k(static_cast<std::int64_t>(p));
      codes_[n * k_ + p] = k < 0 ? std::uint16_t{0} : source[k];
    }
    if (kernel == nullptr) return;
    for (std::size_t i = 0; i < chunks_; ++i) {
      const std::size_t start = at(n, plan.chunks[i]);
      unfit_[n * chunks_ + i] = kernel->spread(panel_format(plan), codes_.data() + start,
                                               static_cast<std::size_t>(plan.chunks[i].size),
                                               values_.data() + start, exponents_.data() + start);
    }
  }

  std::size_t k_, chunks_;
  AlignedArray<std::uint16_t> codes_;
  AlignedArray<float> values_;
  AlignedArray<std::int32_t> exponents_;
  std::vector<std::uint8_t> unfit_;  // one flag a row and chunk
};

/// One thread's work: panels of rows, each against all activations.
class PanelWorker {
 public:
  PanelWorker(const GemmPlan& plan, const PanelKernel* kernel, const Activations& x)
      : plan_(plan),
        kernel_(kernel),
        x_(x),
        lanes_(kernel != nullptr ? kernel->rows : 16),
        codes_(lanes_ * kChunkK),
        values_(lanes_ * kChunkK),
        exponents_(lanes_ * kChunkK),
        state_(lanes_ * static_cast<std::size_t>(plan.shape.n)),
        total_(lanes_ * static_cast<std::size_t>(plan.shape.n)) {}

  /// Results of `rows` rows whose codes lie at `w` (row stride K): result(n, lane) for lane < rows.
  void run(const std::uint16_t* w, std::size_t rows) {
    std::fill_n(total_.data(), lanes_ * static_cast<std::size_t>(plan_.shape.n), 0.0f);
    int split = 0;
    begin_split();
    for (std::size_t i = 0; i < plan_.chunks.size(); ++i) {
      for (; split < plan_.chunks[i].split; ++split) {
        end_split(split == 0);
        begin_split();
      }
      run_chunk(w, rows, i);
    }
    for (; split < plan_.schedule.split_k; ++split) {
      end_split(split == 0);
      begin_split();
    }
  }

  float result(std::size_t n, std::size_t lane) const { return total_[n * lanes_ + lane]; }
  std::size_t lanes() const { return lanes_; }

 private:
  void begin_split() { std::fill_n(state_.data(), lanes_ * static_cast<std::size_t>(plan_.shape.n), 0.0f); }

  /// Adds the partial sums. The first one is taken as it is, so that one split is the chain itself.
  void end_split(bool first) {
    const std::size_t count = lanes_ * static_cast<std::size_t>(plan_.shape.n);
    for (std::size_t i = 0; i < count; ++i) {
      const float partial =
          plan_.context.accumulate == Accumulate::kF32
              ? state_[i]
              : from_binary16(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(state_[i])));
      total_[i] = reduced(first ? reduced(partial) : total_[i] + reduced(partial));
      if (total_[i] != total_[i]) total_[i] = std::bit_cast<float>(kBinary32CanonicalNan);
    }
  }

  /// Binary32 sums of two binary16 values round once: they have room for twice 11 bits and two more.
  float reduced(float sum) const {
    return plan_.schedule.reduction == Accumulate::kF32 ? sum : from_binary16(to_binary16(sum));
  }

  /// The chunk's codes of the panel, padded and reordered, and their stride; rows beyond the matrix read as
  /// zeros.
  const std::uint16_t* gather(const std::uint16_t* w, std::size_t rows, const KChunk& chunk,
                              std::size_t& stride) {
    if (rows == lanes_ && plan_.is_contiguous(chunk)) {
      stride = static_cast<std::size_t>(plan_.shape.k);
      return w + chunk.begin;
    }
    stride = kChunkK;
    std::fill_n(codes_.data(), lanes_ * kChunkK, std::uint16_t{0});
    for (std::int64_t p = 0; p < chunk.size; ++p) {
      const std::int64_t k = plan_.source_k(chunk.begin + p);
      if (k < 0) continue;
      for (std::size_t lane = 0; lane < rows; ++lane) {
        codes_[lane * kChunkK + static_cast<std::size_t>(p)] =
            w[lane * static_cast<std::size_t>(plan_.shape.k) + static_cast<std::size_t>(k)];
      }
    }
    return codes_.data();
  }

  void run_chunk(const std::uint16_t* w, std::size_t rows, std::size_t index) {
    const KChunk& chunk = plan_.chunks[index];
    std::size_t stride = 0;
    const std::uint16_t* codes = gather(w, rows, chunk, stride);
    const auto size = static_cast<std::size_t>(chunk.size);
    const PanelFormat format = panel_format(plan_);
    bool any_unfit = false;
    if (kernel_ != nullptr) {
      any_unfit =
          kernel_->pack(false, format, codes, stride, size, values_.data(), exponents_.data(), unfit_);
    }
    const auto batch = static_cast<std::size_t>(plan_.shape.n);
    for (std::size_t n = 0; n < batch; n += kTokens) {
      const std::size_t tokens = std::min(kTokens, batch - n);
      float* state = state_.data() + n * lanes_;
      float before[kTokens * kMostPanelRows];
      std::memcpy(before, state, tokens * lanes_ * sizeof(float));
      const bool inside =
          kernel_ != nullptr &&
          kernel_->run(false, format, plan_.context.rule.products_per_step, plan_.context.rule.fraction_bits,
                       values_.data(), exponents_.data(), x_.rows(n, tokens, chunk), size, state);
      for (std::size_t token = 0; token < tokens; ++token) {
        const bool all_scalar = kernel_ == nullptr || x_.unfit(n + token, index);
        if (inside && !any_unfit && !all_scalar) continue;
        for (std::size_t lane = 0; lane < rows; ++lane) {
          const std::size_t at = token * lanes_ + lane;
          if (!all_scalar && unfit_[lane] == 0 && format.c_inside(before[at]) && format.d_inside(state[at]))
            continue;
          const std::uint32_t c = std::bit_cast<std::uint32_t>(before[at]);
          state[at] = std::bit_cast<float>(
              mma_chain(plan_.context, {codes + lane * stride, size}, {x_.codes(n + token, chunk), size}, c));
        }
      }
    }
  }

  const GemmPlan& plan_;
  const PanelKernel* kernel_;
  const Activations& x_;
  std::size_t lanes_;
  AlignedArray<std::uint16_t> codes_;
  AlignedArray<float> values_;
  AlignedArray<std::int8_t> exponents_;
  AlignedArray<float> state_;  // [n][lane]: the running C, bits of the accumulate type
  AlignedArray<float> total_;  // [n][lane]
  std::uint8_t unfit_[kMostPanelRows] = {};
};

void require_size(const char* what, std::size_t actual, std::int64_t rows, std::int64_t columns) {
  const std::size_t expected = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  if (actual == expected) return;
  throw Error("exact GEMM: " + std::string(what) + " has " + std::to_string(actual) + " elements, " +
              std::to_string(rows) + " x " + std::to_string(columns) + " = " + std::to_string(expected) +
              " needed");
}

/// `rows_at(first, count, buffer)` gives the codes of rows, in `buffer` or elsewhere; `store(n, m, value)`
/// keeps one result.
template <class RowsAt, class Store>
void run_gemm(const GemmPlan& plan, const RowsAt& rows_at, const std::uint16_t* x, const Store& store) {
  const PanelKernel* kernel = kernel_for(plan);
  const Activations activations(plan, kernel, x);
  const std::size_t lanes = kernel != nullptr ? kernel->rows : 16;
  const auto m = static_cast<std::size_t>(plan.shape.m);
  parallel_for((m + lanes - 1) / lanes, 1, [&](std::size_t begin, std::size_t end) {
    PanelWorker worker(plan, kernel, activations);
    std::vector<std::uint16_t> buffer;
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t first = panel * lanes;
      const std::size_t rows = std::min(lanes, m - first);
      worker.run(rows_at(first, rows, buffer), rows);
      for (std::size_t n = 0; n < static_cast<std::size_t>(plan.shape.n); ++n) {
        for (std::size_t lane = 0; lane < rows; ++lane) store(n * m + first + lane, worker.result(n, lane));
      }
    }
  });
}

auto rows_of(const GemmShape& shape, std::span<const std::uint16_t> w) {
  require_size("W", w.size(), shape.m, shape.k);
  return [w, k = static_cast<std::size_t>(shape.k)](
             std::size_t first, std::size_t, std::vector<std::uint16_t>&) { return w.data() + first * k; };
}

auto rows_of(const GemmShape& shape, const WeightRows& w) {
  if (!w) throw Error("exact GEMM: no weight rows given");
  return
      [&w, k = static_cast<std::size_t>(shape.k)](
          std::size_t first, std::size_t count, std::vector<std::uint16_t>& buffer) -> const std::uint16_t* {
        buffer.resize(count * k);
        w(static_cast<std::int64_t>(first), static_cast<std::int64_t>(count), buffer.data());
        return buffer.data();
      };
}

template <class Weights, class Result>
void checked_gemm(const GemmSchedule& schedule, const GemmShape& shape, const Weights& w,
                  std::span<const std::uint16_t> x, std::span<Result> y) {
  const GemmPlan plan = plan_gemm(schedule, shape);
  const auto rows_at = rows_of(shape, w);
  require_size("X", x.size(), shape.n, shape.k);
  require_size("Y", y.size(), shape.n, shape.m);
  if constexpr (std::is_same_v<Result, float>) {
    run_gemm(plan, rows_at, x.data(), [y](std::size_t i, float value) { y[i] = value; });
  } else if (schedule.input == TileInput::kBinary16) {
    run_gemm(plan, rows_at, x.data(), [y](std::size_t i, float value) { y[i] = to_binary16(value); });
  } else {
    run_gemm(plan, rows_at, x.data(), [y](std::size_t i, float value) { y[i] = to_bfloat16(value); });
  }
}

}  // namespace

void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, std::span<const std::uint16_t> w,
                std::span<const std::uint16_t> x, std::span<float> y) {
  checked_gemm(schedule, shape, w, x, y);
}
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, const WeightRows& w,
                std::span<const std::uint16_t> x, std::span<float> y) {
  checked_gemm(schedule, shape, w, x, y);
}
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, std::span<const std::uint16_t> w,
                std::span<const std::uint16_t> x, std::span<std::uint16_t> y) {
  checked_gemm(schedule, shape, w, x, y);
}
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, const WeightRows& w,
                std::span<const std::uint16_t> x, std::span<std::uint16_t> y) {
  checked_gemm(schedule, shape, w, x, y);
}

}  // namespace fp6sim::emu
