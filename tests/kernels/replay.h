#pragma once
#include <cstdio>
#include <string>

#include "emu/binary16.h"
#include "emu/mma/mma.h"
#include "kernels/host_run.h"
namespace fp6sim::kernels {
inline std::string first_difference(const HostProblem& p, const std::string& arch) {
  const auto a = emu::architecture_by_name(arch);
  const bool h = p.spec.activation == Activation::kFp16;
  const auto ctx = emu::mma_context(a, h ? emu::kFp16 : emu::kBf16, h ? emu::kFp16 : emu::kBf16);
  const auto T = p.plan.k_tiles;
  for (std::int64_t row = 0; row < p.shape.m; ++row) {
    std::vector<std::uint16_t> w(T * 64, 0);
    for (std::int64_t c = 0; c < p.shape.k; ++c) w[c] = p.weight(row, c);
    for (std::int64_t n = 0; n < p.shape.n; ++n) {
      std::vector<std::uint16_t> x(T * 64, 0);
      for (std::int64_t c = 0; c < p.shape.k; ++c) x[c] = p.x[n * p.shape.k + c];
      float total = 0;
      for (int s = 0; s < p.plan.splits; ++s) {
        const auto b = s * T / p.plan.splits * 64, e = (s + 1) * T / p.plan.splits * 64;
        const float part = std::bit_cast<float>(
            emu::mma_chain(ctx, {w.data() + b, w.data() + e}, {x.data() + b, x.data() + e}, 0));
        total = s == 0 ? part : total + part;
      }
      const auto want = h ? emu::to_binary16(total) : emu::to_bfloat16(total);
      const auto have = p.y[n * p.shape.m + row];
      if (want != have) {
        char t[200];
        std::snprintf(t, sizeof t, "(%d,%d): have %04x want %04x", int(row), int(n), have, want);
        return t;
      }
    }
  }
  return "";
}
}  // namespace fp6sim::kernels
