#include "app/point/overrides.h"

#include <boost/json/serialize.hpp>

#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

/// The value inside {"value": ..., "source": ...}, or the field itself.
bj::value* leaf_of(bj::value& field) {
  if (auto* object = field.if_object()) {
    auto* value = object->if_contains("value");
    return value != nullptr && !value->is_object() ? value : nullptr;
  }
  return field.is_array() ? nullptr : &field;
}

template <class Visit>
void visit_fields(bj::value& field, const std::string& path, const Visit& visit) {
  if (auto* leaf = leaf_of(field)) {
    visit(path, *leaf);
  } else if (auto* object = field.if_object()) {
    for (auto& member : *object) {
      visit_fields(member.value(), (path.empty() ? "" : path + ".") + std::string(member.key()), visit);
    }
  } else if (auto* array = field.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      visit_fields((*array)[i], path + "[" + std::to_string(i) + "]", visit);
    }
  }
}

bool same_kind(const bj::value& a, const bj::value& b) {
  return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string()) || (a.is_bool() && b.is_bool());
}

}  // namespace

void replace_field(bj::value& description, std::string_view path, const bj::value& value,
                   std::string_view what) {
  bj::value* found = nullptr;
  std::vector<std::string> known;
  visit_fields(description, "", [&](const std::string& here, bj::value& leaf) {
    if (here == path) found = &leaf;
    known.push_back(here);
  });
  if (found == nullptr) throw Error(unknown_name_message("field of " + std::string(what), path, known));
  if (!same_kind(*found, value)) {
    throw Error("field '" + std::string(path) + "' of " + std::string(what) + " is " + bj::serialize(*found) +
                ": " + bj::serialize(value) + " is of another kind");
  }
  *found = value;
}

std::vector<std::string> field_paths(const bj::value& description) {
  bj::value copy = description;
  std::vector<std::string> paths;
  visit_fields(copy, "", [&](const std::string& here, bj::value&) { paths.push_back(here); });
  return paths;
}

}  // namespace fp6sim::app
