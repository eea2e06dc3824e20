#include "emu/checkpoint/spec_names.h"

#include <algorithm>
#include <charconv>

#include "emu/error.h"

namespace fp6sim::checkpoint {

void set_scale(emu::QuantizeSpec& spec, std::string_view name) {
  constexpr std::string_view kGroup = "group:";
  spec.scaled = name != "none";
  spec.group = emu::kWholeRow;
  if (name == "none" || name == "row") return;
  if (name.starts_with(kGroup)) {
    const std::string_view digits = name.substr(kGroup.size());
    std::size_t group = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), group);
    if (status == std::errc{} && end == digits.data() + digits.size() && group >= 1 && group < (1u << 31)) {
      spec.group = group;
      return;
    }
  }
  throw Error("scale '" + std::string(name) + "' is not one of none row group:N (N columns, 1..2147483647)");
}

std::string scale_name(const emu::QuantizeSpec& spec) {
  if (!spec.scaled) return "none";
  return spec.group == emu::kWholeRow ? "row" : "group:" + std::to_string(spec.group);
}

double bits_per_weight(const emu::QuantizeSpec& spec, std::size_t rows, std::size_t columns) {
  double bits = spec.format.bits;
  if (!spec.scaled || rows == 0 || columns == 0) return bits;
  const std::size_t group = spec.group == emu::kWholeRow ? columns : spec.group;
  const auto groups = static_cast<double>((columns + group - 1) / group);
  double group_bits = spec.storage == emu::ScaleStorage::kBinary16   ? 16
                      : spec.storage == emu::ScaleStorage::kBinary32 ? 32
                                                                     : 8;
  if (spec.zero_point) group_bits += spec.format.bits == 4 ? 4 : 8;
  bits += group_bits * groups / static_cast<double>(columns);
  return bits;
}

bool matches(std::string_view pattern, std::string_view name) {
  // Greedy with one point to return to: the last * and where it was tried.
  std::size_t p = 0, n = 0, star = std::string_view::npos, retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

bool default_choice(std::string_view name, std::size_t rank) {
  if (rank < 2) return false;
  for (const std::string_view word : {"embed", "wte", "wpe", "norm", "lm_head"}) {
    if (name.find(word) != std::string_view::npos) return false;
  }
  return true;
}

bool NamePatterns::choose(std::string_view name, std::size_t rank) const {
  const auto any = [&](const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const auto& pattern) { return matches(pattern, name); });
  };
  if (any(exclude)) return false;
  return include.empty() ? default_choice(name, rank) : any(include);
}

}  // namespace fp6sim::checkpoint
