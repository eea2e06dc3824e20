// Trace files: what goes in comes out, and nothing but a whole trace is accepted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "emu/error.h"
#include "emu/trace/reader.h"
#include "emu/trace/writer.h"

namespace fp6sim::trace {
namespace {

Program random_program(std::mt19937_64& random, std::size_t events) {
  Program program;
  program.lines = {"a.cu:1", "b.cu:20", "b.cu:21"};
  program.warps.resize(3);
  for (Warp& warp : program.warps) {
    for (std::size_t i = 0; i < events; ++i) {
      Event e;
      e.op = static_cast<Op>(random() % (static_cast<unsigned>(Op::kExit) + 1));
      e.line = static_cast<std::uint32_t>(random() % 3);
      e.lanes = static_cast<std::uint8_t>(random() % 3 == 0 ? 1 + random() % 32 : 32);
      e.lane_bytes = static_cast<std::uint8_t>(random() % 17);
      if (random() % 2 == 0) e.counts = {static_cast<std::uint32_t>(random()), 1, 0, 3, 0, 5};
      if (random() % 2 == 0) e.shared_bytes = 512, e.shared_passes = 5, e.shared_passes_ideal = 4;
      if (random() % 2 == 0) e.barrier = 3, e.value = kAllGroups, e.tx_bytes = 77;
      if (random() % 4 == 0) e.mma_m = 16, e.mma_n = 8, e.mma_k = 16, e.mma_input = MmaInput::kF8;
      if (random() % 2 == 0) {
        e.first_run = static_cast<std::uint32_t>(warp.runs.size());
        e.run_count = static_cast<std::uint32_t>(1 + random() % 5);
        for (std::uint32_t r = 0; r < e.run_count; ++r) {
          warp.runs.push_back({static_cast<std::int64_t>(random() >> 20),
                               static_cast<std::uint32_t>(random() % 100),
                               static_cast<std::uint16_t>(random() % 2)});
        }
      }
      warp.events.push_back(e);
    }
  }
  return program;
}

class TraceFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / ("fp6sim_file_" + std::to_string(getpid()) + ".trace"))
                .string();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void write_random(std::size_t events) {
    std::mt19937_64 random(5);
    Writer writer(path_);
    for (int l = 0; l < 2; ++l) {
      LaunchInfo info;
      info.kernel = "k" + std::to_string(l);
      info.origin = "recorded";
      info.grid = {2, 2, 1};
      info.block = {96, 1, 1};
      info.shared_bytes = 1 << 17;
      info.buffers = {{"x", 100, 0}, {"y", 1000, 512}};
      writer.begin_launch(info);
      for (std::uint64_t i : {2, 0, 3, 1}) {
        programs_[l].resize(4);
        programs_[l][i] = random_program(random, events);
        writer.add_cta(i, Program(programs_[l][i]));
      }
      writer.end_launch();
    }
    writer.finish();
  }

  std::string contents() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(const std::string& bytes) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << bytes;
  }
  /// Opens the file and reads everything in it.
  void read_all() const {
    const Reader reader(path_);
    for (std::size_t l = 0; l < reader.launches().size(); ++l) {
      for (std::uint32_t c = 0; c < reader.launches()[l].classes; ++c) reader.program(l, c);
    }
  }
  std::string error() const {
    try {
      read_all();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  std::string path_;
  std::vector<Program> programs_[2];
};

TEST_F(TraceFile, EverythingComesBack) {
  write_random(200);
  const Reader reader(path_);
  ASSERT_EQ(reader.launches().size(), 2u);
  EXPECT_EQ(reader.launches()[1].kernel, "k1");
  EXPECT_EQ(reader.launches()[1].buffers[1], (BufferInfo{"y", 1000, 512}));
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::uint64_t i = 0; i < 4; ++i) ASSERT_EQ(reader.cta(l, i), programs_[l][i]) << l << " " << i;
    for (const Placement& placement : reader.placements(l)) {
      for (std::int64_t offset : placement.offsets) EXPECT_EQ(offset % kLineBytes, 0);
    }
  }
}

TEST_F(TraceFile, WarpsLongerThanAChunk) {
  std::mt19937_64 random(6);
  Program program;
  program.lines = {"k.cu:1"};
  program.warps.resize(1);
  for (unsigned i = 0; i < 150000; ++i) {
    Event e;
    e.op = Op::kGlobalLoad;
    e.lanes = 32;
    e.first_run = i;
    e.run_count = 1;
    program.warps[0].runs.push_back({std::int64_t{i} * 4, 4, 0});
    program.warps[0].events.push_back(e);
  }
  Writer writer(path_);
  LaunchInfo info;
  info.kernel = "long";
  info.buffers = {{"x", 1 << 30, 0}};
  writer.begin_launch(info);
  writer.add_cta(0, Program(program));
  writer.end_launch();
  writer.finish();
  EXPECT_EQ(Reader(path_).cta(0, 0), program);
  EXPECT_LT(std::filesystem::file_size(path_), 20000u);  // a regular stream costs almost nothing
}

TEST_F(TraceFile, EveryTruncationIsRefused) {
  write_random(20);
  const std::string whole = contents();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 50) {
    overwrite(whole.substr(0, size));
    const std::string message = error();
    ASSERT_NE(message.find(path_), std::string::npos) << size;
    ASSERT_NE(message.find("byte "), std::string::npos) << message;
  }
}

TEST_F(TraceFile, EveryFlippedByteIsRefusedOrHarmless) {
  write_random(20);
  const std::string whole = contents();
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    overwrite(damaged);
    const std::string message = error();
    if (message.empty()) {
      ++accepted;
    } else {
      ASSERT_NE(message.find("byte "), std::string::npos) << message;
    }
  }
  EXPECT_EQ(accepted, 0u);
}

TEST_F(TraceFile, NewerVersionsAndOtherFilesAreNamed) {
  write_random(5);
  std::string newer = contents();
  newer[8] = 7;
  overwrite(newer);
  EXPECT_NE(error().find("byte 8: version 7, this program reads version 1"), std::string::npos) << error();
  overwrite("MThd and then some music that is long enough to hold a footer");
  EXPECT_NE(error().find("not a trace"), std::string::npos) << error();
  std::filesystem::remove(path_);
  EXPECT_NE(error().find("cannot open"), std::string::npos) << error();
}

TEST_F(TraceFile, AnUnfinishedRecordingIsRefused) {
  {
    Writer writer(path_);
    LaunchInfo info;
    info.kernel = "k";
    writer.begin_launch(info);
    EXPECT_THROW(writer.end_launch(), Error);
  }
  EXPECT_NE(error().find("truncated"), std::string::npos) << error();
  EXPECT_THROW(Writer("/nonexistent/x.trace"), Error);
}

}  // namespace
}  // namespace fp6sim::trace
