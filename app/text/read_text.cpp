#include "app/text/read_text.h"

#include <fstream>

#include "emu/error.h"

namespace fp6sim::app {

std::string read_text(const std::filesystem::path& file) {
  constexpr std::size_t kLargest = std::size_t{256} << 20;
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw Error(file.string() + ": is a directory, expected a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file.string() + ": cannot be read");
  std::string text, block(std::size_t{1} << 20, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kLargest)
      throw Error(file.string() + ": more than the " + std::to_string(kLargest) + " bytes accepted");
  }
  if (in.bad()) throw Error(file.string() + ": cannot be read");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown(text.substr(0, kLongest));
  for (char& c : shown)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace fp6sim::app
