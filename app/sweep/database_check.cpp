#include "app/sweep/database_check.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "emu/error.h"

namespace fp6sim::app {
namespace {

// https://www.sqlite.org/fileformat.html: big-endian fields of the first 100 bytes.
constexpr std::size_t kUserVersionAt = 60, kApplicationIdAt = 68, kHeaderBytes = 100;

std::uint32_t big_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// An immutable connection neither locks nor creates files beside the database; with a write-ahead log beside
/// it the log has to be read too, and an ordinary read-only connection does that.
void check_content(const std::filesystem::path& file, const std::string& program) {
  std::error_code ignored;
  const bool has_log = std::filesystem::file_size(file.string() + "-wal", ignored) > 0 && !ignored;
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::strchr("/._-", c) != nullptr;
    uri += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  uri += has_log ? "?mode=ro" : "?mode=ro&immutable=1";
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(uri.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closed(handle, sqlite3_close);
  if (opened != SQLITE_OK) throw Error(file.string() + ": cannot be opened: " + sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, 10'000);
  std::string verdict, stored;
  const auto keep_first = [](void* text, int, char** values, char**) {
    auto& verdict_text = *static_cast<std::string*>(text);
    if (verdict_text.empty() && values[0] != nullptr) verdict_text = values[0];
    return 0;
  };
  const int checked = sqlite3_exec(handle, "PRAGMA quick_check(1)", keep_first, &verdict, nullptr);
  if (checked == SQLITE_BUSY) return;  // another process is at work on it: it judged it
  if (checked != SQLITE_OK) verdict = sqlite3_errmsg(handle);
  std::replace(verdict.begin(), verdict.end(), '\n', ' ');  // SQLite's verdicts have lines, messages are one
  if (verdict != "ok") {
    throw Error(file.string() + ": the database is corrupt (" + verdict +
                "); nothing was changed: move it away, or " +
                "rescue what can be read with sqlite3's .recover");
  }
  sqlite3_exec(handle, "SELECT value FROM meta WHERE name = 'program'", keep_first, &stored, nullptr);
  if (!program.empty() && stored != program) {
    throw Error(file.string() + ": its points were computed by fp6sim " + stored + ", this is " + program +
                ": results of two versions are not mixed, take another file; nothing was changed");
  }
}

}  // namespace

bool check_database_file(const std::filesystem::path& file, const std::string& program) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return false;
  if (!std::filesystem::is_regular_file(file, error)) throw Error(file.string() + ": not a regular file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file.string() + ": cannot be read");
  std::array<char, kHeaderBytes> header{};
  in.read(header.data(), header.size());
  if (in.gcount() == 0) return false;
  if (in.gcount() < static_cast<std::streamsize>(kHeaderBytes) ||
      std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
    throw Error(file.string() + ": not a database of fp6sim sweep (not SQLite); nothing was changed");
  }
  if (big_endian(&header[kApplicationIdAt]) != kApplicationId) {
    throw Error(file.string() + ": a database of another program, not of fp6sim sweep; nothing was changed");
  }
  const std::uint32_t version = big_endian(&header[kUserVersionAt]);
  if (version != kSchemaVersion) {
    throw Error(file.string() + ": schema version " + std::to_string(version) +
                ", this program knows version " + std::to_string(kSchemaVersion) + "; nothing was changed");
  }
  check_content(file, program);
  return true;
}

}  // namespace fp6sim::app
