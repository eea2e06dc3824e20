// fp6sim mma: fill in or check a file of tensor-core vectors.
#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "app/commands.h"
#include "app/mma_vectors.h"
#include "app/options.h"
#include "app/text/read_text.h"
#include "emu/error.h"
#include "emu/format.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace {

struct MmaArguments {
  std::string architecture, accumulate = "f32", input = "f16", path, output;
  std::string zero_exponent = "binary32", all_negative_zero = "+", negative_underflow = "+";
};

template <class Value>
struct Named {
  const char* name;
  Value value;
};

template <class Value, std::size_t kCount>
Value named(const char* what, const std::string& name, const Named<Value> (&rows)[kCount]) {
  return find_by_name(what, name, rows, [](const auto& row) { return row.name; }).value;
}

emu::MmaContext context_of(const MmaArguments& arguments) {
  using emu::ZeroExponent;
  using emu::ZeroSign;
  static constexpr Named<emu::Accumulate> kAccumulates[] = {{"f32", emu::Accumulate::kF32},
                                                            {"f16", emu::Accumulate::kF16}};
  static constexpr Named<emu::FloatFormat> kInputs[] = {
      {"f16", emu::kFp16},  {"bf16", emu::kBf16}, {"e4m3", emu::kE4M3}, {"e5m2", emu::kE5M2},
      {"e3m2", emu::kE3M2}, {"e2m3", emu::kE2M3}, {"e2m1", emu::kE2M1}};
  static constexpr Named<ZeroExponent> kZeroExponents[] = {{"binary32", ZeroExponent::kBinary32},
                                                           {"format", ZeroExponent::kFormat},
                                                           {"ignored", ZeroExponent::kIgnored}};
  static constexpr Named<ZeroSign> kSigns[] = {{"+", ZeroSign::kPositive}, {"-", ZeroSign::kNegative}};
  const emu::FloatFormat input = named("input", arguments.input, kInputs);
  const emu::MmaOptions options{named("zero exponent", arguments.zero_exponent, kZeroExponents),
                                named("sign", arguments.all_negative_zero, kSigns),
                                named("sign", arguments.negative_underflow, kSigns)};
  return emu::mma_context(emu::architecture_by_name(arguments.architecture), input, input,
                          named("accumulate type", arguments.accumulate, kAccumulates), options);
}

void run(const MmaArguments& arguments, Outcome& outcome) {
  const emu::MmaContext context = context_of(arguments);
  std::istringstream in(read_text(arguments.path));
  std::ostringstream rows;  // held back, so that a bad line leaves no half-written file
  const MmaVectorsSummary summary = run_mma_vectors(context, arguments.path, in, rows);
  if (arguments.output.empty()) {
    std::cout << rows.str() << std::flush;
    if (!std::cout) throw Error("cannot write to standard output");
  } else {
    write_file(arguments.output, rows.str());
  }
  fmt::print(stderr, "{} {}{}: {} rows, {} compared, {} mismatches, {} unsettled ({} of them differ)\n",
             arguments.architecture, arguments.input,
             context.rule.verified ? "" : " (rule not verified on a device)", summary.rows, summary.compared,
             summary.mismatches, summary.unsettled, summary.unsettled_mismatches);
  if (summary.mismatches > 0) {
    fmt::print(stderr, "first mismatch: {}\n", summary.first_mismatch);
    outcome.exit_code = 1;
  }
}

}  // namespace

void add_mma_command(CLI::App& app, Outcome& outcome) {
  auto* command = app.add_subcommand("mma", "Fill in or check tensor-core results, bit for bit");
  auto arguments = std::make_shared<MmaArguments>();
  command
      ->add_option("vectors", arguments->path,
                   "CSV file with columns a, b (hexadecimal codes), c and maybe d")
      ->required();
  command->add_option("--arch", arguments->architecture, "volta turing ampere ada hopper blackwell")
      ->required();
  command->add_option("--accumulate", arguments->accumulate, "type of c and d: f32 f16")
      ->capture_default_str();
  command->add_option("--input", arguments->input, "f16 bf16 e4m3 e5m2 (blackwell also e3m2 e2m3 e2m1)")
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "where the rows go (default: standard output)");
  command
      ->add_option("--zero-exponent", arguments->zero_exponent,
                   "exponent a zero operand counts with: binary32 (-126), format (the smallest), ignored")
      ->capture_default_str();
  command
      ->add_option("--all-negative-zero", arguments->all_negative_zero, "sign when every addend is -0: + -")
      ->capture_default_str();
  command
      ->add_option("--negative-underflow", arguments->negative_underflow,
                   "sign when a sum below zero rounds to zero: + -")
      ->capture_default_str();
  command->callback([arguments, &outcome] { run(*arguments, outcome); });
}

}  // namespace fp6sim::app
