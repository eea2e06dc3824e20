// run, gemm, list and compare, as a script sees them.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/app/support/run_program.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

void expect_refused(const std::string& arguments, std::initializer_list<std::string> parts) {
  const ProgramRun run = run_program(arguments);
  EXPECT_EQ(run.exit_code, 2) << arguments << "\n" << run.out;
  EXPECT_TRUE(run.out.empty()) << run.out;
  for (const auto& part : parts)
    EXPECT_NE(run.err.find(part), std::string::npos) << arguments << "\n" << run.err;
}

TEST(GemmCommand, JsonHasWhatDesignPromises) {
  const ProgramRun run = run_program("gemm --m 1000 --k 1001 --n 3 --gpu a100-sxm-40g --kernel w6a16 --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::object document = bj::parse(run.out).as_object();
  for (const char* key : {"cycles", "time_us", "dram_bytes", "dram_bandwidth_pct", "energy_uj"}) {
    EXPECT_GT(document.at(key).to_number<double>(), 0) << key;
  }
  EXPECT_EQ(document.at("schema").as_string(), "fp6sim-gemm-1");
  EXPECT_FALSE(document.at("bound_by").as_string().empty());
  EXPECT_FALSE(document.at("padding").as_string().empty());  // 1000 x 1001 fits no tile
  double shares = 0;
  for (const auto& share : document.at("stack").as_object()) shares += share.value().to_number<double>();
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_GE(document.at("time_us").to_number<double>(), document.at("floor_us").to_number<double>());
}

TEST(GemmCommand, IsReproducible) {
  const std::string arguments = "gemm --m 512 --k 512 --n 8 --json";
  EXPECT_EQ(run_program(arguments).out, run_program(arguments).out);
}

TEST(GemmCommand, FieldsCanBeReplaced) {
  const auto time = [](const std::string& more) {
    const ProgramRun run = run_program("gemm --m 4096 --k 4096 --n 8 --json " + more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return bj::parse(run.out).at("time_us").to_number<double>();
  };
  EXPECT_GT(time("--set gpu.dram.mega_transfers=1000"), time(""));
}

TEST(GemmCommand, FunctionalComparesWithTheEmulator) {
  const std::string gemm = "gemm --m 130 --k 300 --n 3 --kernel w4a16-g128-zp --design smem --functional ";
  const ProgramRun clean = run_program(gemm + "--seed 4 --json");
  ASSERT_EQ(clean.exit_code, 0) << clean.err;
  const bj::object document = bj::parse(clean.out).as_object();
  const bj::object& functional = document.at("functional").as_object();
  EXPECT_EQ(functional.at("seed").to_number<int>(), 4);
  EXPECT_EQ(functional.at("compared").to_number<int>(), 390);
  EXPECT_EQ(functional.at("mismatches").to_number<int>(), 0);
  EXPECT_FALSE(functional.contains("first_mismatch"));
  EXPECT_GT(document.at("cycles").to_number<int>(), 0);

  const ProgramRun swapped = run_program(gemm + "--fault swap:2 --json");
  EXPECT_EQ(swapped.exit_code, 1) << swapped.err;
  const bj::object fault = bj::parse(swapped.out).at("functional").as_object();
  EXPECT_GT(fault.at("mismatches").to_number<int>(), 0);
  EXPECT_NE(fault.at("first_mismatch").at("expected_bits"), fault.at("first_mismatch").at("got_bits"));
  EXPECT_EQ(fault.at("fault_met").as_array().size(), 2u);
  EXPECT_NE(run_program(gemm + "--fault swap:2").out.find("first: row "), std::string::npos);
}

TEST(GemmCommand, FunctionalRefusesWhatItCannotDo) {
  expect_refused("gemm --m 8192 --k 22016 --n 8 --functional", {"8192 x 22016", "2^26"});
  expect_refused("gemm --m 64 --k 1099511627776 --n 8 --functional", {"1099511627776", "2^20"});
  expect_refused("gemm --m 64 --k 64 --n 8 --seed 3", {"--functional"});
  expect_refused("gemm --m 64 --k 64 --n 8 --functional --fault drop:3", {"drop:3", "flip:NUMBER:BIT"});
  expect_refused("gemm --m 64 --k 64 --n 8 --functional --fault flip:99999:1", {"no such payload"});
}

TEST(GemmCommand, BadUseIsRefused) {
  expect_refused("gemm --m 0 --k 64 --n 1", {"m (out features) is 0"});
  expect_refused("gemm --m 64 --k -64 --n 1", {"-64"});
  expect_refused("gemm --m 64 --k 64 --n 1099511627776", {"1099511627776"});
  expect_refused("gemm --m 64 --k 64 --n 1 --gpu a100-sxm-40", {"did you mean 'a100-sxm-40g'"});
  expect_refused("gemm --m 64 --k 64 --n 1 --kernel w6a17", {"did you mean 'w6a16'"});
  expect_refused("gemm --m 64 --k 64 --n 1 --design smen", {"did you mean 'smem'"});
  expect_refused("gemm --m 64 --k 64 --n 1 --split 4+3", {"4+3", "packed6"});
  expect_refused("gemm --m 64 --k 64 --n 1 --set gpu.sm.cuont=3", {"sm.cuont", "did you mean 'sm.count'"});
  expect_refused("gemm --m 64 --k 64 --n 1 --set gpu.sm.count=many", {"sm.count", "many"});
  expect_refused("gemm --m 64 --k 64 --n 1 --set gpu.sm.count=-1", {"sm.count", "-1", "from 1 to"});
  expect_refused("gemm --m 64 --k 64 --n 1 --set cpu.sm.count=1",
                 {"cpu.sm.count", "gpu., kernel. or design."});
  expect_refused("gemm --m 64 --k 64 --n 1 --set gpu.sm.count", {"PATH=VALUE"});
  expect_refused("gemm --m 64 --k 64 --n 1 --warm-l2 --cold-l2", {"--cold-l2"});
  expect_refused("gemm --m 64 --k 64", {"--n"});
  expect_refused("gemm --m 64 --k 64 --n 1 --gpu /nonexistent.json", {"/nonexistent.json"});
  expect_refused("gem", {"gem"});
}

class RunCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(folder_ / "small.json",
               R"({"name":"small","description":"two layers","blocks":[{"name":"decoder",
      "repeat":3,"source":"this test","layers":[{"name":"up","out_features":512,"in_features":256,"count":2},
      {"name":"down","out_features":256,"in_features":512}]}]})");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string workload() const { return as_word(folder_ / "small.json"); }
  std::filesystem::path folder_ = scratch("run");
};

TEST_F(RunCommand, SpeedupsAndTotalsAddUp) {
  // FP16 is not asked for, and is simulated for the ratio all the same.
  const ProgramRun run =
      run_program("run " + workload() + " --kernel w6a16 --gpu a100-sxm-80g --batch 1,8 --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::object document = bj::parse(run.out).as_object();
  const bj::array& points = document.at("points").as_array();
  ASSERT_EQ(points.size(), 4u);
  double total = 0;
  for (const auto& value : points) {
    const bj::object& point = value.as_object();
    const auto number = [&](const char* key) { return point.at(key).to_number<double>(); };
    EXPECT_NEAR(number("speedup"), number("baseline_us") / number("time_us"), 1e-12);
    const ProgramRun alone = run_program(
        "gemm --json --kernel cublas-fp16 --m " + std::to_string(point.at("m").as_int64()) + " --k " +
        std::to_string(point.at("k").as_int64()) + " --n " + std::to_string(point.at("n").as_int64()));
    EXPECT_EQ(bj::parse(alone.out).at("time_us").to_number<double>(), number("baseline_us"));
    if (point.at("n").as_int64() == 1) total += number("time_us") * number("count");
  }
  EXPECT_EQ(points[0].at("count").as_int64(), 6);
  EXPECT_NEAR(document.at("models").at(0).at("time_us").to_number<double>(), total, 1e-9 * total);
}

TEST_F(RunCommand, AStepIsOneRunOfAllLayers) {
  const auto out = folder_ / "out";
  const std::string command =
      "run " + workload() + " --kernel w6a16 --gpu a100-sxm-80g --batch 1,8 --step --json ";
  const ProgramRun run = run_program(command + "--out '" + out.string() + "'");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::object document = bj::parse(run.out).as_object();
  EXPECT_TRUE(document.at("step").as_bool());
  ASSERT_EQ(document.at("points").as_array().size(), 4u);
  const bj::object& model = document.at("models").at(0).as_object();
  const auto number = [&](const char* key) { return model.at(key).to_number<double>(); };
  double layers = 0, repetitions = 0;
  for (const auto& value : document.at("points").as_array()) {
    const bj::object& point = value.as_object();
    if (point.at("n").as_int64() == 1)
      layers += point.at("time_us").to_number<double>() * point.at("count").to_number<double>();
  }
  for (const auto& us : model.at("repetition_us").as_array()) repetitions += us.to_number<double>();
  EXPECT_NEAR(layers, number("time_us"), 1e-9 * layers);
  EXPECT_NEAR(repetitions, number("time_us"), 1e-9 * layers);
  EXPECT_NEAR(number("tokens_per_s"), 1e6 / number("time_us"), 1e-6);
  EXPECT_EQ(number("gemms"), 9);
  // All of it stays in the L2; the first step of all reads it from DRAM.
  EXPECT_LT(number("dram_bytes"), 0.05 * number("weight_bytes"));
  const bj::object cold = bj::parse(run_program(command + "--cold-l2").out).as_object();
  EXPECT_GT(cold.at("models").at(0).at("dram_bytes").to_number<double>(), 0.99 * number("weight_bytes"));
  EXPECT_GT(cold.at("models").at(0).at("time_us").to_number<double>(), number("time_us"));
  // Nine launches follow each other here; alone each waits for a first launch.
  const bj::object apart =
      bj::parse(run_program("run " + workload() + " --kernel w6a16 --gpu a100-sxm-80g --batch 1 --json").out)
          .as_object();
  EXPECT_LT(number("time_us"), apart.at("models").at(0).at("time_us").to_number<double>() - 8 * 2.2);
  EXPECT_NE(text_of(out / "run.csv").find(",step,,,8,9,a100-sxm-80g,w6a16,simt,,warm,"), std::string::npos);
  EXPECT_NE(text_of(out / "run.txt").find("tokens/s"), std::string::npos);
  EXPECT_NE(text_of(out / "report.html").find("\"models\":[[\"small\",\"a100-sxm-80g\",1,"),
            std::string::npos);
}

TEST_F(RunCommand, WritesAReportFolder) {
  const auto out = folder_ / "out";
  const ProgramRun run =
      run_program("run " + workload() + " --batch 1 --gpu h100-sxm --out '" + out.string() + "'");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("speedup"), std::string::npos);
  EXPECT_NE(run.out.find("What bounds it"), std::string::npos);
  EXPECT_EQ(run.out, text_of(out / "run.txt"));
  EXPECT_EQ(bj::parse(text_of(out / "run.json")).at("points").as_array().size(), 6u);
  EXPECT_EQ(text_of(out / "run.csv").substr(0, 9), "workload,");
  EXPECT_GT(text_of(out / "report.html").size(), 100'000u);  // the chart library is inside
}

TEST_F(RunCommand, BadUseIsRefused) {
  expect_refused("run lama-65b", {"did you mean 'llama-65b'"});
  expect_refused("run " + workload() + " --batch 0", {"--batch"});
  expect_refused("run " + workload() + " --batch 1,x", {"--batch"});
  expect_refused("run " + workload() + " --gpu h100", {"unknown GPU 'h100'"});
  expect_refused("run " + workload() + " " + workload(), {"workload 'small' is listed twice"});
  expect_refused("run " + workload() + " --step --batch 8,1,8", {"batch '8' is listed twice"});
  write_text(folder_ / "small.json", "{\n\"name\": \"small\",\n}");
  expect_refused("run " + workload(), {"small.json", "line 3"});
}

TEST(ListCommand, ExplainsEveryName) {
  for (const char* kind : {"gpus", "kernels", "formats", "designs", "workloads"}) {
    const ProgramRun run = run_program(std::string("list ") + kind);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    std::istringstream lines(run.out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_GT(line.size(), 12u) << line;
    EXPECT_GE(count, 7) << kind;
  }
  expect_refused("list gpu", {"did you mean 'gpus'"});
}

TEST(Commands, EveryOneExplainsItself) {
  for (const char* command : {"run", "gemm", "list", "compare", "sweep", "report"}) {
    const ProgramRun run = run_program(std::string(command) + " --help");
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_GT(run.out.size(), 200u) << command;
  }
}

class CompareCommand : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& text) {
    write_text(folder_ / "m.csv", text);
    return as_word(folder_ / "m.csv");
  }
  std::filesystem::path folder_ = scratch("compare");
};

TEST_F(CompareCommand, JudgesWhatTheSimulatorItselfSaid) {
  std::string csv = "# machine: none\nmodel,layer,M,K,batch,kernel,time_us,speedup_over_cublas_fp16,note\n";
  for (const int m : {256, 512, 1024}) {
    const ProgramRun run =
        run_program("gemm --json --gpu a100-sxm-40g --k 512 --n 8 --m " + std::to_string(m));
    const double time = bj::parse(run.out).at("time_us").to_number<double>();
    csv += "x,l," + std::to_string(m) + ",512,8,w6a16," + std::to_string(time * 1.25) + ",,\"a, b\"\n";
  }
  csv += "x,l,256,512,8,cuBLAS_W16A16,,1.0,\nx,l,256,512,8,somebody_else,5,,\nx,l,256,512,8,w6a16,,,\n";
  const ProgramRun run = run_program("compare --json " + file(csv));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::object document = bj::parse(run.out).as_object();
  for (const bj::value& statistics : {document.at("overall"), document.at("kernels").at("w6a16")}) {
    EXPECT_EQ(statistics.at("count").to_number<int>(), 3);
    EXPECT_NEAR(statistics.at("mean_abs_error_pct").to_number<double>(), 20, 1e-3);
    EXPECT_NEAR(statistics.at("p90_abs_error_pct").to_number<double>(), 20, 1e-3);
    EXPECT_NEAR(statistics.at("worst_abs_error_pct").to_number<double>(), 20, 1e-3);
    EXPECT_GT(statistics.at("constant_mean_abs_error_pct").to_number<double>(), 0);
  }
  EXPECT_EQ(document.at("skipped"), bj::value({"somebody_else"}));
  EXPECT_EQ(document.at("baseline_rows").to_number<int>(), 1);
  EXPECT_EQ(document.at("empty_rows").to_number<int>(), 1);
  EXPECT_NE(run.err.find("'note' is not compared"), std::string::npos) << run.err;
  EXPECT_EQ(run_program("compare --max-error 19 " + file(csv)).exit_code, 1);
  EXPECT_EQ(run_program("compare --max-error 21 " + file(csv)).exit_code, 0);
}

TEST_F(CompareCommand, BadFilesAreRefusedByLine) {
  const std::string header = "model,layer,M,K,batch,kernel,time_us\n";
  expect_refused("compare " + file(header), {"no measured rows"});
  expect_refused("compare " + file("model,layer,M,K,batch,time_us\n"), {"m.csv:1", "no column 'kernel'"});
  expect_refused("compare " + file("model,layer,M,K,batch,kernel,time_ms\n"), {"did you mean 'time_us'"});
  expect_refused("compare " + file(header + "x,l,8,8,1,w6a16\n"), {"m.csv:2", "6 cells", "7"});
  expect_refused("compare " + file(header + "x,l,8,8,1,w6a16,-3\n"), {"m.csv:2", "-3"});
  expect_refused("compare " + file(header + "x,l,8,8,1,w6a16,nan\n"), {"m.csv:2", "nan"});
  expect_refused("compare " + file(header + "x,l,0,8,1,w6a16,3\n"), {"m.csv:2", "M is '0'"});
  expect_refused("compare " + file(header + "x,\"l,8,8,1,w6a16,3\n"), {"m.csv:2", "quoted"});
  expect_refused("compare " + file(header + "x,l,8,8,1,nobody,3\n"), {"nothing to compare"});
  expect_refused("compare /nonexistent.csv", {"/nonexistent.csv"});
}

}  // namespace
}  // namespace fp6sim::app
