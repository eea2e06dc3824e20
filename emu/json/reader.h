// Strict reading of JSON descriptions: every key is asked for or refused, every number has a range.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::json {

class Object;

/// What a document may be at most; beyond it is an Error, not an exhausted machine.
struct Limits {
  std::size_t depth = 32;
  std::size_t bytes = std::size_t{16} << 20;
};

/// One value and where it stands. Every as_*() throws fp6sim::Error naming the source, the dotted path, the
/// value found and what is accepted. A Value refers into its Document, which must outlive it.
class Value {
 public:
  Value(const boost::json::value& value, std::string_view source, std::string path)
      : value_(&value), source_(source), path_(std::move(path)) {}

  std::string as_string() const;
  /// A string of at least one character.
  std::string as_name() const;
  /// One of `accepted`; suggests the nearest where it is none of them.
  std::string as_one_of(std::span<const std::string_view> accepted) const;
  bool as_boolean() const;
  /// Finite and within [min, max], both included.
  double as_number(double min, double max) const;
  /// An integer (1.0 is not one: write 1) within [min, max], both included.
  std::int64_t as_integer(std::int64_t min, std::int64_t max) const;
  /// The elements, between min_count and max_count of them.
  std::vector<Value> as_array(std::size_t min_count = 0, std::size_t max_count = 1'000'000) const;
  std::vector<std::string> as_strings(std::size_t min_count = 0) const;
  Object as_object() const;

  bool is_string() const { return value_->is_string(); }
  bool is_number() const { return value_->is_number(); }
  bool is_object() const { return value_->is_object(); }
  bool is_array() const { return value_->is_array(); }
  bool is_null() const { return value_->is_null(); }

  const boost::json::value& raw() const { return *value_; }
  std::string_view source() const { return source_; }
  /// Dotted, e.g. "l2.slices[3].size_bytes"; "" is the document itself.
  const std::string& path() const { return path_; }

  /// Throws an Error of the usual shape: "<source>: <path>: <value> <complaint>".
  [[noreturn]] void refuse(const std::string& complaint) const;

 private:
  const boost::json::value* value_;
  std::string_view source_;
  std::string path_;
};

/// An object being read. Ask for every key that is accepted, then call finish(), which refuses the keys
/// nobody asked for and suggests the nearest that is known. Forgetting finish() is a broken invariant
/// (asserted on destruction).
class Object {
 public:
  explicit Object(Value value);
  Object(Object&& other) noexcept;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  Object& operator=(Object&&) = delete;
  ~Object();

  /// The value under `key`; throws where it is missing.
  Value get(std::string_view key);
  /// The value under `key`, or nothing. Asking makes the key known.
  std::optional<Value> find(std::string_view key);

  // Shorthands: required, then with what a missing key means.
  std::string string(std::string_view key) { return get(key).as_string(); }
  std::string string_or(std::string_view key, std::string_view missing);
  bool boolean(std::string_view key) { return get(key).as_boolean(); }
  bool boolean_or(std::string_view key, bool missing);
  double number(std::string_view key, double min, double max) { return get(key).as_number(min, max); }
  double number_or(std::string_view key, double min, double max, double missing);
  std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max) {
    return get(key).as_integer(min, max);
  }
  std::int64_t integer_or(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t missing);
  Object object(std::string_view key);
  std::vector<Value> array(std::string_view key, std::size_t min_count = 0,
                           std::size_t max_count = 1'000'000) {
    return get(key).as_array(min_count, max_count);
  }

  /// The keys present, in the document's order (objects used as maps). Asking for each makes it known.
  std::vector<std::string> keys() const;
  const Value& value() const { return value_; }

  /// Refuses at once a key that is none of `accepted`, so that a misspelt key is named before the key it
  /// leaves missing.
  void accept_only(const std::vector<std::string>& accepted) const;

  /// Refuses keys nobody asked for.
  void finish();

 private:
  [[noreturn]] void refuse_key(const std::string& key, const std::vector<std::string>& accepted) const;

  Value value_;
  std::set<std::string, std::less<>> known_;
  int exceptions_at_start_;
  bool finished_ = false;
};

/// A parsed document and the name it goes by in messages.
class Document {
 public:
  /// An already parsed value, e.g. a description with some values replaced by a sweep.
  Document(boost::json::value value, std::string source)
      : value_(std::move(value)), source_(std::move(source)) {}

  /// Values refer into the document: keep it in a variable of its own.
  Value root() const& { return {value_, source_, ""}; }
  Value root() && = delete;
  Object object() const& { return root().as_object(); }
  Object object() && = delete;
  const std::string& source() const { return source_; }

 private:
  boost::json::value value_;
  std::string source_;
};

/// Parses strict JSON (no comments, no trailing commas, no repeated keys). Throws Error naming line and
/// column.
Document parse(std::string_view text, std::string source, const Limits& limits = {});

/// Reads and parses a file. Throws Error where it cannot be read, is too large, or is not JSON.
Document read_file(const std::filesystem::path& file, const Limits& limits = {});

}  // namespace fp6sim::json
