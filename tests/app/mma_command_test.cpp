// fp6sim mma on files: what it appends, what it refuses, and that damaged files never do worse than an Error.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "app/commands.h"
#include "app/mma_vectors.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

const std::string kA = "3c00 4000 0000 0000";  // 1 2 0 0
const std::string kB = "3c00 3c00 0000 0000";
const std::string kRow = kA + "," + kB + ",3f800000";  // 1*1 + 2*1 + 1 = 4 on Volta, four products a step

struct Ran {
  std::string out, error;
  MmaVectorsSummary summary;
};

Ran run(const std::string& text, const emu::MmaContext& context = emu::mma_context(emu::Architecture::kVolta,
                                                                                   emu::kFp16, emu::kFp16)) {
  std::istringstream in(text);
  std::ostringstream out;
  try {
    const auto summary = run_mma_vectors(context, "v.csv", in, out);
    return {out.str(), "", summary};
  } catch (const Error& error) {
    return {"", error.what(), {}};
  }
}

TEST(MmaVectorFile, AppendsD) {
  EXPECT_EQ(run("a,b,c\n" + kRow + "\n").out, "a,b,c,d\n" + kRow + ",40800000\n");
}

TEST(MmaVectorFile, PassesCommentsAndUnknownColumnsThrough) {
  const Ran ran = run("# made by hand\nnote,c,b,a\n\n\"x, y\",3f800000," + kB + "," + kA + "\n# end\n");
  EXPECT_EQ(ran.out,
            "# made by hand\nnote,c,b,a,d\n\n\"x, y\",3f800000," + kB + "," + kA + ",40800000\n# end\n");
}

TEST(MmaVectorFile, ComparesWithD) {
  const Ran ran =
      run("a,b,c,d,settled\n" + kRow + ",40800000,1\n" + kRow + ",40800001,1\n" + kRow + ",40800001,0\n");
  EXPECT_EQ(ran.summary.rows, 3);
  EXPECT_EQ(ran.summary.compared, 2);
  EXPECT_EQ(ran.summary.mismatches, 1);
  EXPECT_EQ(ran.summary.unsettled, 1);
  EXPECT_EQ(ran.summary.unsettled_mismatches, 1);
  EXPECT_EQ(ran.summary.first_mismatch, "v.csv:3: d is 40800001 (4.00000048), fp6sim 40800000 (4)");
  EXPECT_NE(ran.out.find("a,b,c,d,settled,d_fp6sim\n"), std::string::npos);
  EXPECT_NE(ran.out.find(kRow + ",40800001,0,40800000\n"), std::string::npos);
}

TEST(MmaVectorFile, AnyNanEqualsTheCanonicalOne) {
  const std::string row = "7e00 0000 0000 0000," + kB + ",0";
  EXPECT_EQ(run("a,b,c,d\n" + row + ",ffc00000\n").summary.mismatches, 0);
  EXPECT_NE(run("a,b,c\n" + row + "\n").out.find(",7fffffff\n"), std::string::npos);
}

TEST(MmaVectorFile, ChainsARowInTheArchitecturesSteps) {
  // Eight products are two steps on Volta: 1 - 1 leaves 0, beside which 2^-24 survives. In one step it would
  // not.
  const std::string eight = "3c00 0 0 0 0c00 0 0 0,3c00 0 0 0 0c00 0 0 0,bf800000";
  EXPECT_EQ(run("a,b,c\n" + eight + "\n").out, "a,b,c,d\n" + eight + ",33800000\n");
}

TEST(MmaVectorFile, CarriageReturnsAreDropped) {
  EXPECT_EQ(run("a,b,c\r\n" + kRow + "\r\n").out, "a,b,c,d\n" + kRow + ",40800000\n");
}

TEST(MmaVectorFile, NamesFileLineAndColumnOfWhatDoesNotFit) {
  const auto error = [](const std::string& text) { return run(text).error; };
  EXPECT_NE(error("").find("v.csv: no header"), std::string::npos);
  EXPECT_NE(error("# only\n").find("no header"), std::string::npos);
  EXPECT_NE(error("a,b\n").find("v.csv:1: the header 'a,b' has no column 'c'"), std::string::npos);
  EXPECT_NE(error("a,b,c,a\n").find("column 'a' appears twice"), std::string::npos);
  EXPECT_NE(error("a,b,c,d_fp6sim\n").find("already has a column"), std::string::npos);
  EXPECT_NE(error("a,b,c\n\n" + kRow + ",1\n").find("v.csv:3: 4 fields where the header has 3"),
            std::string::npos);
  EXPECT_NE(error("a,b,c\n3c0g 0 0 0," + kB + ",0\n").find("column 'a': '3c0g'"), std::string::npos);
  EXPECT_NE(
      error("a,b,c\n13c00 0 0 0," + kB + ",0\n").find("'13c00' is not a hexadecimal number of at most 16"),
      std::string::npos);
  EXPECT_NE(error("a,b,c\n" + kA + "," + kB + ",-1\n").find("column 'c': '-1'"), std::string::npos);
  EXPECT_NE(error("a,b,c\n" + kA + "," + kB + ",\n").find("column 'c': ''"), std::string::npos);
  EXPECT_NE(error("a,b,c,d\n" + kRow + ",xyz\n").find("column 'd': 'xyz'"), std::string::npos);
  EXPECT_NE(
      error("a,b,c\n0 0 0,0 0 0,0\n").find("3 products are not a positive multiple of volta's step of 4"),
      std::string::npos);
  EXPECT_NE(error("a,b,c\n,,0\n").find("0 products"), std::string::npos);
  EXPECT_NE(error("a,b,c\n0 0 0 0,0 0 0,0\n").find("column 'a' has 4 codes, column 'b' 3"),
            std::string::npos);
}

TEST(MmaVectorFile, DamagedFilesEndInAnErrorOrRows) {
  std::ifstream in(FP6SIM_SOURCE "/tests/emu/mma/vectors/model_volta.csv");
  std::string whole((std::istreambuf_iterator<char>(in)), {});
  const std::string sound = whole.substr(0, 2000);
  std::mt19937 random(4);
  int refused = 0, ran = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::string text = sound;
    for (std::uint32_t edits = random() % 4 + 1; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 9);
          break;
        case 2:
          text.insert(at, std::string(random() % 9, ",\n\r# \"0"[random() % 7]));
          break;
        default:
          text.resize(at + 1);
          break;
      }
    }
    (run(text).error.empty() ? ran : refused)++;
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(ran, 50);
}

/// Exit code of `fp6sim mma` with these arguments: the parser's, the Outcome's, or 2 where it throws.
int exit_code(std::vector<std::string> arguments) {
  CLI::App app;
  Outcome outcome;
  add_mma_command(app, outcome);
  arguments.insert(arguments.begin(), "mma");
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? 0 : 2;
  } catch (const Error&) {
    return 2;
  }
  return outcome.exit_code;
}

TEST(MmaCommand, ExitCodes) {
  const std::string vectors = FP6SIM_SOURCE "/tests/emu/mma/vectors/";
  const std::string out = testing::TempDir() + "fp6sim_mma_out.csv";
  EXPECT_EQ(exit_code({"--arch", "ampere", vectors + "model_ampere.csv", "-o", out}), 0);
  EXPECT_EQ(
      exit_code({"--arch", "ampere", "--accumulate", "f16", vectors + "model_ampere_f16acc.csv", "-o", out}),
      0);
  EXPECT_EQ(exit_code({"--arch", "hopper", vectors + "model_ampere.csv", "-o", out}), 1);  // other bits
  std::filesystem::remove(out);
  EXPECT_EQ(exit_code({"--arch", "hopper", vectors + "model_volta.csv", "-o", out}),
            2);  // rows of 4, steps of 16
  EXPECT_FALSE(std::filesystem::exists(out)) << "nothing is written where a row does not fit";
  EXPECT_EQ(exit_code({"--arch", "ampere", vectors + "absent.csv", "-o", out}), 2);
  EXPECT_EQ(exit_code({"--arch", "pascal", vectors + "model_ampere.csv", "-o", out}), 2);
  EXPECT_EQ(exit_code({"--arch", "ampere", "--input", "e4m3", vectors + "model_ampere.csv", "-o", out}), 2);
  EXPECT_EQ(exit_code({"--arch", "ampere", "--input", "bf16", "--accumulate", "f16",
                       vectors + "model_ampere.csv", "-o", out}),
            2);
  EXPECT_EQ(exit_code({"--arch", "ampere", vectors + "model_ampere.csv", "-o", "/nonexistent/out.csv"}), 2);
  EXPECT_EQ(exit_code({"--arch", "ampere", vectors}), 2);  // a folder
}

}  // namespace
}  // namespace fp6sim::app
