// How a description's numbers say where they come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emu/json/reader.h"

namespace fp6sim::sim {

/// A number and where it comes from: {"value": 108, "source": "..."}.
double sourced_number(json::Object& object, std::string_view key, double min, double max);
double sourced_number_or(json::Object& object, std::string_view key, double min, double max, double missing);

/// How the numbers of a kernel description are known. A description may hold at most one fitted number
/// (checked).
struct Marks {
  int cited = 0;
  int derived = 0;
  int fitted = 0;
  std::vector<std::string> fitted_keys;
};

/// Reads the one of cited/derived/fitted that `object` has (its value: the source, rule or reason) and counts
/// `numbers`.
void read_mark(json::Object& object, int numbers, std::string_view what, Marks& marks);

/// A number with its mark: {"value": 2.69, "cited": "..."}.
double marked_number(json::Object& object, std::string_view key, double min, double max, Marks& marks);
double marked_number_or(json::Object& object, std::string_view key, double min, double max, double missing,
                        Marks& marks);

}  // namespace fp6sim::sim
