// Accel-Sim traces: the three address modes, versions 3 to 5, and errors at their lines. Fixtures are written
// here.
#include "emu/trace/accelsim.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "emu/error.h"
#include "emu/trace/accelsim_instruction.h"
#include "emu/trace/reader.h"
#include "emu/trace/writer.h"

namespace fp6sim::trace {
namespace {

TEST(AccelSimInstruction, AddressModes) {
  AccelSimInstruction i;
  ASSERT_EQ(parse_instruction("0010 0000000b 1 R2 LDG.E.64 1 R4 8 0 0x7f00 7f08 0x8000", {3, false}, i), "");
  EXPECT_EQ(i.pc, 0x10u);
  EXPECT_EQ(i.opcode, "LDG.E.64");
  EXPECT_EQ(i.addresses[0], 0x7f00u);
  EXPECT_EQ(i.addresses[1], 0x7f08u);
  EXPECT_EQ(i.addresses[3], 0x8000u);
  ASSERT_EQ(parse_instruction("0010 0000003c 0 STG.E 2 R4 R5 4 1 0x1000 -16", {3, false}, i), "");
  EXPECT_EQ(i.addresses[2], 0x1000u);
  EXPECT_EQ(i.addresses[5], 0x1000u - 48);
  // One difference fewer than active lanes: as the tracer writes it.
  ASSERT_EQ(parse_instruction("77 0040 00000111 1 R2 LDG.E 1 R4 4 2 0x1000 32 -4 0", {4, true}, i), "");
  EXPECT_EQ(i.source_line, 77u);
  EXPECT_EQ(i.addresses[4], 0x1020u);
  EXPECT_EQ(i.addresses[8], 0x101cu);
}

TEST(AccelSimInstruction, GrammarErrorsSayWhatWasExpected) {
  AccelSimInstruction i;
  const auto error = [&](const char* line) { return parse_instruction(line, {3, false}, i); };
  EXPECT_EQ(error("zz ffffffff 0 EXIT 0 0"), "expected a hexadecimal PC, got 'zz'");
  EXPECT_EQ(error("0010 ffffffff 1 EXIT 0 0"), "expected a register R<n>, got 'EXIT'");
  EXPECT_EQ(error("0010 ffffffff 0 EXIT 0"), "expected a memory width, the line ends");
  EXPECT_EQ(error("0010 00000003 0 STG.E 1 R1 4 3 0x10"), "expected an address mode 0, 1 or 2, got '3'");
  EXPECT_EQ(error("0010 00000003 0 STG.E 1 R1 4 0 0x10"), "expected a hexadecimal address, the line ends");
  EXPECT_EQ(error("0010 00000005 0 STG.E 1 R1 4 1 0x10 4"),
            "base and stride need lanes without a gap in the mask");
  EXPECT_EQ(error("0010 ffffffff 0 EXIT 0 0 9"), "expected the end of the line, got '9'");
  EXPECT_EQ(parse_instruction("0010 ffffffff 0 EXIT 0 0", {5, false}, i),
            "expected an immediate, the line ends");
}

TEST(AccelSimInstruction, Opcodes) {
  EXPECT_EQ(opcode_meaning("LDG.E.128.CONSTANT").bytes, 16);
  EXPECT_EQ(opcode_meaning("STG.E.U16").bytes, 2);
  EXPECT_EQ(opcode_meaning("LDS").op, Op::kSharedLoad);
  EXPECT_EQ(opcode_meaning("LDSM.16.M88.4").matrices, 4);
  EXPECT_EQ(opcode_meaning("HMMA.16816.F32").k, 16);
  EXPECT_EQ(opcode_meaning("HMMA.1688.F32.BF16").input, MmaInput::kBf16);
  EXPECT_EQ(opcode_meaning("IMMA.16832.S8.S8.SAT").input, MmaInput::kS8);
  EXPECT_EQ(opcode_meaning("LOP3.LUT").pipe, Pipe::kInteger);
  EXPECT_EQ(opcode_meaning("HMUL2.MMA").pipe, Pipe::kHalf2);
  EXPECT_EQ(opcode_meaning("FFMA").pipe, Pipe::kFloat32);
  EXPECT_EQ(opcode_meaning("MOV").pipe, Pipe::kOther);
  for (const char* opcode :
       {"MOV", "BRA", "S2R", "UIADD3.X", "ULDC.64", "USHF.R.U32.HI", "F2FP.PACK_AB", "DFMA"})
    EXPECT_TRUE(opcode_meaning(opcode).known) << opcode;
  for (const char* opcode : {"FROB", "MMA", "LD2", "U", ""})
    EXPECT_FALSE(opcode_meaning(opcode).known) << opcode;
}

class AccelSim : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("fp6sim_accelsim_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  /// Imports into a trace file and opens it.
  Reader import(const std::string& path) const {
    const std::string out = (folder_ / "out.trace").string();
    Writer writer(out);
    import_accelsim(path, writer);
    writer.finish();
    return Reader(out);
  }
  std::string error(const std::string& path) const {
    try {
      import(path);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  static std::string header(int version, const std::string& grid) {
    return "-kernel name = copy\n-kernel id = 1\n-grid dim = " + grid +
           "\n-block dim = (64,1,1)\n-shmem = 4096\n-nregs = 32\n-binary version = 80\n-cuda stream id = 0\n"
           "-shmem base_addr = 0x00007fff00000000\n-local mem base_addr = 0x00007ffe00000000\n"
           "-nvbit version = 1.5\n-accelsim tracer version = " +
           std::to_string(version) + "\n\n#traces format = PC mask ...\n";
  }
  /// One CTA: warp 1 before warp 0; `base` is the address of its first load.
  static std::string cta(int x, const std::string& base, const std::string& end = "") {
    const std::string exit = "0060 ffffffff 0 EXIT 0 0" + end + "\n";
    return "#BEGIN_TB\n\nthread block = " + std::to_string(x) + ",0,0\n\nwarp = 1\ninsts = 1\n" + exit +
           "warp = 0\ninsts = 8\n"
           "0000 ffffffff 1 R1 S2R 0 0" +
           end +
           "\n"
           "0010 ffffffff 1 R3 LOP3.LUT 2 R1 R2 0" +
           end +
           "\n"
           "0020 ffffffff 1 R4 LDG.E.128 1 R2 16 1 " +
           base + " 16" + end +
           "\n"
           "0030 ffffffff 0 LDGSTS.E.128 2 R1 R2 16 1 " +
           base + " 16" + end +
           "\n"
           "0030 ffffffff 0 LDGSTS.E.128 2 R1 R2 16 1 0x7fff00000000 32" +
           end +
           "\n"
           "0040 ffffffff 4 R4 R5 R6 R7 HMMA.16816.F32 3 R8 R12 R4 0" +
           end +
           "\n"
           "0050 00000001 0 STS.64 2 R1 R2 8 0 0x7fff00000100" +
           end + "\n" + exit + "\n#END_TB\n\n";
  }

  std::filesystem::path folder_;
};

TEST_F(AccelSim, KernelsListWithCopiesBecomesLaunchesWithBuffers) {
  write("kernel-1.traceg", header(3, "(2,1,1)") + cta(0, "0x7f0000000000") + cta(1, "0x7f0000000400"));
  write("kernel-2.traceg", header(5, "(1,1,1)") + cta(0, "0x10000", " 0"));
  const Reader trace = import(write("kernelslist.g",
                                    "MemcpyHtoD,0x00007f0000000000,10485760\nMemcpyDtoH,0x1,5\n"
                                    "kernel-1.traceg\nkernel-2.traceg\n"));
  ASSERT_EQ(trace.launches().size(), 2u);
  const LaunchInfo& info = trace.launches()[0];
  EXPECT_EQ(info.kernel, "copy");
  EXPECT_EQ(info.architecture, "ampere");
  EXPECT_EQ(info.registers_per_thread, 32u);
  EXPECT_EQ(info.shared_bytes, 4096u);
  EXPECT_EQ(info.classes, 1u);  // both CTAs do the same, 1024 bytes apart
  ASSERT_EQ(info.buffers.size(), 2u);
  EXPECT_EQ(info.buffers[0].base_address, 0x7f0000000000u);
  EXPECT_EQ(trace.placements(0)[1].offsets[0], 1024);

  const Program program = trace.cta(0, 1);
  ASSERT_EQ(program.warps.size(), 2u);
  EXPECT_EQ(program.warps[1].events.size(), 1u);
  const auto& events = program.warps[0].events;
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].op, Op::kGlobalLoad);
  EXPECT_EQ(events[0].counts.integer, 1u);
  EXPECT_EQ(events[0].counts.other, 1u);
  EXPECT_EQ(program.warps[0].runs[0], (SectorRun{32, 16, 0}));
  EXPECT_EQ(events[1].op, Op::kAsyncCopy);  // both sides in one event
  EXPECT_EQ(events[1].run_count, 1u);
  EXPECT_EQ(events[1].shared_passes, 8);  // 32 bytes apart: two-way in each group of eight
  EXPECT_EQ(events[1].shared_passes_ideal, 4);
  EXPECT_EQ(events[2].op, Op::kMma);
  EXPECT_EQ(events[3].op, Op::kSharedStore);
  EXPECT_EQ(events[3].lanes, 1);
  EXPECT_EQ(program.lines[events[3].line], "pc 50");
  EXPECT_EQ(trace.placements(1)[0].offsets[1], 0x10000);  // outside the copies: "memory"
}

TEST_F(AccelSim, ErrorsNameFileAndLine) {
  const auto kernel = [&](const std::string& text) { return error(write("k.traceg", text)); };
  const std::string path = (folder_ / "k.traceg").string();
  EXPECT_EQ(kernel(header(6, "(1,1,1)")), path + ":12: tracer version 6: versions 3 to 5 are read");
  EXPECT_EQ(kernel(header(3, "(1,1)")), path + ":3: bad value '(1,1)' of header field 'grid dim'");
  EXPECT_EQ(kernel("hello\n"),
            path + ":1: expected a header line '-key = value' or '#traces format', got 'hello'");
  EXPECT_EQ(kernel(""), path + ":0: the file ends inside its header");
  EXPECT_EQ(kernel(header(3, "(2,1,1)") + cta(0, "0x0")),
            path + ":34: the file ends with 1 of 2 CTAs of the grid missing");
  EXPECT_NE(kernel(header(3, "(2,1,1)") + cta(0, "0x0") + cta(0, "0x0"))
                .find(":37: thread block 0,0,0 comes twice"),
            std::string::npos);
  EXPECT_NE(kernel(header(3, "(1,1,1)") + cta(3, "0x0"))
                .find(":17: expected 'thread block = x,y,z' inside the grid"),
            std::string::npos);
  EXPECT_NE(
      kernel(header(3, "(1,1,1)") + cta(0, "wrong")).find(":26: expected a hexadecimal address, got 'wrong'"),
      std::string::npos);
  std::string unknown = cta(0, "0x0");
  unknown.replace(unknown.find("HMMA"), 4, "FROB");
  EXPECT_NE(kernel(header(3, "(1,1,1)") + unknown).find(": CTA 0, warp 0: unknown operation 'FROB"),
            std::string::npos)
      << kernel(header(3, "(1,1,1)") + unknown);
  EXPECT_NE(kernel(header(4, "(1,1,1)") + cta(0, "0x0")).find(":21: expected an immediate, the line ends"),
            std::string::npos);
  EXPECT_NE(error(write("kernelslist.g", "MemcpyHtoD,xyz,3\n")).find("kernelslist.g:1: expected MemcpyHtoD"),
            std::string::npos);
  EXPECT_NE(error(write("kernelslist.g", "kernel-9.traceg\n")).find("kernel-9.traceg: cannot open"),
            std::string::npos);
  EXPECT_NE(error("x.txt").find("kernelslist.g, .traceg or .traceg.xz"), std::string::npos);
}

TEST_F(AccelSim, TruncatedAnywhereIsRefused) {
  const std::string whole = header(3, "(1,1,1)") + cta(0, "0x0");
  const std::size_t last = whole.find("#END_TB") + 6;
  for (std::size_t size = 0; size <= last; size += 3) {
    ASSERT_NE(error(write("t.traceg", whole.substr(0, size))), "") << size;
  }
}

TEST_F(AccelSim, XzFiles) {
  const std::string plain = write("kernel-1.traceg", header(3, "(1,1,1)") + cta(0, "0x0"));
  if (std::system(("xz -k " + plain + " 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "no xz program to write one";
  const std::string packed = plain + ".xz";
  const std::string message = error(packed);
  if (message.find("liblzma was missing") != std::string::npos) GTEST_SKIP() << message;
  EXPECT_EQ(message, "");
  const Program program = import(packed).cta(0, 0);
  EXPECT_EQ(program, import(plain).cta(0, 0));
  std::filesystem::resize_file(packed, std::filesystem::file_size(packed) - 20);
  EXPECT_NE(error(packed).find("xz file is truncated"), std::string::npos) << error(packed);
}

}  // namespace
}  // namespace fp6sim::trace
