#include "app/sweep/expression.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>

#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::app {
namespace bj = boost::json;

struct Expression::Node {
  std::string operation;  ///< "or" "<" "+" ...; "value"; "name"; "negate"
  bj::value value;
  std::string name;
  std::shared_ptr<const Node> left, right;
};

namespace {

using Node = Expression::Node;
using NodePointer = std::shared_ptr<const Node>;

constexpr int kDeepest = 64;

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& names) : text_(text), names_(names) {
    advance();
  }

  NodePointer whole() {
    NodePointer node = any();
    if (!token_.empty()) fail("expected an operator or the end");
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw Error("constraint \"" + std::string(text_) + "\", column " + std::to_string(start_ + 1) + ": " +
                expected + (token_.empty() ? ", found the end" : ", found '" + token_ + "'"));
  }

  static bool in_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '[' || c == ']';
  }

  void advance() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    start_ = at_;
    if (at_ == text_.size()) return token_.clear();
    const char c = text_[at_];
    if (c == '\'') {
      const std::size_t end = text_.find('\'', at_ + 1);
      if (end == std::string_view::npos) {
        token_ = std::string(text_.substr(at_));
        fail("expected a closing '");
      }
      at_ = end + 1;
    } else if (in_name(c)) {
      while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    } else {
      const std::string_view two = text_.substr(at_, 2);
      at_ += two == "==" || two == "!=" || two == "<=" || two == ">=" ? 2 : 1;
    }
    token_ = std::string(text_.substr(start_, at_ - start_));
  }

  template <class Next>
  NodePointer chain(Next next, std::initializer_list<std::string_view> operations) {
    NodePointer left = next();
    while (std::find(operations.begin(), operations.end(), token_) != operations.end()) {
      auto node = std::make_shared<Node>();
      node->operation = token_;
      advance();
      node->left = left;
      node->right = next();
      left = node;
    }
    return left;
  }

  NodePointer any() {
    if (++depth_ > kDeepest) fail("expected at most " + std::to_string(kDeepest) + " nested parts");
    NodePointer node = chain([this] { return all(); }, {"or"});
    --depth_;
    return node;
  }
  NodePointer all() {
    return chain([this] { return negation(); }, {"and"});
  }
  NodePointer negation() {
    if (token_ != "not") return comparison();
    return unary("not", [this] { return negation(); });
  }
  NodePointer comparison() {
    NodePointer left = sum();
    for (const std::string_view operation : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (token_ != operation) continue;
      auto node = std::make_shared<Node>();
      node->operation = token_;
      advance();
      node->left = left;
      node->right = sum();
      return node;
    }
    return left;
  }
  NodePointer sum() {
    return chain([this] { return product(); }, {"+", "-"});
  }
  NodePointer product() {
    return chain([this] { return sign(); }, {"*", "/"});
  }
  NodePointer sign() {
    if (token_ != "-") return atom();
    return unary("negate", [this] { return sign(); });
  }

  template <class Next>
  NodePointer unary(std::string operation, Next next) {
    if (++depth_ > kDeepest) fail("expected at most " + std::to_string(kDeepest) + " nested parts");
    auto node = std::make_shared<Node>();
    node->operation = std::move(operation);
    advance();
    node->left = next();
    --depth_;
    return node;
  }

  NodePointer atom() {
    if (token_ == "(") {
      advance();
      NodePointer node = any();
      if (token_ != ")") fail("expected )");
      advance();
      return node;
    }
    auto node = std::make_shared<Node>();
    node->operation = "value";
    if (token_.empty()) fail("expected a value");
    if (token_[0] == '\'') {
      node->value = bj::string(token_.substr(1, token_.size() - 2));
    } else if (std::isdigit(static_cast<unsigned char>(token_[0])) != 0) {
      double number = 0;
      const auto [end, error] = std::from_chars(token_.data(), token_.data() + token_.size(), number);
      if (error != std::errc() || end != token_.data() + token_.size()) fail("expected a number");
      node->value = number;
    } else if (token_ == "null") {
      node->value = nullptr;
    } else if (token_ == "true" || token_ == "false") {
      node->value = token_ == "true";
    } else if (in_name(token_[0]) && token_ != "and" && token_ != "or" && token_ != "not") {
      if (std::find(names_.begin(), names_.end(), token_) == names_.end()) {
        throw Error("constraint \"" + std::string(text_) + "\", column " + std::to_string(start_ + 1) + ": " +
                    unknown_name_message("name", token_, names_));
      }
      node->operation = "name";
      node->name = token_;
    } else {
      fail("expected a value");
    }
    advance();
    return node;
  }

  std::string_view text_;
  const std::vector<std::string>& names_;
  std::string token_;
  std::size_t at_ = 0, start_ = 0;
  int depth_ = 0;
};

class Evaluator {
 public:
  Evaluator(const std::string& text, const Expression::Lookup& lookup) : text_(text), lookup_(lookup) {}

  bool boolean(const Node& node) const {
    const bj::value value = evaluate(node);
    if (!value.is_bool()) fail("expected true or false, found " + bj::serialize(value));
    return value.get_bool();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error("constraint \"" + text_ + "\": " + what);
  }

  double number(const Node& node) const {
    const bj::value value = evaluate(node);
    if (!value.is_number()) fail("expected a number, found " + bj::serialize(value));
    return value.to_number<double>();
  }

  bool equal(const Node& a, const Node& b) const {
    const bj::value x = evaluate(a), y = evaluate(b);
    if (x.is_null() || y.is_null()) return x.is_null() && y.is_null();
    if (x.is_number() && y.is_number()) return x.to_number<double>() == y.to_number<double>();
    if (x.kind() != y.kind()) fail("cannot compare " + bj::serialize(x) + " with " + bj::serialize(y));
    return x == y;
  }

  bj::value evaluate(const Node& node) const {
    const std::string& op = node.operation;
    if (op == "value") return node.value;
    if (op == "name") return lookup_(node.name);
    if (op == "or") return boolean(*node.left) || boolean(*node.right);
    if (op == "and") return boolean(*node.left) && boolean(*node.right);
    if (op == "not") return !boolean(*node.left);
    if (op == "negate") return -number(*node.left);
    if (op == "==") return equal(*node.left, *node.right);
    if (op == "!=") return !equal(*node.left, *node.right);
    const double x = number(*node.left), y = number(*node.right);
    if (op == "<") return x < y;
    if (op == "<=") return x <= y;
    if (op == ">") return x > y;
    if (op == ">=") return x >= y;
    if (op == "+") return x + y;
    if (op == "-") return x - y;
    if (op == "*") return x * y;
    if (y == 0) fail("division by zero");
    return x / y;
  }

  const std::string& text_;
  const Expression::Lookup& lookup_;
};

}  // namespace

Expression Expression::parse(std::string_view text, const std::vector<std::string>& known_names) {
  Expression expression;
  expression.text_ = std::string(text);
  expression.root_ = Parser(expression.text_, known_names).whole();
  return expression;
}

bool Expression::holds(const Lookup& lookup) const {
  return Evaluator(text_, lookup).boolean(*root_);
}

}  // namespace fp6sim::app
