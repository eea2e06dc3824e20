#include "emu/lm/tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/emu/lm/tiny_model.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::lm {
namespace {

using namespace std::string_literals;

/// The merging llama2.c does, as it does it: scan for the best pair, again and again.
class SlowTokenizer {
 public:
  explicit SlowTokenizer(const std::string& file) {
    for (std::size_t at = 4; at < file.size();) {
      float score;
      std::int32_t length;
      std::memcpy(&score, file.data() + at, 4);
      std::memcpy(&length, file.data() + at + 4, 4);
      pieces_.push_back(file.substr(at + 8, static_cast<std::size_t>(length)));
      scores_.push_back(score);
      at += 8 + static_cast<std::size_t>(length);
    }
  }
  std::vector<Token> encode(const std::string& text) const {
    std::vector<Token> tokens;
    for (const char c : " " + text) {  // ASCII only
      const int found = find(std::string(1, c));
      tokens.push_back(found >= 0 ? static_cast<Token>(found)
                                  : static_cast<Token>(static_cast<unsigned char>(c) + 3));
    }
    while (true) {
      float best = -1e10f;
      std::size_t at = tokens.size();
      int merged = -1;
      for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        const int found = find(name(tokens[i]) + name(tokens[i + 1]));
        if (found >= 0 && scores_[static_cast<std::size_t>(found)] > best) {
          best = scores_[static_cast<std::size_t>(found)];
          at = i;
          merged = found;
        }
      }
      if (merged < 0) return tokens;
      tokens[at] = static_cast<Token>(merged);
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
  }

 private:
  std::string name(Token t) const {
    return t >= 3 && t < 259 ? std::string(1, static_cast<char>(t - 3)) : pieces_[t];
  }
  int find(const std::string& piece) const {
    for (std::size_t t = 259; t < pieces_.size(); ++t) {
      if (pieces_[t] == piece) return static_cast<int>(t);
    }
    return -1;
  }
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
};

TEST(Tokenizer, MergesAsLlama2cDoes) {
  const ScratchDirectory scratch;
  const std::string file = llama2c_tokenizer_file();
  const Tokenizer tokenizer = Tokenizer::load(scratch.write("tok.bin", file));
  const SlowTokenizer slow(file);
  EXPECT_EQ(tokenizer.vocabulary(), 300u);
  std::mt19937 random(5);
  const std::string letters = "thean ding raw!";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text += letters[random() % letters.size()];
    if (text.empty()) continue;
    ASSERT_EQ(tokenizer.encode(text), slow.encode(text)) << text;
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
  EXPECT_TRUE(tokenizer.encode("").empty());
}

TEST(Tokenizer, AnyBytesRoundTrip) {
  const ScratchDirectory scratch;
  const Tokenizer tokenizer = Tokenizer::load(scratch.write("tok.bin", llama2c_tokenizer_file()));
  std::mt19937 random(6);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto n = 1 + random() % 30; n > 0; --n) text += static_cast<char>(random());
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Tokenizer, RefusesBadFiles) {
  const ScratchDirectory scratch;
  const std::string good = llama2c_tokenizer_file();
  const auto message = [&](const std::string& content) {
    return refusal([&] { Tokenizer::load(scratch.write("bad.bin", content)); });
  };
  EXPECT_TRUE(mentions(message(good.substr(0, 3)), "truncated"));
  EXPECT_TRUE(mentions(message(good.substr(0, good.size() - 1)), "truncated"));
  EXPECT_TRUE(mentions(message("\xFF\xFF\xFF\x7F" + good.substr(4)), "longest token"));
  EXPECT_TRUE(mentions(message("\7\0\0\0\0\0\0\0\xFF\xFF\xFF\x7F"s), "length"));
  EXPECT_TRUE(mentions(message(good.substr(0, 4)), "at least 259"));
  EXPECT_TRUE(mentions(refusal([&] { Tokenizer::load("tok.model"); }), "unknown kind of tokenizer"));
}

std::string tokenizer_json(const std::string& pre_tokenizer) {
  std::string vocabulary = R"("<unk>":0,"<s>":1,"</s>":2)";
  for (int b = 0; b < 256; ++b) {
    char entry[24];
    std::snprintf(entry, sizeof entry, R"(,"<0x%02X>":%d)", b, b + 3);
    vocabulary += entry;
  }
  return R"({"normalizer":null,"pre_tokenizer":)" + pre_tokenizer +
         R"(,"added_tokens":[{"id":0,"content":"<unk>"},{"id":1,"content":"<s>"},{"id":2,"content":"</s>"}],)"
         R"("model":{"type":"BPE","byte_fallback":true,"vocab":{)" +
         vocabulary +
         R"(,"▁":259,"a":260,"b":261,"ab":262,"▁ab":263,"ba":264},"merges":["a b",["▁","ab"],"b a"]}})";
}

TEST(Tokenizer, HuggingFaceMergesByRank) {
  const ScratchDirectory scratch;
  const Tokenizer tokenizer = Tokenizer::load(
      scratch.write("tokenizer.json",
                    tokenizer_json(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"first"})")));
  EXPECT_EQ(tokenizer.vocabulary(), 265u);
  EXPECT_EQ(tokenizer.encode("ab ba"), (std::vector<Token>{263, 259, 264}));
  EXPECT_EQ(tokenizer.encode("aba"), (std::vector<Token>{263, 260}));  // a b merges before b a
  EXPECT_EQ(tokenizer.encode("é"), (std::vector<Token>{259, 0xC3 + 3, 0xA9 + 3}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("ab é ba")), "ab é ba");
}

TEST(Tokenizer, RefusesWhatItWouldSplitWrongly) {
  const ScratchDirectory scratch;
  const auto message = [&](const std::string& content) {
    return refusal([&] { Tokenizer::load(scratch.write("tokenizer.json", content)); });
  };
  EXPECT_TRUE(mentions(message(tokenizer_json(R"({"type":"ByteLevel"})")), "'ByteLevel'"));
  EXPECT_TRUE(mentions(message(tokenizer_json("null")), "U+2581"));
  EXPECT_TRUE(mentions(message("{}"), "'model'"));
  std::string bad = tokenizer_json(R"({"type":"Metaspace"})");
  bad.replace(bad.find("\"b a\""), 5, "\"b z\"");
  EXPECT_TRUE(mentions(message(bad), "merges[2]"));
}

TEST(Tokenizer, TheRealVocabulary) {
  const std::string facts = FP6SIM_SHARED "/facts/lm/";
  if (!std::filesystem::exists(facts + "tok512.bin")) GTEST_SKIP() << facts << "tok512.bin is not here";
  const Tokenizer tokenizer = Tokenizer::load(facts + "tok512.bin");
  std::ifstream file(facts + "tok512.bin", std::ios::binary);
  const SlowTokenizer slow({std::istreambuf_iterator<char>(file), {}});
  const std::string text = "Once upon a time, Lily and Tom saw 3 big dogs. \"Wow!\" they said.\nThe end";
  EXPECT_EQ(tokenizer.encode(text), slow.encode(text));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
}

}  // namespace
}  // namespace fp6sim::lm
