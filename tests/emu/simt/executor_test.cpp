// What the executor computes: indices, collectives, copies and the tensor core, against their definitions.
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "emu/binary16.h"
#include "emu/mma/mma.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"

namespace fp6sim::simt {
namespace {

LaunchConfig config(Dim3 grid, Dim3 block, std::size_t shared = 0) {
  LaunchConfig c;
  c.kernel_name = "test";
  c.grid = grid;
  c.block = block;
  c.dynamic_shared_bytes = shared;
  return c;
}

TEST(Executor, EveryThreadOfEveryBlockRunsOnce) {
  std::vector<std::uint32_t> seen(5 * 3 * 2 * 70, 0);
  auto c = config({5, 3, 2}, {7, 5, 2});
  c.buffers = {read_write("seen", seen.data(), seen.size())};
  launch(
      c,
      [](std::uint32_t* out) {
        const Dim3 b = block_idx(), t = thread_idx();
        const unsigned block = (b.z * grid_dim().y + b.y) * grid_dim().x + b.x;
        const unsigned thread = (t.z * block_dim().y + t.y) * block_dim().x + t.x;
        if (lane_id() != thread % 32 || warp_id() != thread / 32) return;
        atomic_add(out + block * 70 + thread, 1u);
      },
      seen.data());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1u), static_cast<std::ptrdiff_t>(seen.size()));
}

// A block-wide reversal through shared memory, then a tree sum with barriers: wrong without correct barriers.
void reverse_and_sum(const std::uint32_t* in, std::uint32_t* out, std::uint32_t* sums) {
  auto* shared = reinterpret_cast<std::uint32_t*>(dynamic_shared());
  const unsigned t = thread_idx().x, n = block_dim().x;
  store_shared(shared + t, load_global(in + block_idx().x * n + t));
  sync_threads();
  store_global(out + block_idx().x * n + t, load_shared(shared + n - 1 - t));
  sync_threads();
  for (unsigned step = n / 2; step > 0; step /= 2) {
    if (t < step) store_shared(shared + t, load_shared(shared + t) + load_shared(shared + t + step));
    sync_threads();
  }
  if (t == 0) store_global(sums + block_idx().x, load_shared(shared));
}

TEST(Executor, BarriersAndSharedMemoryForAnyWorkerCount) {
  const unsigned n = 256, blocks = 37;
  std::vector<std::uint32_t> in(n * blocks), sums(blocks), out(in.size());
  std::iota(in.begin(), in.end(), 1u);
  for (unsigned workers : {1u, 3u}) {
    auto c = config({blocks}, {n}, n * 4);
    c.workers = workers;
    c.buffers = {read_only("in", in.data(), in.size()), read_write("out", out.data(), out.size()),
                 read_write("sums", sums.data(), sums.size())};
    launch(c, reverse_and_sum, in.data(), out.data(), sums.data());
    for (unsigned b = 0; b < blocks; ++b) {
      ASSERT_EQ(sums[b], std::accumulate(in.begin() + b * n, in.begin() + (b + 1) * n, 0u));
      for (unsigned t = 0; t < n; ++t) ASSERT_EQ(out[b * n + t], in[b * n + n - 1 - t]);
    }
  }
}

TEST(Executor, ShufflesAndVotes) {
  std::vector<std::uint32_t> out(32 * 6);
  auto c = config({1}, {32});
  c.buffers = {read_write("out", out.data(), out.size())};
  launch(
      c,
      [](std::uint32_t* o) {
        const unsigned l = lane_id();
        store_global(o + l, shuffle_idx(kFullMask, l * 10, 5));
        store_global(o + 32 + l, shuffle_up(kFullMask, l, 3, 8));
        store_global(o + 64 + l, shuffle_down(kFullMask, l, 3, 8));
        store_global(o + 96 + l, shuffle_xor(kFullMask, l, 16));
        store_global(o + 128 + l, ballot(kFullMask, l % 3 == 0));
        if (l >= 16)
          store_global(o + 160 + l, static_cast<std::uint32_t>(shuffle_idx(0xFFFF0000u, 1.5 * l, 20) * 2));
      },
      out.data());
  unsigned votes = 0;
  for (unsigned l = 0; l < 32; l += 3) votes |= 1u << l;
  for (unsigned l = 0; l < 32; ++l) {
    EXPECT_EQ(out[l], 50u);
    EXPECT_EQ(out[32 + l], l % 8 >= 3 ? l - 3 : l);
    EXPECT_EQ(out[64 + l], l % 8 + 3 < 8 ? l + 3 : l);
    EXPECT_EQ(out[96 + l], l ^ 16);
    EXPECT_EQ(out[128 + l], votes);
    EXPECT_EQ(out[160 + l], l >= 16 ? 60u : 0u);
  }
}

// ldmatrix of A (plain) and of B stored row-major (transposed), one mma, fragments stored by their
// definition.
void one_mma(const std::uint16_t* a, const std::uint16_t* b, float* d) {
  auto* tile = reinterpret_cast<std::uint16_t*>(dynamic_shared());
  const unsigned l = lane_id();
  for (unsigned i = l; i < 256; i += 32) store_shared(tile + i, load_global(a + i));
  for (unsigned i = l; i < 128; i += 32) store_shared(tile + 256 + i, load_global(b + i));
  sync_warp();
  std::uint32_t fa[4], fb[2];
  ldmatrix(fa, tile + (l % 16) * 16 + (l / 16) * 8);
  ldmatrix_transposed(fb, tile + 256 + (l % 16) * 8);
  float acc[4] = {0.5f, -1, 2, 3};
  mma_m16n8k16(MmaInput::kF16, acc, fa, fb, acc);
  for (unsigned i = 0; i < 4; ++i) store_global(d + (l / 4 + i / 2 * 8) * 8 + l % 4 * 2 + i % 2, acc[i]);
}

TEST(Executor, MatrixLoadAndMmaFollowTheFragmentLayoutAndTheArchitecture) {
  std::mt19937 random(3);
  std::vector<std::uint16_t> a(256), b(128), columns(128);
  for (auto& x : a) x = static_cast<std::uint16_t>(0x2C00 + random() % 0x2000 + (random() % 2 << 15));
  for (auto& x : b) x = static_cast<std::uint16_t>(0x2C00 + random() % 0x2000 + (random() % 2 << 15));
  for (unsigned k = 0; k < 16; ++k) {
    for (unsigned n = 0; n < 8; ++n) columns[n * 16 + k] = b[k * 8 + n];
  }
  std::vector<float> start(128);
  const float per_register[4] = {0.5f, -1, 2, 3};
  for (unsigned m = 0; m < 16; ++m) {
    for (unsigned n = 0; n < 8; ++n) start[m * 8 + n] = per_register[m / 8 * 2 + n % 2];
  }
  std::vector<std::vector<float>> results;
  for (const char* name : {"ampere", "hopper"}) {
    std::vector<float> d(128), expected(128);
    auto c = config({1}, {32}, 768);
    c.architecture = name;
    c.buffers = {read_only("a", a.data(), 256), read_only("b", b.data(), 128),
                 read_write("d", d.data(), 128)};
    const auto statistics = launch(c, one_mma, a.data(), b.data(), d.data());
    EXPECT_EQ(statistics.mma_steps, 1u);
    emu::mma_m16n8k16(emu::architecture_by_name(name), emu::TileInput::kBinary16, a.data(), columns.data(),
                      start.data(), expected.data());
    EXPECT_EQ(d, expected) << name;
    results.push_back(d);
    for (unsigned i = 0; i < 128; ++i) {  // and near the real product, whatever emu does
      double exact = start[i];
      for (unsigned k = 0; k < 16; ++k) {
        exact +=
            static_cast<double>(emu::from_binary16(a[i / 8 * 16 + k])) * emu::from_binary16(b[k * 8 + i % 8]);
      }
      EXPECT_NEAR(d[i], exact, 1e-4) << i;
    }
  }
  EXPECT_NE(results[0], results[1]);  // one or two roundings per instruction: the architectures differ
}

// Three stages of cp.async, one ragged tail filled with zeros.
void staged_copy(const std::uint32_t* in, unsigned count, std::uint32_t* out) {
  auto* stages = reinterpret_cast<std::uint32_t*>(dynamic_shared());
  const unsigned t = thread_idx().x;
  const unsigned tiles = (count + 255) / 256;
  const auto issue = [&](unsigned tile) {
    const unsigned first = tile * 256 + t * 4;
    const unsigned valid = first >= count ? 0 : count - first < 4 ? (count - first) * 4 : 16;
    if (tile < tiles) cp_async<16>(stages + tile % 3 * 256 + t * 4, in + (valid == 0 ? 0 : first), valid);
    cp_async_commit();
  };
  issue(0);
  issue(1);
  for (unsigned tile = 0; tile < tiles; ++tile) {
    cp_async_wait_group(1);
    sync_threads();
    issue(tile + 2);
    const unsigned reversed = 255 - t * 4;  // other threads' copies
    for (unsigned i = 0; i < 4; ++i) {
      store_global(out + tile * 256 + t * 4 + i, load_shared(stages + tile % 3 * 256 + reversed - i));
    }
  }
}

TEST(Executor, AsyncCopiesLandAtTheirWaitAndPadWithZeros) {
  const unsigned count = 256 * 6 + 70, padded = 256 * 7;
  std::vector<std::uint32_t> in(count), out(padded, 0xFFFFFFFF);
  std::iota(in.begin(), in.end(), 1u);
  auto c = config({1}, {64}, 3 * 1024);
  c.buffers = {read_only("in", in.data(), count), read_write("out", out.data(), padded)};
  launch(c, staged_copy, in.data(), count, out.data());
  for (unsigned i = 0; i < padded; ++i) {
    const unsigned source = i / 256 * 256 + 255 - i % 256;
    ASSERT_EQ(out[i], source < count ? in[source] : 0u) << i;
  }
}

// A producer warp feeds two consumer warps through two stages of bulk copies, full and empty mbarriers.
void pipeline(const std::uint32_t* in, unsigned tiles, std::uint32_t* out) {
  auto* full = reinterpret_cast<Mbarrier*>(dynamic_shared());
  Mbarrier* empty = full + 2;
  auto* stages = reinterpret_cast<std::uint32_t*>(dynamic_shared() + 128);
  const unsigned t = thread_idx().x;
  if (t == 0) {
    for (unsigned s = 0; s < 2; ++s) {
      mbarrier_init(full + s, 1);
      mbarrier_init(empty + s, 2);
    }
    fence_mbarrier_init();
  }
  sync_threads();
  if (warp_id() == 2) {
    if (lane_id() != 0) return;
    for (unsigned tile = 0; tile < tiles; ++tile) {
      const unsigned s = tile % 2;
      mbarrier_wait(empty + s, (tile / 2 + 1) % 2);
      mbarrier_arrive_expect_tx(full + s, 256);
      bulk_copy_to_shared(stages + s * 64, in + tile * 64, 256, full + s);
    }
    return;
  }
  for (unsigned tile = 0; tile < tiles; ++tile) {
    const unsigned s = tile % 2;
    mbarrier_wait(full + s, tile / 2 % 2);
    store_global(out + tile * 64 + t, load_shared(stages + s * 64 + (t ^ 63)));
    sync_warp();
    if (lane_id() == 0) mbarrier_arrive(empty + s);
  }
}

TEST(Executor, WarpSpecialisedBulkCopies) {
  const unsigned tiles = 9;
  std::vector<std::uint32_t> in(tiles * 64), out(in.size());
  std::iota(in.begin(), in.end(), 1u);
  auto c = config({1}, {96}, 128 + 512);
  c.buffers = {read_only("in", in.data(), in.size()), read_write("out", out.data(), out.size())};
  launch(c, pipeline, in.data(), tiles, out.data());
  for (unsigned i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], in[i / 64 * 64 + (i % 64 ^ 63)]) << i;
}

TEST(Executor, CtasMayWaitForLowerOnes) {
  // A chain through global memory: CTA i waits for CTA i-1's flag.
  std::vector<std::uint32_t> flags(40, 0);
  auto c = config({40}, {32});
  c.buffers = {read_write("flags", flags.data(), flags.size())};
  c.workers = 3;
  launch(
      c,
      [](std::uint32_t* flag) {
        const unsigned b = block_idx().x;
        if (lane_id() != 0) return;
        std::uint32_t before = 0;
        if (b > 0) {
          do before = load_acquire_global(flag + b - 1);
          while (before == 0);
        }
        store_release_global(flag + b, before + 1);
      },
      flags.data());
  EXPECT_EQ(flags.back(), 40u);
}

TEST(Executor, NamedBarriersOrderTheirThreadsOnly) {
  std::vector<std::uint32_t> out(64);
  auto c = config({1}, {128}, 512);
  c.buffers = {read_write("out", out.data(), out.size())};
  launch(
      c,
      [](std::uint32_t* o) {
        auto* shared = reinterpret_cast<std::uint32_t*>(dynamic_shared());
        const unsigned t = thread_idx().x;
        if (t < 64) {
          store_shared(shared + t, t);
          named_barrier_arrive(3, 128);
        } else {
          named_barrier_sync(3, 128);
          store_global(o + t - 64, load_shared(shared + 127 - t));
        }
      },
      out.data());
  for (unsigned i = 0; i < 64; ++i) EXPECT_EQ(out[i], 63 - i);
}

}  // namespace
}  // namespace fp6sim::simt
