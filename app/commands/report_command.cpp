// fp6sim report: results as one HTML file.
#include <fmt/core.h>

#include <filesystem>

#include "app/commands.h"
#include "app/options.h"
#include "app/report/report.h"

namespace fp6sim::app {

void add_report_command(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("report", "Turn results into one HTML file that needs no network");
  struct Arguments {
    std::string source, out;
  };
  auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("source", arguments->source,
                   "a sweep's database, or a folder with run.json and/or compare.json")
      ->required();
  command->add_option("-o,--out", arguments->out, "the HTML file to write")->required();
  command->footer(
      "  fp6sim run --out out && fp6sim report out -o llama.html\n"
      "  fp6sim sweep sweeps/placement.json --db p.sqlite && fp6sim report p.sqlite -o placement.html");
  command->callback([arguments] {
    const bool folder = std::filesystem::is_directory(arguments->source);
    write_file(arguments->out, report_html(folder ? report_data_of_folder(arguments->source)
                                                  : report_data_of_database(arguments->source)));
    fmt::print(stderr, "report: {}\n", arguments->out);
  });
}

}  // namespace fp6sim::app
