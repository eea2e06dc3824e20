// Looking things up by name, with an error that helps: unknown names suggest the nearest known ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "emu/error.h"

namespace fp6sim {

/// Levenshtein distance between two names, in edits.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// "unknown <kind> 'x': did you mean 'y'? Known: a b c" from the list of known names.
inline std::string unknown_name_message(std::string_view kind, std::string_view name,
                                        const std::vector<std::string>& known) {
  std::string message = "unknown " + std::string(kind) + " '" + std::string(name) + "'";
  // A name typed short ("a100" for "a100-sxm-40g") is nearer than one of the same length with other letters.
  const auto distance = [&](const std::string& k) {
    return k.starts_with(name) && !name.empty() ? 0 : edit_distance(name, k);
  };
  const auto nearest = std::min_element(
      known.begin(), known.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  if (nearest != known.end() && distance(*nearest) <= std::max<std::size_t>(2, name.size() / 2)) {
    message += ": did you mean '" + *nearest + "'?";
  } else {
    message += ".";
  }
  message += " Known:";
  for (const auto& k : known) message += " " + k;
  return message;
}

/// The element of `rows` whose `name_of(row)` is `name`; throws Error listing the nearest where there is
/// none.
template <class Rows, class NameOf>
const auto& find_by_name(std::string_view kind, std::string_view name, const Rows& rows, NameOf name_of) {
  for (const auto& row : rows) {
    if (name_of(row) == name) return row;
  }
  std::vector<std::string> known;
  for (const auto& row : rows) known.emplace_back(name_of(row));
  throw Error(unknown_name_message(kind, name, known));
}

}  // namespace fp6sim
