// Constraints between axes: "batch <= 32 or kernel != 'cublas-fp16'".
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::app {

/// A condition over named values. Grammar, loosest first:
///   or, and, not; == != < <= > >= (one, not chained); + -; * /; unary -; ( ), numbers, 'strings', true,
///   false, null (a field a point leaves as it is), names
/// Names are letters, digits and . _ [ ]: axes and what follows from them. Strings compare for equality only.
class Expression {
 public:
  /// A value by its name; only names given to parse() are asked for.
  using Lookup = std::function<boost::json::value(std::string_view name)>;

  /// Throws fp6sim::Error with the text, the column and what was expected; unknown names suggest the nearest.
  static Expression parse(std::string_view text, const std::vector<std::string>& known_names);

  /// Throws fp6sim::Error where values are of the wrong kind ("gpu < 3"), or the whole is not true or false.
  bool holds(const Lookup& lookup) const;

  const std::string& text() const { return text_; }

  struct Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace fp6sim::app
