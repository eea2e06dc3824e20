// Judging a file before it is opened to be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fp6sim::app {

inline constexpr std::uint32_t kApplicationId = 0x66703673;  // "fp6s"
inline constexpr std::uint32_t kSchemaVersion = 2;

/// True where `file` is a database of ours, false where there is none yet (or an empty file). Reads only.
/// Throws fp6sim::Error for anything else, for one that SQLite finds corrupt, and where `program` is not
/// empty for one whose points another version computed.
bool check_database_file(const std::filesystem::path& file, const std::string& program);

}  // namespace fp6sim::app
