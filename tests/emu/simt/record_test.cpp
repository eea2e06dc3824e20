// What a recording says about a launch: events by hand, and files against a recording of every CTA.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <vector>

#include "emu/simt/device.h"
#include "emu/simt/launch.h"
#include "emu/trace/reader.h"
#include "emu/trace/writer.h"

namespace fp6sim::simt {
namespace {

using trace::Op;

/// Keeps every CTA as it came.
class KeepAll : public trace::Recorder {
 public:
  void begin_launch(const trace::LaunchInfo& launch) override {
    info = launch;
    ctas.resize(launch.grid.count());
  }
  void add_cta(std::uint64_t index, trace::Program&& program) override {
    const std::lock_guard lock(mutex_);
    ctas[index] = std::move(program);
  }
  void end_launch() override {}

  trace::LaunchInfo info;
  std::vector<trace::Program> ctas;

 private:
  std::mutex mutex_;
};

std::vector<trace::Event> events_of(const trace::Warp& warp, Op op) {
  std::vector<trace::Event> found;
  for (const auto& event : warp.events) {
    if (event.op == op) found.push_back(event);
  }
  return found;
}

template <class Kernel, class... Args>
trace::Program record_one(LaunchConfig config, Kernel kernel, Args... args) {
  KeepAll all;
  config.recorder = &all;
  config.kernel_name = "record";
  launch(config, kernel, args...);
  return all.ctas.at(0);
}

TEST(Record, CoalescingConflictsAndCountsOfAWarp) {
  alignas(16) static std::uint32_t in[4096];
  LaunchConfig config;
  config.block = {32};
  config.dynamic_shared_bytes = 8192;
  config.buffers = {read_write("in", in, 4096)};
  const auto program = record_one(
      config,
      [](std::uint32_t* x) {
        const unsigned l = lane_id();
        auto* shared = reinterpret_cast<std::uint32_t*>(dynamic_shared());
        struct alignas(16) Four {
          std::uint32_t word[4];
        };
        const Four four =
            load_global(reinterpret_cast<const Four*>(x) + l);  // 512 bytes: 16 sectors in one run
        std::uint32_t v = load_global(x + l * 32);              // one sector per lane, every 128 bytes
        store_shared(shared + l, four.word[0]);                 // conflict free
        store_shared(shared + l * 2 + 64, v);                   // two-way
        store_shared(shared + l * 32 + 512, v);                 // all in one bank
        sync_warp();
        v = load_shared(shared);                                                  // broadcast
        v += load_shared(reinterpret_cast<const Four*>(shared) + l % 8).word[1];  // four groups of 128 bytes
        for (int i = 0; i < 5; ++i) v = lop3<0xFE>(v, 1, 2);
        v = hmul2(v, v);
        if (l < 3) store_global(x + 1000 + l, v);
      },
      in);

  ASSERT_EQ(program.warps.size(), 1u);
  const trace::Warp& warp = program.warps[0];
  const auto loads = events_of(warp, Op::kGlobalLoad);
  ASSERT_EQ(loads.size(), 2u);
  EXPECT_EQ(loads[0].lane_bytes, 16);
  EXPECT_EQ(loads[0].run_count, 1u);
  EXPECT_EQ(warp.runs[loads[0].first_run], (trace::SectorRun{0, 16, 0}));
  EXPECT_EQ(loads[1].run_count, 32u);
  EXPECT_EQ(warp.runs[loads[1].first_run + 31], (trace::SectorRun{31 * 4, 1, 0}));
  const auto stores = events_of(warp, Op::kSharedStore);
  ASSERT_EQ(stores.size(), 3u);
  EXPECT_EQ(stores[0].shared_passes, 1);
  EXPECT_EQ(stores[1].shared_passes, 2);
  EXPECT_EQ(stores[2].shared_passes, 32);
  EXPECT_EQ(stores[2].shared_passes_ideal, 1);
  EXPECT_EQ(stores[2].shared_bytes, 128u);
  const auto shared_loads = events_of(warp, Op::kSharedLoad);
  ASSERT_EQ(shared_loads.size(), 2u);
  EXPECT_EQ(shared_loads[0].shared_passes, 1);
  EXPECT_EQ(shared_loads[1].shared_passes, 4);
  const auto out = events_of(warp, Op::kGlobalStore);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].lanes, 3);
  EXPECT_EQ(out[0].counts.integer, 5u);
  EXPECT_EQ(out[0].counts.half2, 1u);
  EXPECT_EQ(warp.runs[out[0].first_run], (trace::SectorRun{125, 1, 0}));
  EXPECT_EQ(warp.events.back().op, Op::kExit);
  EXPECT_NE(program.lines[out[0].line].find("record_test.cpp:"), std::string::npos);
}

TEST(Record, DivergentLanesAreSeparateEventsUntilTheyMeet) {
  static std::uint32_t x[64];
  LaunchConfig config;
  config.block = {32};
  config.buffers = {read_write("x", x, 64)};
  const auto program = record_one(
      config,
      [](std::uint32_t* p) {
        const unsigned l = lane_id();
        for (unsigned i = 0; i < (l < 8 ? 3u : 1u); ++i) store_global(p + l, i);  // 3 iterations for 8 lanes
        if (l % 2 == 0) {
          store_global(p + l, 7u);
        } else {
          store_global(p + 32 + l, 8u);
        }
        sync_warp();
        store_global(p + l, 9u);
      },
      x);
  const auto stores = events_of(program.warps[0], Op::kGlobalStore);
  std::vector<unsigned> lanes;
  for (const auto& store : stores) lanes.push_back(store.lanes);
  EXPECT_EQ(lanes, (std::vector<unsigned>{32, 8, 8, 16, 16, 32}));
}

TEST(Record, CopiesGroupsBarriersAndMma) {
  static std::uint32_t x[1024];
  LaunchConfig config;
  config.block = {64};
  config.dynamic_shared_bytes = 8192;
  config.buffers = {read_only("x", x, 1024)};
  const auto program = record_one(
      config,
      [](const std::uint32_t* p) {
        auto* bars = reinterpret_cast<Mbarrier*>(dynamic_shared() + 4096);
        const unsigned t = thread_idx().x;
        if (t == 0) {
          mbarrier_init(bars, 1);
          fence_mbarrier_init();
        }
        cp_async<16>(dynamic_shared() + t * 16, p + t * 4);
        cp_async_commit();
        cp_async_wait_group(0);
        sync_threads();
        if (t == 32) {
          mbarrier_arrive_expect_tx(bars, 512);
          bulk_copy_to_shared(dynamic_shared() + 2048, p + 8, 512, bars);
        }
        mbarrier_wait(bars, 0);
        std::uint32_t a[4] = {}, b[2] = {};
        float d[4] = {};
        mma_m16n8k16(MmaInput::kBf16, d, a, b, d);
      },
      static_cast<const std::uint32_t*>(x));
  std::vector<Op> second;
  for (const auto& event : program.warps[1].events) second.push_back(event.op);
  EXPECT_EQ(second,
            (std::vector<Op>{Op::kAsyncCopy, Op::kAsyncCommit, Op::kAsyncWait, Op::kBarrierSync,
                             Op::kMbarrierArrive, Op::kBulkCopy, Op::kMbarrierWait, Op::kMma, Op::kExit}));
  const trace::Warp& warp = program.warps[1];
  EXPECT_EQ(warp.runs[warp.events[0].first_run], (trace::SectorRun{16, 16, 0}));
  EXPECT_EQ(warp.events[0].shared_passes, 4);
  EXPECT_EQ(warp.events[3].value, 64u);
  EXPECT_EQ(warp.events[4].tx_bytes, 512u);
  EXPECT_EQ(warp.events[5].shared_bytes, 512u);
  EXPECT_EQ(warp.runs[warp.events[5].first_run], (trace::SectorRun{1, 16, 0}));
  EXPECT_EQ(warp.events[6].value, 0u);
  EXPECT_EQ(warp.events[7].mma_input, trace::MmaInput::kBf16);
}

// Copies a matrix [rows, columns] in tiles of 32 x 64: ragged at the right and bottom.
void ragged_tiles(const std::uint32_t* in, unsigned rows, unsigned columns, std::uint32_t* out) {
  const unsigned row0 = block_idx().y * 32, column0 = block_idx().x * 64;
  for (unsigned r = warp_id(); r < 32 && row0 + r < rows; r += 4) {
    for (unsigned c = lane_id(); c < 64 && column0 + c < columns; c += 32) {
      const std::size_t at = std::size_t{row0 + r} * columns + column0 + c;
      store_global(out + at, add(load_global(in + at), 1));
    }
  }
}

// Stream-K: CTA i takes tile-steps i*total/ctas .. (i+1)*total/ctas - 1 of a grid of tiles x steps.
void stream_k(const std::uint32_t* in, unsigned tiles, unsigned steps, std::uint32_t* partial) {
  const std::uint64_t total = std::uint64_t{tiles} * steps;
  const std::uint64_t first = block_idx().x * total / grid_dim().x,
                      last = (block_idx().x + 1) * total / grid_dim().x;
  std::uint32_t sum = 0;
  for (std::uint64_t i = first; i < last; ++i) {
    sum += load_global(in + i * 32 + lane_id());
    if ((i + 1) % steps == 0 || i + 1 == last) {
      store_global(partial + (block_idx().x * 4 + i / steps % 4) * 32 + lane_id(), sum);
      sum = 0;
    }
  }
}

std::string temporary(const char* name) {
  return (std::filesystem::temp_directory_path() / (std::string("fp6sim_") + std::to_string(getpid()) + name))
      .string();
}

/// The file written for a launch against a recording of all its CTAs, and its number of classes.
template <class Kernel, class... Args>
std::uint32_t same_as_every_cta(LaunchConfig config, Kernel kernel, Args... args) {
  KeepAll all;
  config.kernel_name = "classes";
  config.recorder = &all;
  launch(config, kernel, args...);
  const std::string path = temporary("classes.trace");
  trace::Writer writer(path);
  config.recorder = &writer;
  launch(config, kernel, args...);
  writer.finish();
  const trace::Reader reader(path);
  EXPECT_EQ(reader.launches().size(), 1u);
  for (std::uint64_t i = 0; i < all.ctas.size(); ++i) {
    EXPECT_EQ(reader.cta(0, i), all.ctas[i]) << "CTA " << i;
  }
  std::filesystem::remove(path);
  return reader.launches()[0].classes;
}

TEST(Record, ClassesReplayRaggedTilesExactly) {
  const unsigned rows = 32 * 4 + 5, columns = 64 * 6 + 32;
  std::vector<std::uint32_t> in(rows * columns), out(in.size());
  LaunchConfig config;
  config.grid = {7, 5};
  config.block = {128};
  config.buffers = {read_only("in", in.data(), in.size()), read_write("out", out.data(), out.size())};
  // A row is 13 lines of 128 bytes, so every full tile behaves alike: full, right edge, bottom edge, corner.
  EXPECT_EQ(same_as_every_cta(config, ragged_tiles, in.data(), rows, columns, out.data()), 4u);
}

TEST(Record, ClassesReplayUnalignedRowsExactly) {
  const unsigned rows = 70, columns = 201;  // rows start anywhere in a sector
  std::vector<std::uint32_t> in(rows * columns), out(in.size());
  LaunchConfig config;
  config.grid = {4, 3};
  config.block = {128};
  config.buffers = {read_only("in", in.data(), in.size()), read_write("out", out.data(), out.size())};
  same_as_every_cta(config, ragged_tiles, in.data(), rows, columns, out.data());
}

TEST(Record, ClassesReplayStreamKExactly) {
  std::vector<std::uint32_t> in(10 * 7 * 32), partial(9 * 4 * 32);
  LaunchConfig config;
  config.grid = {9};
  config.block = {32};
  config.buffers = {read_only("in", in.data(), in.size()),
                    read_write("partial", partial.data(), partial.size())};
  const auto classes = same_as_every_cta(config, stream_k, in.data(), 10u, 7u, partial.data());
  EXPECT_GT(classes, 3u);  // uneven splits differ in where a tile ends and in length
}

TEST(Record, TheFileDoesNotDependOnWorkers) {
  std::vector<std::uint32_t> in(64 * 32 * 20), out(in.size());
  std::vector<std::string> contents;
  for (unsigned workers : {1u, 4u}) {
    LaunchConfig config;
    config.kernel_name = "workers";
    config.grid = {4, 5};
    config.block = {128};
    config.workers = workers;
    config.buffers = {read_only("in", in.data(), in.size()), read_write("out", out.data(), out.size())};
    const std::string path = temporary("workers.trace");
    trace::Writer writer(path);
    config.recorder = &writer;
    launch(config, ragged_tiles, in.data(), 150u, 250u, out.data());
    writer.finish();
    std::string bytes(std::filesystem::file_size(path), '\0');
    std::FILE* file = std::fopen(path.c_str(), "rb");
    ASSERT_EQ(std::fread(bytes.data(), 1, bytes.size(), file), bytes.size());
    std::fclose(file);
    std::filesystem::remove(path);
    contents.push_back(bytes);
  }
  EXPECT_EQ(contents[0], contents[1]);
}

}  // namespace
}  // namespace fp6sim::simt
