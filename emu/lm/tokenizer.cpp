#include "emu/lm/tokenizer.h"

#include <algorithm>
#include <cstring>
#include <queue>

#include "emu/error.h"
#include "emu/tensor_io/mapped_file.h"

namespace fp6sim::lm {
namespace {

constexpr Token kFirstByte = 3;  // llama2.c: after <unk>, <s>, </s>
constexpr std::int32_t kLongestPiece = 1 << 16;

std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 1;  // not UTF-8: byte by byte
  }
  return length;
}

std::string byte_piece(unsigned value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[value / 16], kDigits[value % 16], '>'};
}

}  // namespace

Tokenizer Tokenizer::load(const std::string& path) {
  if (path.ends_with(".json")) return load_hugging_face(path);
  if (path.ends_with(".bin")) return load_llama2c(path);
  throw Error(path + ": unknown kind of tokenizer; accepted: llama2.c's .bin, Hugging Face's tokenizer.json");
}

Tokenizer Tokenizer::load_llama2c(const std::string& path) {
  const tensor_io::MappedFile file(path);
  std::span<const std::byte> rest = file.bytes();
  const auto take = [&](void* to, std::size_t size) {
    if (rest.size() < size) throw Error(path + ": truncated inside a token");
    std::memcpy(to, rest.data(), size);
    rest = rest.subspan(size);
  };
  std::int32_t longest = 0;
  if (rest.size() < sizeof longest) throw Error(path + ": truncated: no tokenizer of llama2.c");
  take(&longest, sizeof longest);
  if (longest <= 0 || longest > kLongestPiece) {
    throw Error(path + ": not a tokenizer of llama2.c: longest token " + std::to_string(longest) + " bytes");
  }
  Tokenizer tokenizer;
  while (!rest.empty()) {
    float score = 0;
    std::int32_t length = 0;
    take(&score, sizeof score);
    take(&length, sizeof length);
    if (length < 0 || length > longest) {
      throw Error(path + ": token " + std::to_string(tokenizer.pieces_.size()) + " has length " +
                  std::to_string(length) + "; accepted: 0.." + std::to_string(longest));
    }
    std::string piece(static_cast<std::size_t>(length), '\0');
    take(piece.data(), piece.size());
    tokenizer.pieces_.push_back(std::move(piece));
    tokenizer.scores_.push_back(static_cast<double>(score));
  }
  if (tokenizer.pieces_.size() < kFirstByte + 256) {
    throw Error(path + ": " + std::to_string(tokenizer.pieces_.size()) +
                " tokens; a tokenizer of llama2.c has at least 259");
  }
  tokenizer.special_.assign(tokenizer.pieces_.size(), false);
  std::fill_n(tokenizer.special_.begin(), kFirstByte + 256, true);
  for (Token b = 0; b < 256; ++b) tokenizer.bytes_.push_back(kFirstByte + b);
  tokenizer.index_pieces(path);
  return tokenizer;
}

void Tokenizer::index_pieces(const std::string& path) {
  for (Token t = 0; t < pieces_.size(); ++t) {
    if (!special_[t] && !pieces_[t].empty()) tokens_.emplace(pieces_[t], t);
  }
  if (bytes_.empty()) {
    for (unsigned b = 0; b < 256; ++b) {
      const auto found = std::find(pieces_.begin(), pieces_.end(), byte_piece(b));
      if (found == pieces_.end()) throw Error(path + ": the byte token " + byte_piece(b) + " is missing");
      bytes_.push_back(static_cast<Token>(found - pieces_.begin()));
    }
  }
  for (unsigned b = 0; b < 256; ++b) {
    tokens_.erase(pieces_[bytes_[b]]);
    pieces_[bytes_[b]] = std::string(1, static_cast<char>(b));
    special_[bytes_[b]] = true;
  }
}

std::optional<Tokenizer::Merge> Tokenizer::merge_of(Token left, Token right) const {
  if (scores_.empty()) {
    const auto found = merges_.find(std::uint64_t{left} << 32 | right);
    return found == merges_.end() ? std::nullopt : std::optional(found->second);
  }
  const auto found = tokens_.find(pieces_[left] + pieces_[right]);
  if (found == tokens_.end()) return std::nullopt;
  return Merge{found->second, -scores_[found->second]};
}

std::vector<Token> Tokenizer::encode(std::string_view text) const {
  // A doubly linked list of tokens, and a queue of possible merges: best first, leftmost among equals.
  struct Node {
    Token token;
    std::int64_t previous, next;
    bool alive;
  };
  struct Candidate {
    double priority;
    std::int64_t left;
    Token left_token, right_token, merged;
    bool operator>(const Candidate& other) const {
      return priority != other.priority ? priority > other.priority : left > other.left;
    }
  };
  std::vector<Node> nodes;
  const auto add = [&](Token token) {
    const auto at = static_cast<std::int64_t>(nodes.size());
    nodes.push_back({token, at - 1, at + 1, true});
  };
  const auto add_text = [&](std::string_view rest) {
    while (!rest.empty()) {
      const std::string character(rest.substr(0, character_bytes(rest)));
      const auto found = tokens_.find(character);
      if (found != tokens_.end()) {
        add(found->second);
      } else {
        for (const char c : character) add(bytes_[static_cast<unsigned char>(c)]);
      }
      rest.remove_prefix(character.size());
    }
  };
  if (leading_space_ && !text.empty()) add_text(" ");
  add_text(text);
  if (nodes.empty()) return {};
  nodes.back().next = -1;

  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::int64_t left) {
    if (left < 0 || nodes[left].next < 0) return;
    const Token a = nodes[left].token, b = nodes[nodes[left].next].token;
    if (const auto merge = merge_of(a, b)) queue.push({merge->priority, left, a, b, merge->token});
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) consider(static_cast<std::int64_t>(i));
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Node& left = nodes[best.left];
    if (!left.alive || left.token != best.left_token || left.next < 0) continue;
    Node& right = nodes[left.next];
    if (right.token != best.right_token) continue;
    left.token = best.merged;
    right.alive = false;
    left.next = right.next;
    if (left.next >= 0) nodes[left.next].previous = best.left;
    consider(left.previous);
    consider(best.left);
  }
  std::vector<Token> tokens;
  for (std::int64_t i = 0; i >= 0; i = nodes[i].next) tokens.push_back(nodes[i].token);
  return tokens;
}

std::string Tokenizer::decode(const std::vector<Token>& tokens) const {
  std::string text;
  for (const Token token : tokens) {
    if (token != begin_) text += pieces_.at(token);
  }
  if (leading_space_ && text.starts_with(' ')) text.erase(0, 1);
  return text;
}

}  // namespace fp6sim::lm
