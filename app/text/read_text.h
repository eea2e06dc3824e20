// Text files that people hand over: CSVs of measurements and of vectors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace fp6sim::app {

/// The whole file, without the mark some spreadsheets put before UTF-8. Throws fp6sim::Error naming the file
/// where it cannot be read, is a directory, or is larger than 256 MiB (a device never ends).
std::string read_text(const std::filesystem::path& file);

/// At most 80 characters of `text` that a terminal can show, for an error message.
std::string excerpt(std::string_view text);

}  // namespace fp6sim::app
