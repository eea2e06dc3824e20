// fp6sim: thin commands over the libraries. One file a command in app/commands/.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "emu/error.h"
#include "emu/names.h"

int main(int argc, char** argv) {
  CLI::App app{"Bit-accurate simulation of six-bit weights (FP6, the 4+2 split) on tensor-core memory paths"};
  app.name("fp6sim");
  app.require_subcommand(1);
  app.set_version_flag("--version", FP6SIM_VERSION);
  fp6sim::app::Outcome outcome;
  for (const auto add : fp6sim::app::commands()) add(app, outcome);
  try {
    if (argc > 1 && argv[1][0] != '-') {
      fp6sim::find_by_name("command", argv[1], app.get_subcommands({}),
                           [](const auto* c) { return c->get_name(); });
    }
    app.parse(argc, argv);
    return outcome.exit_code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const fp6sim::Error& error) {
    std::fprintf(stderr, "fp6sim: %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fp6sim: internal error: %s\n", error.what());
  }
  return 2;
}
