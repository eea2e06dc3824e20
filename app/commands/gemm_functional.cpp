#include "app/commands/gemm_functional.h"

#include <fmt/core.h>

#include "emu/error.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::app {

void add_functional_options(CLI::App& command, FunctionalOptions& options) {
  auto* functional =
      command.add_flag("--functional", options.wanted,
                       "carry real bits through the run and compare the output with the emulator's "
                       "GEMM; exit code 1 on a difference (at most 2^26 weights)");
  command.add_option("--seed", options.seed, "of --functional's random operands")
      ->capture_default_str()
      ->needs(functional);
  command
      .add_option(
          "--fault", options.fault,
          "plant a fault in a response from the L2: flip:NUMBER:BIT or swap:NUMBER (payloads count from 0)")
      ->needs(functional);
}

FunctionalOutcome simulate_functional(const Point& point, const Inputs& inputs,
                                      const std::string& timeline_path, const FunctionalOptions& options,
                                      sim::GemmResult& result) {
  sim::check_functional_limits(point.shape);
  const sim::GemmOperands operands = sim::random_operands(inputs.kernel, point.shape, options.seed);
  sim::FunctionalGemm functional(operands);
  std::optional<sim::FaultInjector> injector;
  if (!options.fault.empty()) {
    injector.emplace(sim::parse_fault(options.fault));
    functional.tap = injector->tap();
  }
  result = simulate(point, inputs, timeline_path, &functional);
  FunctionalOutcome outcome;
  outcome.seed = options.seed;
  if (injector) {
    outcome.victims = injector->victims();
    if (outcome.victims.empty()) throw Error("--fault " + options.fault + ": this run has no such payload");
  }
  outcome.check = compare_outputs(
      point.shape, expected_output(inputs.kernel, point.shape, operands, functional), functional.output());
  return outcome;
}

boost::json::object FunctionalOutcome::json() const {
  boost::json::object document = {
      {"seed", seed}, {"compared", check.compared}, {"mismatches", check.mismatches}};
  if (check.first) {
    document["first_mismatch"] = {{"row", check.first->row},
                                  {"token", check.first->token},
                                  {"expected_bits", check.first->expected},
                                  {"got_bits", check.first->got}};
  }
  if (!victims.empty()) {
    boost::json::array met;
    for (const sim::Victim& victim : victims) {
      met.push_back({{"number", victim.number},
                     {"address", victim.address},
                     {"sm", victim.sm},
                     {"bytes", victim.bytes}});
    }
    document["fault_met"] = std::move(met);
  }
  return document;
}

std::string FunctionalOutcome::text() const {
  std::string lines = fmt::format("functional     {} outputs compared with the emulator's GEMM, {} differ\n",
                                  check.compared, check.mismatches);
  if (check.first) lines += fmt::format("               first: {}\n", describe(*check.first));
  for (const sim::Victim& victim : victims) {
    lines += fmt::format("               fault in response {}: {} bytes at address {:#x}, for SM {}\n",
                         victim.number, victim.bytes, victim.address, victim.sm);
  }
  return lines;
}

}  // namespace fp6sim::app
