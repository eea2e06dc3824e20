// Runs the built program as a user does.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace fp6sim::app {

struct ProgramRun {
  int exit_code = -1;
  std::string out, err;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A folder of this test process alone, emptied when it is made.
inline std::filesystem::path scratch(const std::string& name) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("fp6sim_app_" + std::to_string(::getpid()) + "_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

/// As one word of a shell command.
inline std::string as_word(const std::filesystem::path& path) {
  std::string word(1, '\'');
  return word.append(path.string()).append(1, '\'');
}

/// `prefix` stands before the program: "ulimit -f 10;" or "mpirun -n 2".
inline ProgramRun run_program(const std::string& arguments, const std::string& prefix = "") {
  static int calls = 0;
  const auto base = std::filesystem::temp_directory_path() /
                    ("fp6sim_call_" + std::to_string(::getpid()) + "_" + std::to_string(++calls));
  const std::string out = base.string() + ".out", err = base.string() + ".err";
  const std::string command =
      prefix + " '" FP6SIM_BINARY "' " + arguments + " > '" + out + "' 2> '" + err + "'";
  const int status = std::system(command.c_str());
  ProgramRun run{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out),
                 text_of(err)};
  std::filesystem::remove(out);
  std::filesystem::remove(err);
  return run;
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace fp6sim::app
