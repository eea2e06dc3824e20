// Hugging Face's tokenizer.json, the sentencepiece kind.
#include <boost/json.hpp>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "emu/lm/tokenizer.h"

namespace fp6sim::lm {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581
constexpr std::int64_t kLargestVocabulary = 1 << 24;

std::string with_spaces(std::string_view piece) {
  std::string text;
  while (!piece.empty()) {
    const bool mark = piece.starts_with(kSpaceMark);
    text.push_back(mark ? ' ' : piece.front());
    piece.remove_prefix(mark ? kSpaceMark.size() : 1);
  }
  return text;
}

const boost::json::object& object_at(const boost::json::value& value, const char* key,
                                     const std::string& path) {
  const auto* object = value.if_object();
  const auto* found = object != nullptr ? object->if_contains(key) : nullptr;
  if (found == nullptr || !found->is_object())
    throw Error(path + ": the object '" + std::string(key) + "' is missing");
  return found->get_object();
}

std::string text_at(const boost::json::object& object, const char* key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(found->get_string());
}

/// All objects of a normalizer or pre-tokenizer, a Sequence flattened.
std::vector<const boost::json::object*> steps(const boost::json::value* value, const char* list) {
  std::vector<const boost::json::object*> found;
  if (value == nullptr || !value->is_object()) return found;
  const boost::json::object& object = value->get_object();
  const auto* inner = object.if_contains(list);
  if (text_at(object, "type") != "Sequence" || inner == nullptr || !inner->is_array()) return {&object};
  for (const auto& element : inner->get_array()) {
    if (element.is_object()) found.push_back(&element.get_object());
  }
  return found;
}

}  // namespace

Tokenizer Tokenizer::load_hugging_face(const std::string& path) {
  const json::Document document = json::read_file(path, {.depth = 32, .bytes = std::size_t{256} << 20});
  const boost::json::value& root = document.root().raw();
  const boost::json::object& model = object_at(root, "model", path);
  const boost::json::object& vocabulary = object_at(root.get_object().at("model"), "vocab", path);
  if (const std::string type = text_at(model, "type"); type != "BPE" && !type.empty()) {
    throw Error(path + ": tokenizer model '" + type + "'; accepted: 'BPE'");
  }
  Tokenizer tokenizer;
  tokenizer.leading_space_ = false;
  bool marks_spaces = false;
  for (const auto* step : steps(root.get_object().if_contains("normalizer"), "normalizers")) {
    const std::string type = text_at(*step, "type");
    if (type == "Prepend" && text_at(*step, "prepend") == kSpaceMark) {
      tokenizer.leading_space_ = true;
    } else if (type == "Replace" && text_at(*step, "content") == kSpaceMark) {
      marks_spaces = true;
    } else {
      throw Error(path + ": normalizer '" + type +
                  "' is not supported; accepted: Prepend and Replace of U+2581");
    }
  }
  for (const auto* step : steps(root.get_object().if_contains("pre_tokenizer"), "pretokenizers")) {
    const std::string type = text_at(*step, "type");
    if (type != "Metaspace") {
      throw Error(path + ": pre-tokenizer '" + type +
                  "' is not supported; accepted: Metaspace (sentencepiece origin)");
    }
    marks_spaces = true;
    const auto* prefix = step->if_contains("add_prefix_space");
    const std::string scheme = text_at(*step, "prepend_scheme");
    tokenizer.leading_space_ =
        scheme.empty() ? prefix == nullptr || !prefix->is_bool() || prefix->get_bool() : scheme != "never";
  }
  if (!marks_spaces)
    throw Error(path + ": spaces are not marked by U+2581: not a tokenizer of sentencepiece origin");

  std::int64_t size = 0;
  std::vector<std::pair<std::string, std::int64_t>> entries;
  const auto add = [&](std::string piece, const boost::json::value& id) {
    const json::Value number(id, path, std::string("token '").append(piece).append("'"));
    const std::int64_t token = number.as_integer(0, kLargestVocabulary);
    entries.emplace_back(std::move(piece), token);
    size = std::max(size, token + 1);
  };
  for (const auto& [piece, id] : vocabulary) add(std::string(piece), id);
  const std::size_t ordinary = entries.size();
  if (const auto* added = root.get_object().if_contains("added_tokens");
      added != nullptr && added->is_array()) {
    for (const auto& token : added->get_array()) {
      if (token.is_object() && token.get_object().contains("id")) {
        add(text_at(token.get_object(), "content"), token.get_object().at("id"));
      }
    }
  }
  tokenizer.pieces_.resize(static_cast<std::size_t>(size));
  tokenizer.special_.assign(static_cast<std::size_t>(size), true);
  std::unordered_map<std::string, Token> by_name;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto token = static_cast<Token>(entries[i].second);
    by_name.emplace(entries[i].first, token);
    tokenizer.pieces_[token] = with_spaces(entries[i].first);
    tokenizer.special_[token] = i >= ordinary;  // added tokens are control tokens
  }
  const auto begin = by_name.find("<s>");
  if (begin == by_name.end()) throw Error(path + ": the token '<s>' that begins a text is missing");
  tokenizer.begin_ = begin->second;

  const auto* merges = model.if_contains("merges");
  if (merges == nullptr || !merges->is_array()) throw Error(path + ": model.merges is not an array");
  double rank = 0;
  for (const auto& merge : merges->get_array()) {
    std::string left, right;
    if (merge.is_string()) {
      const std::string text(merge.get_string());
      const auto space = text.find(' ');
      left = text.substr(0, space);
      if (space != std::string::npos) right = text.substr(space + 1);
    } else if (merge.is_array() && merge.get_array().size() == 2 && merge.get_array()[0].is_string() &&
               merge.get_array()[1].is_string()) {
      left = merge.get_array()[0].get_string();
      right = merge.get_array()[1].get_string();
    }
    const auto a = by_name.find(left), b = by_name.find(right), both = by_name.find(left + right);
    if (a == by_name.end() || b == by_name.end() || both == by_name.end()) {
      throw Error(path + ": model.merges[" + std::to_string(static_cast<std::int64_t>(rank)) +
                  "] does not join two tokens into one: " + boost::json::serialize(merge));
    }
    tokenizer.merges_.emplace(std::uint64_t{a->second} << 32 | b->second, Merge{both->second, rank});
    rank += 1;
  }
  tokenizer.index_pieces(path);
  return tokenizer;
}

}  // namespace fp6sim::lm
