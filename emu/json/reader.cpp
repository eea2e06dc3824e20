#include "emu/json/reader.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cassert>
#include <cmath>
#include <exception>
#include <utility>

#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::json {
namespace {

constexpr std::size_t kShownCharacters = 40;

std::string shown(const boost::json::value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array of " + std::to_string(value.get_array().size());
  std::string text = boost::json::serialize(value);
  if (text.size() > kShownCharacters) text = text.substr(0, kShownCharacters) + "...";
  return text;
}

std::string number_text(double x) {
  std::string text = boost::json::serialize(boost::json::value(x));
  // Boost writes 1E9 and 16; both read well. Large whole numbers read better in full.
  if (std::abs(x) < 1e15 && x == std::floor(x)) text = std::to_string(static_cast<long long>(x));
  return text;
}

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

}  // namespace

void Value::refuse(const std::string& complaint) const {
  const std::string where = path_.empty() ? "the document" : "'" + path_ + "'";
  throw Error(std::string(source_) + ": " + where + " is " + shown(*value_) + ": " + complaint);
}

std::string Value::as_string() const {
  if (!value_->is_string()) refuse("expected a string");
  return std::string(value_->get_string());
}

std::string Value::as_name() const {
  std::string text = as_string();
  if (text.empty()) refuse("expected a string that is not empty");
  return text;
}

std::string Value::as_one_of(std::span<const std::string_view> accepted) const {
  std::string text = as_string();
  if (std::find(accepted.begin(), accepted.end(), text) != accepted.end()) return text;
  refuse(unknown_name_message("value", text, {accepted.begin(), accepted.end()}));
}

bool Value::as_boolean() const {
  if (!value_->is_bool()) refuse("expected true or false");
  return value_->get_bool();
}

double Value::as_number(double min, double max) const {
  const std::string range = "expected a number from " + number_text(min) + " to " + number_text(max);
  if (!value_->is_number()) refuse(range);
  const double x = value_->to_number<double>();
  if (!std::isfinite(x) || x < min || x > max) refuse(range);
  return x;
}

std::int64_t Value::as_integer(std::int64_t min, std::int64_t max) const {
  const std::string range = "expected an integer from " + std::to_string(min) + " to " + std::to_string(max);
  if (!value_->is_int64()) refuse(range);  // unsigned values above 2^63 are out of every range we accept
  const std::int64_t x = value_->get_int64();
  if (x < min || x > max) refuse(range);
  return x;
}

std::vector<Value> Value::as_array(std::size_t min_count, std::size_t max_count) const {
  const auto range = [&] {
    return "expected an array of " + std::to_string(min_count) + " to " + std::to_string(max_count) +
           " elements";
  };
  if (!value_->is_array()) refuse(range());
  const auto& array = value_->get_array();
  if (array.size() < min_count || array.size() > max_count) refuse(range());
  std::vector<Value> elements;
  elements.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) {
    elements.emplace_back(array[i], source_, path_ + "[" + std::to_string(i) + "]");
  }
  return elements;
}

std::vector<std::string> Value::as_strings(std::size_t min_count) const {
  std::vector<std::string> strings;
  for (const Value& element : as_array(min_count)) strings.push_back(element.as_name());
  return strings;
}

Object Value::as_object() const {
  return Object(*this);
}

Object::Object(Value value) : value_(std::move(value)), exceptions_at_start_(std::uncaught_exceptions()) {
  if (!value_.is_object()) {
    finished_ = true;
    value_.refuse("expected an object");
  }
}

Object::Object(Object&& other) noexcept
    : value_(std::move(other.value_)),
      known_(std::move(other.known_)),
      exceptions_at_start_(other.exceptions_at_start_),
      finished_(std::exchange(other.finished_, true)) {}

Object::~Object() {
  assert((finished_ || std::uncaught_exceptions() > exceptions_at_start_) &&
         "Object::finish() was not called");
}

std::optional<Value> Object::find(std::string_view key) {
  known_.emplace(key);
  const auto* value = value_.raw().get_object().if_contains(key);
  if (value == nullptr) return std::nullopt;
  return Value(*value, value_.source(), joined(value_.path(), key));
}

Value Object::get(std::string_view key) {
  if (auto value = find(key)) return *value;
  // A misspelt key explains a missing one: name the nearest that is there.
  std::string message = std::string(value_.source()) + ": missing key '" + joined(value_.path(), key) + "'";
  std::string nearest;
  for (const std::string& present : keys()) {
    const std::size_t distance = edit_distance(key, present);
    if (!known_.contains(present) && distance <= std::max<std::size_t>(2, key.size() / 3) &&
        (nearest.empty() || distance < edit_distance(key, nearest))) {
      nearest = present;
    }
  }
  if (!nearest.empty()) message += " (there is an unknown key '" + nearest + "': a misspelling?)";
  throw Error(message);
}

std::string Object::string_or(std::string_view key, std::string_view missing) {
  const auto value = find(key);
  return value ? value->as_string() : std::string(missing);
}

bool Object::boolean_or(std::string_view key, bool missing) {
  const auto value = find(key);
  return value ? value->as_boolean() : missing;
}

double Object::number_or(std::string_view key, double min, double max, double missing) {
  const auto value = find(key);
  return value ? value->as_number(min, max) : missing;
}

std::int64_t Object::integer_or(std::string_view key, std::int64_t min, std::int64_t max,
                                std::int64_t missing) {
  const auto value = find(key);
  return value ? value->as_integer(min, max) : missing;
}

Object Object::object(std::string_view key) {
  return get(key).as_object();
}

std::vector<std::string> Object::keys() const {
  std::vector<std::string> names;
  for (const auto& member : value_.raw().get_object()) names.emplace_back(member.key());
  return names;
}

void Object::refuse_key(const std::string& key, const std::vector<std::string>& accepted) const {
  throw Error(std::string(value_.source()) + ": '" + joined(value_.path(), key) +
              "': " + unknown_name_message("key", key, accepted));
}

void Object::accept_only(const std::vector<std::string>& accepted) const {
  for (const std::string& key : keys()) {
    if (std::find(accepted.begin(), accepted.end(), key) == accepted.end()) refuse_key(key, accepted);
  }
}

void Object::finish() {
  finished_ = true;
  for (const std::string& key : keys()) {
    if (!known_.contains(key)) refuse_key(key, {known_.begin(), known_.end()});
  }
}

}  // namespace fp6sim::json
