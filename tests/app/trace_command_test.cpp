// fp6sim trace, as a script sees it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "emu/trace/reader.h"
#include "emu/trace/writer.h"
#include "tests/app/support/run_program.h"

namespace fp6sim::app {
namespace {

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("fp6sim_" + std::to_string(getpid()) + name)).string();
}

TEST(TraceCommand, RecordsAKernelWhoseWeightsAreAllRead) {
  const std::string path = temporary("record.trace");
  // 192 x 640, ragged against the tile, on both generations of the kernel.
  for (const char* gpu : {"a100-sxm-40g", "h100-sxm"}) {
    const ProgramRun run = run_program("trace --kernel w6a16 --m 200 --k 640 --n 5 --split-k 2 --gpu " +
                                       std::string(gpu) + " -o " + path);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_TRUE(run.out.empty());
    const trace::Reader trace(path);
    const trace::LaunchInfo& info = trace.launches().at(0);
    // Every sector of both segment arrays is read exactly once over the CTAs of one batch tile.
    std::vector<std::uint64_t> sectors(info.buffers.size(), 0);
    for (std::uint64_t cta = 0; cta < info.grid.count(); ++cta) {
      for (const trace::Warp& warp : trace.cta(0, cta).warps) {
        for (const trace::SectorRun& run_of : warp.runs) {
          ASSERT_GE(run_of.first_sector, 0);
          ASSERT_LE((run_of.first_sector + run_of.sectors) * trace::kSectorBytes,
                    (info.buffers[run_of.buffer].bytes + 31) / 32 * 32);
          sectors[run_of.buffer] += run_of.sectors;
        }
      }
    }
    for (std::size_t b = 0; b < info.buffers.size(); ++b) {
      if (info.buffers[b].name.find("segments") == std::string::npos) continue;
      EXPECT_EQ(sectors[b] * trace::kSectorBytes, info.buffers[b].bytes)
          << gpu << " " << info.buffers[b].name;
    }
    const ProgramRun dump = run_program("trace --dump " + path + " --class 0 --warp 0");
    EXPECT_EQ(dump.exit_code, 0);
    EXPECT_NE(dump.out.find("mma             m16n8k16"), std::string::npos) << dump.out;
  }
  std::filesystem::remove(path);
}

TEST(TraceCommand, TheSameTraceEveryTime) {
  const std::string first = temporary("a.trace"), second = temporary("b.trace");
  for (const std::string& path : {first, second}) {
    ASSERT_EQ(run_program("trace --kernel w4a16-g128 --m 256 --k 1024 --n 3 -o " + path).exit_code, 0);
  }
  EXPECT_EQ(run_program("trace --dump " + first).out, run_program("trace --dump " + second).out);
  EXPECT_EQ(std::filesystem::file_size(first), std::filesystem::file_size(second));
  std::filesystem::remove(first);
  std::filesystem::remove(second);
}

TEST(ReplayCommand, RunsRecordedAndImportedTraces) {
  const std::string path = temporary("replay.trace"), kernel = temporary("kernel.traceg");
  ASSERT_EQ(run_program("trace --kernel w6a16 --m 512 --k 1024 --n 4 -o " + path).exit_code, 0);
  const ProgramRun run = run_program("replay " + path + " --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* key : {"\"cycles\"", "\"time_us\"", "\"dram_bytes\"", "\"dram_bandwidth_pct\"",
                          "\"bound_by\"", "\"stack\""}) {
    EXPECT_NE(run.out.find(key), std::string::npos) << key;
  }
  EXPECT_EQ(run_program("replay " + path + " --json").out, run.out);
  // Eight warps that each read 512 bytes and add: imported, then replayed.
  std::string text =
      "-kernel name = add\n-grid dim = (2,1,1)\n-block dim = (128,1,1)\n-nregs = 16\n-shmem = 96000\n-binary "
      "version = 80\n"
      "-accelsim tracer version = 3\n#traces format =\n";
  for (int cta = 0; cta < 2; ++cta) {
    text += "#BEGIN_TB\nthread block = " + std::to_string(cta) + ",0,0\n";
    for (int warp = 0; warp < 4; ++warp) {
      text += "warp = " + std::to_string(warp) +
              "\ninsts = 3\n0000 ffffffff 1 R1 LDG.E.128 1 R2 16 1 0x7f00000" +
              std::to_string(cta * 4 + warp) +
              "000 16\n0010 ffffffff 1 R1 FADD 2 R1 R2 0\n0020 ffffffff 0 EXIT 0 0\n";
    }
    text += "#END_TB\n";
  }
  write_text(kernel, text);
  const ProgramRun direct = run_program("replay " + kernel + " --gpu h100-sxm --json");
  ASSERT_EQ(direct.exit_code, 0) << direct.err;
  EXPECT_NE(direct.out.find("\"dram_bytes\":4096,"), std::string::npos) << direct.out;
  EXPECT_NE(direct.out.find("\"registers_per_thread\":16,"), std::string::npos) << direct.out;
  EXPECT_NE(direct.out.find("\"shared_bytes\":96000,"), std::string::npos) << direct.out;
  EXPECT_NE(direct.out.find("\"ctas_per_sm\":2,"), std::string::npos)
      << direct.out;  // 96,000 of 233,472 bytes
  const std::filesystem::path folder = temporary("list");
  std::filesystem::create_directories(folder);
  std::filesystem::copy(kernel, folder / "kernel-1.traceg");
  const std::string list = (folder / "kernelslist.g").string();
  write_text(list, "kernel-1.traceg\nkernel-1.traceg\n");
  const ProgramRun twice = run_program("replay " + list + " --gpu h100-sxm");
  ASSERT_EQ(twice.exit_code, 0) << twice.err;
  EXPECT_NE(twice.out.find("where the time went"), std::string::npos);
  EXPECT_NE(twice.out.find("add on h100-sxm"), twice.out.rfind("add on h100-sxm")) << twice.out;
  std::filesystem::remove_all(folder);
  const ProgramRun import = run_program("trace --import " + kernel + " -o " + path);
  ASSERT_EQ(import.exit_code, 0) << import.err;
  const ProgramRun imported = run_program("replay " + path + " --gpu h100-sxm --json");
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(imported.out.substr(imported.out.find("\"launches\"")),
            direct.out.substr(direct.out.find("\"launches\"")));
  const ProgramRun design = run_program("replay " + path + " --design smem");
  EXPECT_EQ(design.exit_code, 2);
  EXPECT_NE(design.err.find("only 'simt' can be replayed"), std::string::npos) << design.err;
  std::filesystem::remove(path);
  std::filesystem::remove(kernel);
}

// Two roads to one time: the recorded launch replayed, and the kernel as `gemm` runs it, from its description
// and the chooser's plan. The recording's own plan written as a description is the same run once more.
TEST(ReplayCommand, AgreesWithTheKernelsDescription) {
  const std::string path = temporary("described.trace"), description = temporary("described.json");
  const auto number = [](const std::string& command, const std::string& key) {
    const ProgramRun run = run_program(command + " --json");
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const std::size_t at = run.out.rfind("\"" + key + "\":");  // of the whole: after any launch's own
    return at == std::string::npos ? 0 : std::stod(run.out.substr(at + key.size() + 3));
  };
  struct Case {
    const char* gpu;
    const char* kernel;
    const char* shape;
  };
  for (const auto& [gpu, kernel, shape] :
       {Case{"a100-sxm-80g", "w6a16", "--m 4096 --k 4096 --n 8"},
        Case{"a100-sxm-80g", "w6a16-e2m3", "--m 3072 --k 4096 --n 16"},
        Case{"a100-sxm-80g", "w6a16 --split 2+4", "--m 4096 --k 2048 --n 1"},
        Case{"h100-sxm", "w6a16", "--m 4096 --k 4096 --n 8"},
        Case{"h100-sxm", "w6a16", "--m 4096 --k 2048 --n 64"}})  // the last: wgmma
  {
    const std::string on = " " + std::string(shape) + " --gpu " + gpu;
    const ProgramRun record = run_program("trace --kernel " + std::string(kernel) + on + " -o " + path +
                                          " --describe " + description);
    ASSERT_EQ(record.exit_code, 0) << record.err;
    const std::string replay = "replay " + path + " --gpu " + gpu;
    const std::string gemm = "gemm --kernel " + std::string(kernel) + on;
    EXPECT_NEAR(number(gemm, "time_us") / number(replay, "time_us"), 1, 0.03) << gemm;
    EXPECT_EQ(number("gemm --kernel " + description + on, "time_us"), number(gemm, "time_us")) << gemm;
    EXPECT_EQ(number(replay, "ctas_per_sm"), number(gemm, "ctas_per_sm")) << gemm;
    // The recording counts the epilogue too.
    EXPECT_NEAR(number(replay, "warp_instructions") / number(gemm, "warp_instructions"), 1, 0.2) << gemm;
    EXPECT_NEAR(number(replay, "dram_read_bytes") / number(gemm, "dram_read_bytes"), 1, 0.01) << gemm;
  }
  std::filesystem::remove(path);
  std::filesystem::remove(description);
}

TEST(ReplayCommand, BadTracesAreRefusedWithTheirPosition) {
  const std::string path = temporary("bad.trace"), kernel = temporary("bad.traceg");
  const auto refused = [](const std::string& file, const std::vector<std::string>& parts) {
    const ProgramRun run = run_program("replay " + file);
    EXPECT_EQ(run.exit_code, 2) << run.out;
    EXPECT_TRUE(run.out.empty());
    for (const std::string& part : parts) EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  };
  ASSERT_EQ(run_program("trace --kernel w6a16 --m 256 --k 256 --n 4 -o " + path).exit_code, 0);
  std::string bytes = text_of(path);
  write_text(path, bytes.substr(0, bytes.size() / 2));
  refused(path, {path, "byte "});
  std::string newer = bytes;
  newer[8] = 9;  // the version
  write_text(path, newer);
  refused(path, {path, "byte 8: version 9, this program reads version 1"});
  refused("/nonexistent/kernelslist.g", {"/nonexistent/kernelslist.g", "cannot open"});
  const auto text = [](const std::string& lines) {
    return "-kernel name = k\n-grid dim = (1,1,1)\n-block dim = (64,1,1)\n-nregs = 16\n-binary version = 80\n"
           "-accelsim tracer version = 3\n#traces format =\n#BEGIN_TB\nthread block = 0,0,0\n" +
           lines + "#END_TB\n";
  };
  write_text(kernel, text("warp = 1\ninsts = 1\n0000 ffffffff 0 FROB 0 0\n"));
  refused(kernel, {kernel + ":12", "CTA 0, warp 1: unknown operation 'FROB'"});
  write_text(kernel, text("warp = 0\ninsts = 3\n"));
  refused(kernel, {kernel + ":12"});
  std::filesystem::remove(path);
  std::filesystem::remove(kernel);
}

TEST(ReplayCommand, ADeadlockNamesFileCtaWarpAndEvent) {
  const std::string path = temporary("stuck.trace");
  {
    trace::Writer writer(path);
    trace::LaunchInfo info;
    info.kernel = "k";
    info.block = {64, 1, 1};
    writer.begin_launch(info);
    trace::Program program;
    program.lines = {"k.cu:1"};
    program.warps.resize(2);
    trace::Event wait;
    wait.op = trace::Op::kBarrierSync;
    wait.lanes = 32;
    wait.barrier = 3;
    wait.value = 64;
    trace::Event exit;
    exit.lanes = 32;
    program.warps[0].events = {exit};
    program.warps[1].events = {wait, exit};
    writer.add_cta(0, std::move(program));
    writer.end_launch();
    writer.finish();
  }
  const ProgramRun run = run_program("replay " + path);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find(path + ": launch 0 (k), class 0 (CTA 0), warp 1, event 0: deadlock"),
            std::string::npos)
      << run.err;
  std::filesystem::remove(path);
}

TEST(TraceCommand, BadUseIsRefused) {
  const auto refused = [](const std::string& arguments, const std::string& part) {
    const ProgramRun run = run_program("trace " + arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments;
    EXPECT_NE(run.err.find(part), std::string::npos) << arguments << "\n" << run.err;
  };
  const std::string out = " -o " + temporary("bad.trace");
  refused("", "--kernel");
  refused("--kernel w6a17 --m 64 --k 64 --n 1" + out, "w6a16");
  refused("--kernel w6a16 --m 0 --k 64 --n 1" + out, "m = 0");
  refused("--kernel w6a16 --m 64 --k 64 --n 1 --gpu v100-sxm" + out, "v100-sxm is volta");
  refused("--kernel w6a16 --m 64 --k 64 --n 1 -o /nonexistent/x.trace",
          "/nonexistent/x.trace: cannot create");
  refused("--dump " FP6SIM_SOURCE "/README.md", "byte 0: not a trace");
  refused("--import /nonexistent/kernelslist.g" + out, "/nonexistent/kernelslist.g: cannot open");
  refused("--import x.txt" + out, "kernelslist.g, .traceg");
  std::filesystem::remove(temporary("bad.trace"));
}

}  // namespace
}  // namespace fp6sim::app
