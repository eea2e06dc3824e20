// fp6sim list: the names other commands take, with a line on each.
#include <fmt/core.h>

#include <string>

#include "app/commands.h"
#include "emu/format.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace {

void list_formats() {
  for (const emu::Format& format : emu::formats()) {
    fmt::print("{:<6} {:>2} bits  {}\n", format.name, format.bits, format.description);
  }
}

}  // namespace

void add_list_command(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("list", "Explain the names other commands take");
  auto* what = command->add_option("what", "formats")->required();
  command->callback([what] {
    const std::string name = what->as<std::string>();
    if (name == "formats") return list_formats();
    throw Error(unknown_name_message("list", name, {"formats"}));
  });
}

}  // namespace fp6sim::app
