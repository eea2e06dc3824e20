// Text -> tokens, by byte-pair merging over a sentencepiece vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emu/lm/forward.h"

namespace fp6sim::lm {

class Tokenizer {
 public:
  /// llama2.c's tokenizer.bin: int32 longest piece, then for each token a binary32 score, an int32 length,
  /// the bytes. BOS is 1, bytes are tokens 3..258; pairs whose concatenation scores highest merge first.
  static Tokenizer load_llama2c(const std::string& path);
  /// Hugging Face tokenizer.json of sentencepiece origin: model BPE with byte_fallback, spaces as U+2581 (a
  /// Metaspace pre-tokenizer, or a Prepend/Replace normalizer). Byte-level (GPT-2 style) files are refused:
  /// their splitting needs Unicode tables this program does not have.
  static Tokenizer load_hugging_face(const std::string& path);
  /// By the file's name: .bin or .json.
  static Tokenizer load(const std::string& path);

  std::size_t vocabulary() const { return pieces_.size(); }
  Token begin_of_text() const { return begin_; }
  /// Without begin_of_text(). Any bytes are accepted: what is no piece becomes byte tokens.
  std::vector<Token> encode(std::string_view text) const;
  /// The bytes of the tokens, without the space that encode() put first.
  std::string decode(const std::vector<Token>& tokens) const;

 private:
  struct Merge {
    Token token;
    double priority;  // lower merges earlier
  };
  std::optional<Merge> merge_of(Token left, Token right) const;
  void index_pieces(const std::string& path);

  std::vector<std::string> pieces_;
  std::vector<bool> special_;                        // control tokens, never the result of encoding text
  std::vector<double> scores_;                       // llama2.c: of each piece; empty where merges_ rules
  std::unordered_map<std::uint64_t, Merge> merges_;  // left << 32 | right
  std::unordered_map<std::string, Token> tokens_;
  std::vector<Token> bytes_;  // 256 byte tokens
  Token begin_ = 1;
  bool leading_space_ = true;
};

}  // namespace fp6sim::lm
