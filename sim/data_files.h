// Where the shipped descriptions lie, and how a name on the command line becomes a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::sim {

/// A folder of one kind of description, as errors speak of it: {"GPU", "sim/gpus"}.
struct DescriptionFolder {
  std::string_view kind;
  std::string_view folder;  ///< relative to the root of the shipped files
};

inline constexpr DescriptionFolder kGpuFolder{"GPU", "sim/gpus"};
inline constexpr DescriptionFolder kKernelFolder{"kernel", "sim/kernels"};
inline constexpr DescriptionFolder kDesignFolder{"design", "sim/designs"};
inline constexpr DescriptionFolder kWorkloadFolder{"workload", "traces"};

/// The root: $FP6SIM_DATA, else the source tree this was built from, else ../share/fp6sim beside the
/// executable. Throws fp6sim::Error where none of them is a folder.
std::filesystem::path data_root();

/// The names shipped in a folder (its *.json without the extension), sorted.
std::vector<std::string> description_names(const DescriptionFolder& folder);

/// The file of a shipped name, or, where the argument has a '/' or ends in ".json", the argument itself as a
/// path. Throws fp6sim::Error suggesting the nearest name.
std::filesystem::path description_file(const DescriptionFolder& folder, std::string_view name_or_path);

}  // namespace fp6sim::sim
