// Text -> Document. One pass of Boost's parser with a handler of our own watches what its values would hide
// (repeated keys), a second builds the values.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <set>

#include "emu/error.h"
#include "emu/json/reader.h"

namespace fp6sim::json {
namespace {

namespace bj = boost::json;

/// Follows the structure and stops at a key its object already has.
struct RepeatedKeyHandler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  std::vector<std::set<std::string>> open_objects;
  std::string key;
  std::string repeated;

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    open_objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, bj::error_code&) {
    open_objects.pop_back();
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t, bj::error_code&) { return true; }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key.append(part);
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, bj::error_code& error) {
    key.append(part);
    const bool fresh = open_objects.back().insert(key).second;
    if (!fresh) {
      repeated = key;
      error = bj::error::syntax;
    }
    key.clear();
    return fresh;
  }
  bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_string(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_double(double, bj::string_view, bj::error_code&) { return true; }
  bool on_bool(bool, bj::error_code&) { return true; }
  bool on_null(bj::error_code&) { return true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

Document parse(std::string_view text, std::string source, const Limits& limits) {
  if (text.size() > limits.bytes) {
    throw Error(source + ": " + std::to_string(text.size()) + " bytes of JSON, at most " +
                std::to_string(limits.bytes) + " are accepted");
  }
  bj::parse_options options;
  options.max_depth = limits.depth;
  bj::basic_parser<RepeatedKeyHandler> checker(options);
  bj::error_code error;
  const std::size_t consumed = checker.write_some(false, text.data(), text.size(), error);
  const auto refuse = [&](const std::string& what) {
    throw Error(source + ": " + line_and_column(text, consumed) + ": " + what);
  };
  if (!checker.handler().repeated.empty()) refuse("key '" + checker.handler().repeated + "' is given twice");
  if (error == bj::error::too_deep) {
    refuse("nested deeper than the " + std::to_string(limits.depth) + " levels accepted");
  }
  if (error) refuse("not JSON: " + error.message());
  if (text.find_first_not_of(" \t\r\n", consumed) != std::string_view::npos) {
    refuse("not JSON: more text after the end of the document");
  }
  return Document(bj::parse(text.substr(0, consumed), {}, options), std::move(source));
}

Document read_file(const std::filesystem::path& file, const Limits& limits) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw Error(file.string() + ": is a directory, expected a JSON file");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file.string() + ": cannot be read");
  // One byte beyond the limit is read, so that devices and growing files end too.
  std::string text(limits.bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw Error(file.string() + ": reading failed");
  if (text.size() > limits.bytes) {
    throw Error(file.string() + ": more than the " + std::to_string(limits.bytes) + " bytes accepted");
  }
  return parse(text, file.string(), limits);
}

}  // namespace fp6sim::json
