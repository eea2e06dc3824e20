#include "app/mma_vectors.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <istream>
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

#include "app/text/read_text.h"
#include "emu/binary16.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

/// Fields of a line; a comma inside double quotes does not separate.
std::vector<std::string_view> split_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i == line.size() || (line[i] == ',' && !quoted)) {
      fields.push_back(line.substr(start, i - start));
      start = i + 1;
    }
  }
  return fields;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Where we are in the file, for messages.
struct Place {
  const std::string& name;
  std::int64_t line;
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}:{}: {}", name, line, what));
  }
};

std::uint32_t parse_hex(const Place& place, std::string_view column, std::string_view text, int bits) {
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (status != std::errc{} || end != digits.data() + digits.size() || (value >> bits) != 0) {
    place.fail(
        fmt::format("column '{}': '{}' is not a hexadecimal number of at most {} bits", column, text, bits));
  }
  return static_cast<std::uint32_t>(value);
}

void parse_codes(const Place& place, std::string_view column, std::string_view text, int bits,
                 std::vector<std::uint16_t>& codes) {
  codes.clear();
  for (std::string_view rest = trimmed(text); !rest.empty();) {
    const std::size_t length = std::min(rest.find_first_of(" \t"), rest.size());
    codes.push_back(static_cast<std::uint16_t>(parse_hex(place, column, rest.substr(0, length), bits)));
    rest = trimmed(rest.substr(length));
  }
}

/// The header: where the columns we know are.
struct Columns {
  std::size_t count, a, b, c;
  std::optional<std::size_t> d, settled;
};

Columns read_header(const Place& place, std::string_view line) {
  const auto fields = split_fields(line);
  const auto find = [&](std::string_view wanted) -> std::optional<std::size_t> {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (trimmed(fields[i]) != wanted) continue;
      if (found) place.fail(fmt::format("column '{}' appears twice", wanted));
      found = i;
    }
    return found;
  };
  const auto required = [&](std::string_view wanted) {
    const auto found = find(wanted);
    if (!found)
      place.fail(fmt::format("the header '{}' has no column '{}'; needed: a, b, c", excerpt(line), wanted));
    return *found;
  };
  if (find("d_fp6sim")) place.fail("the file already has a column 'd_fp6sim'");
  return {fields.size(), required("a"), required("b"), required("c"), find("d"), find("settled")};
}

class VectorRunner {
 public:
  VectorRunner(const emu::MmaContext& context, std::ostream& out) : context_(context), out_(out) {}

  void header(const Place& place, std::string_view line) {
    columns_ = read_header(place, line);
    out_ << line << (columns_->d ? ",d_fp6sim\n" : ",d\n");
  }

  void row(const Place& place, std::string_view line) {
    const auto fields = split_fields(line);
    if (fields.size() != columns_->count) {
      place.fail(fmt::format("{} fields where the header has {}", fields.size(), columns_->count));
    }
    parse_codes(place, "a", fields[columns_->a], context_.a.bits(), a_);
    parse_codes(place, "b", fields[columns_->b], context_.b.bits(), b_);
    const auto step = static_cast<std::size_t>(context_.rule.products_per_step);
    if (a_.size() != b_.size()) {
      place.fail(fmt::format("column 'a' has {} codes, column 'b' {}", a_.size(), b_.size()));
    }
    if (a_.empty() || a_.size() % step != 0) {
      place.fail(fmt::format("{} products are not a positive multiple of {}'s step of {}", a_.size(),
                             emu::architecture_name(context_.rule.architecture), step));
    }
    const std::uint32_t c = parse_hex(place, "c", trimmed(fields[columns_->c]), result_bits());
    const std::uint32_t d = emu::mma_chain(context_, a_, b_, c);
    out_ << line << fmt::format(",{:0{}x}\n", d, result_bits() / 4);
    ++summary_.rows;
    const bool settled = !columns_->settled || trimmed(fields[*columns_->settled]) != "0";
    if (!settled) ++summary_.unsettled;
    if (!columns_->d) return;
    const std::uint32_t expected = parse_hex(place, "d", trimmed(fields[*columns_->d]), result_bits());
    compare(place, settled, expected, d);
  }

  bool has_header() const { return columns_.has_value(); }
  const MmaVectorsSummary& summary() const { return summary_; }

 private:
  int result_bits() const { return context_.accumulate == emu::Accumulate::kF32 ? 32 : 16; }
  float value(std::uint32_t bits) const {
    return result_bits() == 32 ? std::bit_cast<float>(bits)
                               : emu::from_binary16(static_cast<std::uint16_t>(bits));
  }

  void compare(const Place& place, bool settled, std::uint32_t expected, std::uint32_t d) {
    const bool both_nan = value(expected) != value(expected) && value(d) != value(d);
    const bool equal = expected == d || both_nan;
    if (settled) ++summary_.compared;
    if (equal) return;
    if (!settled) {
      ++summary_.unsettled_mismatches;
      return;
    }
    if (summary_.mismatches++ == 0) {
      summary_.first_mismatch =
          fmt::format("{}:{}: d is {:0{}x} ({:.9g}), fp6sim {:0{}x} ({:.9g})", place.name, place.line,
                      expected, result_bits() / 4, value(expected), d, result_bits() / 4, value(d));
    }
  }

  const emu::MmaContext& context_;
  std::ostream& out_;
  std::optional<Columns> columns_;
  std::vector<std::uint16_t> a_, b_;
  MmaVectorsSummary summary_;
};

}  // namespace

MmaVectorsSummary run_mma_vectors(const emu::MmaContext& context, const std::string& name, std::istream& in,
                                  std::ostream& out) {
  VectorRunner runner(context, out);
  Place place{name, 0};
  for (std::string text; std::getline(in, text);) {
    ++place.line;
    std::string_view line = text;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#') || trimmed(line).empty()) {
      out << line << '\n';
    } else if (!runner.has_header()) {
      runner.header(place, line);
    } else {
      runner.row(place, line);
    }
  }
  if (!runner.has_header()) throw Error(fmt::format("{}: no header line; needed: columns a, b, c", name));
  return runner.summary();
}

}  // namespace fp6sim::app
