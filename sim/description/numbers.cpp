#include "sim/description/numbers.h"

namespace fp6sim::sim {

double sourced_number(json::Object& object, std::string_view key, double min, double max) {
  json::Object entry = object.object(key);
  const double value = entry.number("value", min, max);
  entry.get("source").as_name();
  entry.finish();
  return value;
}

double sourced_number_or(json::Object& object, std::string_view key, double min, double max, double missing) {
  return object.find(key) ? sourced_number(object, key, min, max) : missing;
}

void read_mark(json::Object& object, int numbers, std::string_view what, Marks& marks) {
  int found = 0;
  const auto read = [&](std::string_view mark, int& count) {
    const auto text = object.find(mark);
    if (!text) return false;
    text->as_name();
    count += numbers;
    ++found;
    return true;
  };
  read("cited", marks.cited);
  read("derived", marks.derived);
  if (read("fitted", marks.fitted)) marks.fitted_keys.emplace_back(what);
  if (found != 1)
    object.value().refuse("expected exactly one of 'cited', 'derived', 'fitted' beside its numbers");
}

double marked_number(json::Object& object, std::string_view key, double min, double max, Marks& marks) {
  json::Object entry = object.object(key);
  const double value = entry.number("value", min, max);
  read_mark(entry, 1, key, marks);
  entry.finish();
  return value;
}

double marked_number_or(json::Object& object, std::string_view key, double min, double max, double missing,
                        Marks& marks) {
  return object.find(key) ? marked_number(object, key, min, max, marks) : missing;
}

}  // namespace fp6sim::sim
