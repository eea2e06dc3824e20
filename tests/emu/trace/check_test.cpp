// Traces that cannot be replayed are told so before anybody tries.
#include "emu/trace/check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "emu/error.h"
#include "emu/trace/writer.h"

namespace fp6sim::trace {
namespace {

Event event(Op op, std::uint32_t barrier = 0, std::uint32_t value = 0, std::uint32_t bytes = 0) {
  Event e;
  e.op = op;
  e.lanes = 32;
  e.barrier = barrier;
  e.value = value;
  (op == Op::kBulkCopy ? e.shared_bytes : e.tx_bytes) = bytes;
  return e;
}

/// The check's message for a launch of one CTA with these warps, "" where it passes.
std::string verdict(const std::vector<std::vector<Event>>& warps, std::vector<SectorRun> runs = {}) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("fp6sim_check_" + std::to_string(getpid()) + ".trace"))
          .string();
  Writer writer(path);
  LaunchInfo info;
  info.kernel = "k";
  info.block = {static_cast<std::uint32_t>(warps.size()) * 32, 1, 1};
  info.buffers = {{"x", 1000, 1 << 20}};
  writer.begin_launch(info);
  Program program;
  program.lines = {"k.cu:1"};
  for (const auto& events : warps) {
    Warp& warp = program.warps.emplace_back();
    warp.events = events;
    warp.events.push_back(event(Op::kExit));
  }
  if (!runs.empty()) {
    Event load = event(Op::kGlobalLoad);
    load.run_count = static_cast<std::uint32_t>(runs.size());
    program.warps[0].events.insert(program.warps[0].events.begin(), load);
    program.warps[0].runs = std::move(runs);
  }
  writer.add_cta(0, std::move(program));
  writer.end_launch();
  writer.finish();
  std::string message;
  try {
    check_launch(Reader(path), 0);
  } catch (const Error& error) {
    message = error.what();
  }
  std::filesystem::remove(path);
  return message;
}

TEST(Check, BarriersThatMatchPass) {
  const Event sync = event(Op::kBarrierSync, 0, 64), named = event(Op::kBarrierSync, 3, 64),
              arrive = event(Op::kBarrierArrive, 3, 64);
  EXPECT_EQ(verdict({{sync, sync}, {sync, sync}}), "");
  EXPECT_EQ(verdict({{sync}, {}}), "");  // a warp that has ended is not waited for
  EXPECT_EQ(verdict({{named, named}, {arrive, named}}), "");
  EXPECT_EQ(verdict({{event(Op::kMbarrierInit, 0, 1), event(Op::kMbarrierArrive, 0, 1, 64),
                      event(Op::kBulkCopy, 0, 0, 64), event(Op::kMbarrierWait, 0, 0)},
                     {}}),
            "");
}

TEST(Check, BarriersThatNeverMatchAreNamed) {
  EXPECT_EQ(verdict({{event(Op::kBarrierSync, 3, 64)}, {}}),
            "launch 0 (k), class 0 (CTA 0), warp 0, event 0: deadlock: barrier-sync of barrier 3 never ends");
  EXPECT_EQ(
      verdict({{event(Op::kMbarrierInit, 0, 1), event(Op::kMbarrierArrive, 0, 1, 128),
                event(Op::kBulkCopy, 0, 0, 64), event(Op::kMbarrierWait, 0, 0)}}),
      "launch 0 (k), class 0 (CTA 0), warp 0, event 3: deadlock: mbarrier-wait of barrier 0 never ends");
  EXPECT_EQ(verdict({{event(Op::kBarrierSync, 0, 64)}, {event(Op::kBarrierSync, 1, 64)}}),
            "launch 0 (k), class 0 (CTA 0), warp 0, event 0: deadlock: barrier-sync of barrier 0 never ends");
}

TEST(Check, AddressesOutsideTheirBuffersAreNamed) {
  EXPECT_EQ(verdict({{}}, {{0, 4, 0}, {31, 1, 0}}), "");  // the last sector of 1000 bytes
  EXPECT_EQ(verdict({{}}, {{0, 4, 0}, {31, 2, 0}}),
            "launch 0 (k), CTA 0, warp 0, event 0: bytes 0..1055 of buffer 'x', which has 1000");
  EXPECT_NE(verdict({{}}, {{-4, 1, 0}}).find("bytes -128..-97 of buffer 'x'"), std::string::npos);
}

}  // namespace
}  // namespace fp6sim::trace
