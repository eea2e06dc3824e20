#include "app/usage_error.h"

#include <cctype>
#include <string_view>
#include <vector>

#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// "--gpu" of "--gpu=h200", "-o" of "-ofile"; "" of what is no option: a value, a number below zero, "-".
std::string option_of(std::string_view word) {
  if (word.starts_with("--")) return std::string(word.substr(0, word.find('=')));
  if (word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0)
    return std::string(word.substr(0, 2));
  return "";
}

const CLI::App* chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? nullptr : chosen.front();
}

/// What an option's type, as --help shows it, means in words.
std::string expected_of(const std::string& type) {
  if (type.starts_with("UINT")) return "an integer of at least 0";
  if (type.starts_with("INT")) return "an integer";
  if (type.starts_with("FLOAT")) return "a number";
  return "a value of type " + type;
}

/// "--m = 8k" as CLI11 has it, put as our own errors are.
std::string conversion_text(const CLI::App& command, const std::string& assignment) {
  const std::size_t equals = assignment.find(" = ");
  const std::string name = assignment.substr(0, equals);
  const CLI::Option* option = command.get_option_no_throw(name);
  if (equals == std::string::npos || option == nullptr) return "cannot be read: " + assignment;
  return name + " is '" + assignment.substr(equals + 3) + "': expected " +
         expected_of(option->get_type_name());
}

/// The parser takes -1 for the largest unsigned number there is.
void refuse_below_zero(const CLI::App& command, const std::string& name, std::string_view value) {
  const CLI::Option* option = command.get_option_no_throw(name);
  if (option == nullptr || !value.starts_with('-') || !option->get_type_name().starts_with("UINT")) return;
  throw Error(command.get_name() + ": " + name + " is '" + std::string(value) + "': expected " +
              expected_of(option->get_type_name()));
}

/// Text behind `mark`, or nothing where the message has none.
std::string_view behind(std::string_view message, std::string_view mark) {
  const std::size_t at = message.find(mark);
  return at == std::string_view::npos ? std::string_view() : message.substr(at + mark.size());
}

}  // namespace

void refuse_unknown_names(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2) return;
  if (argv[1][0] == '-') {
    const std::string option = option_of(argv[1]);
    if (option.empty() || app.get_option_no_throw(option) != nullptr) return;
    throw Error(unknown_name_message("option", option, option_names(app)));
  }
  const CLI::App* command =
      find_by_name("command", argv[1], app.get_subcommands([](const CLI::App*) { return true; }),
                   [](const CLI::App* c) { return c->get_name(); });
  const std::vector<std::string> known = option_names(*command);
  for (int i = 2; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word.empty() || (word.starts_with("--") && word.ends_with('='))) {
      // Scripts leave these behind when a variable is not set: no name, file or number is empty.
      const std::string owner(word.empty() ? argv[i - 1] : word.substr(0, word.size() - 1));
      throw Error(command->get_name() + ": the argument " + (word.empty() ? "after '" : "of '") + owner +
                  "' is empty");
    }
    const std::string option = option_of(word);
    if (i > 2) refuse_below_zero(*command, argv[i - 1], word);
    if (word.size() > option.size()) refuse_below_zero(*command, option, word.substr(option.size() + 1));
    if (option.empty() || command->get_option_no_throw(option) != nullptr) continue;
    throw Error(command->get_name() + ": " + unknown_name_message("option", option, known));
  }
}

std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = chosen_command(app);
  const std::string name = command == nullptr ? "" : command->get_name();
  std::string text = error.what();
  if (const auto assignment = behind(text, "Could not convert: ");
      !assignment.empty() && command != nullptr) {
    text = conversion_text(*command, std::string(assignment));
  } else if (const auto value = behind(text, ": Value "); !value.empty()) {
    const std::size_t range = value.find(" not in range ");
    if (range != std::string_view::npos) {
      text = text.substr(0, text.find(": Value ")) + " is '" + std::string(value.substr(0, range)) +
             "': expected " + std::string(value.substr(range + std::string_view(" not in range ").size()));
    }
  } else if (text.find(": At Most 1 required but received") != std::string::npos) {
    text = text.substr(0, text.find(':')) + " is given more than once";
  } else if (text.find(" required ") != std::string::npos && text.ends_with(" missing")) {
    text = text.substr(0, text.find(':')) + " has no value";
  } else if (const auto extra = behind(text, "not expected: "); !extra.empty()) {
    text = "unexpected argument '" + std::string(extra) + "'";
  }
  return (name.empty() ? text : name + ": " + text) + "; see fp6sim " + (name.empty() ? "" : name + " ") +
         "--help";
}

}  // namespace fp6sim::app
