#include "emu/tensor_io/safetensors.h"

#include <random>

#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::tensor_io {
namespace {

std::string file_with(const std::string& header, const std::string& bytes) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> 8 * i & 0xFF);
  return length + header + bytes;
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors_header(as_bytes(file), "a.safetensors");
}
std::string message(const std::string& header, const std::string& bytes = "") {
  return refusal([&] { parse(file_with(header, bytes)); });
}

TEST(Safetensors, ReadsTensorsInFileOrderWithMetadata) {
  const auto header = parse(file_with(
      R"({"b":{"dtype":"F16","shape":[2],"data_offsets":[4,8]},"__metadata__":{"format":"pt"},)"
      R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"none":{"dtype":"U8","shape":[0,3],"data_offsets":[4,4]}} )",
      "12345678"));
  ASSERT_EQ(header.tensors.size(), 3u);
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[1].name, "none");
  EXPECT_EQ(header.tensors[2].name, "b");
  EXPECT_EQ(header.tensors[2].offset, header.tensors[0].offset + 4);
  EXPECT_EQ(header.metadata.at("format"), "pt");
}

TEST(Safetensors, LyingHeadersAreRefused) {
  EXPECT_TRUE(mentions(refusal([] { parse("1234567"); }), "truncated"));
  EXPECT_TRUE(mentions(refusal([] { parse(std::string(8, '\xFF')); }), "claims 18446744073709551615 bytes"));
  EXPECT_TRUE(mentions(message("[1]"), "not a JSON object"));
  EXPECT_NE(message("{"), "");
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "123"),
                       "ends at byte 4 of 3"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234"),
                       "needs 8 bytes"));
  EXPECT_TRUE(
      mentions(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "1234"), "data_offsets"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12345"),
                       "1 bytes belong to no"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                               R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                               "123"),
                       "overlaps"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                               R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                               "123"),
                       "hole"));
  EXPECT_TRUE(
      mentions(message(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
               "exceeds 2^63 - 1"));
  EXPECT_TRUE(
      mentions(message(R"({"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}})"),
               "exceeds 2^63 - 1"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F33","shape":[],"data_offsets":[0,0]}})"), "'F33'"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})"), "-1"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,0]}})"), "1.5"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0]}})"), "pair"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[]}})"), "'data_offsets' is missing"));
  EXPECT_TRUE(mentions(message(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,0],"x":1}})"), "'x'"));
  EXPECT_TRUE(mentions(message(R"({"a":3})"), "not an object"));
  EXPECT_TRUE(mentions(message(R"({"__metadata__":{"a":1}})"), "not a string"));
  EXPECT_NE(message(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                    R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                    "1"),
            "");
  EXPECT_NE(message(std::string(100000, '[')), "");
}

TEST(Safetensors, WritesWhatItReads) {
  std::vector<TensorInfo> tensors(3);
  tensors[0] = {"w \"quoted\"", DType::kBf16, {2, 3}, 0};
  tensors[1] = {"empty", DType::kF32, {0}, 0};
  tensors[2] = {"codes", DType::kU8, {5}, 0};
  const std::string header = safetensors_header(tensors, {{"format", "pt"}});
  EXPECT_EQ(header.size() % 64, 0u);
  const auto parsed = parse(header + std::string(12 + 5, 'x'));
  EXPECT_EQ(parsed.metadata.at("format"), "pt");
  ASSERT_EQ(parsed.tensors.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(parsed.tensors[i].name, tensors[i].name);
    EXPECT_EQ(parsed.tensors[i].offset, tensors[i].offset);
    EXPECT_EQ(parsed.tensors[i].shape, tensors[i].shape);
  }
  std::vector<TensorInfo> twice{tensors[0], tensors[0]};
  EXPECT_TRUE(mentions(refusal([&] { safetensors_header(twice, {}); }), "two tensors"));
}

TEST(Safetensors, EveryTruncationIsRefusedAndEveryFlippedByteIsReadOrRefused) {
  std::vector<TensorInfo> tensors(2);
  tensors[0] = {"first", DType::kF32, {2, 3}, 0};
  tensors[1] = {"second", DType::kF16, {4}, 0};
  const std::string good = safetensors_header(tensors, {{"k", "v"}}) + std::string(24 + 8, 'x');
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(refusal([&] { parse(good.substr(0, length)); }), "") << length;
  }
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::string bad = good;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    refusal([&] {
      for (const auto& tensor : parse(bad).tensors) ASSERT_LE(tensor.offset + tensor.bytes(), bad.size());
    });
  }
}

}  // namespace
}  // namespace fp6sim::tensor_io
