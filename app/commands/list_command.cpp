// fp6sim list: the names other commands take, with a line on each.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "emu/format.h"
#include "emu/names.h"
#include "sim/simulate.h"
#include "sim/workload.h"

namespace fp6sim::app {
namespace {

struct Line {
  std::string name, description;
};

template <class Load>
std::vector<Line> lines_of(const std::vector<std::string>& names, Load load) {
  std::vector<Line> lines;
  for (const std::string& name : names) lines.push_back({name, load(name).description});
  return lines;
}

struct Kind {
  std::string name;
  std::function<std::vector<Line>()> lines;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = {
      {"gpus", [] { return lines_of(sim::gpu_names(), sim::load_gpu); }},
      {"kernels", [] { return lines_of(sim::kernel_names(), sim::load_kernel); }},
      {"formats",
       [] {
         std::vector<Line> lines;
         for (const emu::Format& format : emu::formats()) {
           lines.push_back(
               {std::string(format.name), fmt::format("{:>2} bits  {}", format.bits, format.description)});
         }
         return lines;
       }},
      {"splits",
       [] {
         return std::vector<Line>{
             {"4+2", "a stream of the codes' upper four bits and one of the lower two (FP5: 4+1)"},
             {"2+4", "the upper two bits apart, as the FP6-LLM authors released it (FP5: 1+4)"},
             {"4+2-byte",
              "4+2 arranged for registers: each byte is a weight's upper half, fewest instructions"},
             {"2+4-released", "2+4 expanded by the sequence the FP6-LLM authors released; simulated only"},
             {"packed6", "codes one after another, across word boundaries"},
             {"padded8", "a byte a code: a third more bytes, nothing to put together"}};
       }},
      {"designs", [] { return lines_of(sim::design_names(), sim::load_design); }},
      {"workloads", [] { return lines_of(sim::workload_names(), sim::load_workload); }}};
  return kKinds;
}

void print_kind(const std::string& name) {
  const Kind& kind = find_by_name("list", name, kinds(), [](const Kind& k) { return k.name; });
  const std::vector<Line> lines = kind.lines();
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size());
  for (const Line& line : lines) fmt::print("{:<{}}  {}\n", line.name, width, line.description);
}

}  // namespace

void add_list_command(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("list", "Explain the names other commands take");
  auto* what =
      command->add_option("what", "gpus, kernels, formats, splits, designs or workloads")->required();
  command->callback([what] { print_kind(what->as<std::string>()); });
}

}  // namespace fp6sim::app
