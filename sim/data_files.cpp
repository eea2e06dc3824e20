#include "sim/data_files.h"

#include <algorithm>
#include <cstdlib>

#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::sim {
namespace fs = std::filesystem;

fs::path data_root() {
  std::error_code ignored;
  if (const char* chosen = std::getenv("FP6SIM_DATA")) {
    if (fs::is_directory(fs::path(chosen) / "sim", ignored)) return chosen;
    throw Error(std::string("FP6SIM_DATA is '") + chosen +
                "': expected a folder that holds sim/ and traces/");
  }
  const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path candidates[] = {FP6SIM_SOURCE_ROOT, executable.parent_path().parent_path() / "share/fp6sim"};
  for (const fs::path& root : candidates) {
    if (fs::is_directory(root / "sim", ignored)) return root;
  }
  throw Error("the shipped descriptions are neither in " + candidates[0].string() + " nor in " +
              candidates[1].string() + ": set FP6SIM_DATA to the folder that holds sim/ and traces/");
}

std::vector<std::string> description_names(const DescriptionFolder& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data_root() / folder.folder, ignored)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path description_file(const DescriptionFolder& folder, std::string_view name_or_path) {
  if (name_or_path.find('/') != std::string_view::npos || name_or_path.ends_with(".json"))
    return name_or_path;
  const std::vector<std::string> names = description_names(folder);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    throw Error(unknown_name_message(folder.kind, name_or_path, names));
  }
  return data_root() / folder.folder / (std::string(name_or_path) + ".json");
}

}  // namespace fp6sim::sim
