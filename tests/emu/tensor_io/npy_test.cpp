#include "emu/tensor_io/npy.h"

#include <bit>
#include <cstring>
#include <random>

#include "emu/binary16.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::tensor_io {
namespace {

using namespace std::string_literals;

std::string file_with(const std::string& dictionary, const std::string& elements, char version = 1) {
  std::string header = "\x93NUMPY"s + version + '\0';
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  for (std::size_t i = 0; i < length_bytes; ++i)
    header += static_cast<char>(dictionary.size() >> 8 * i & 0xFF);
  return header + dictionary + elements;
}

std::vector<float> read(const std::string& file) {
  std::vector<std::byte> copy;
  return to_floats(npy_tensor(as_bytes(file), parse_npy_header(as_bytes(file), "a.npy"), copy));
}

std::string raw(std::initializer_list<float> values) {
  std::string bytes(values.size() * 4, '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

TEST(Npy, ReadsTheThreeVersions) {
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
  for (const char version : {1, 2, 3}) {
    EXPECT_EQ(read(file_with(dictionary, raw({1.5f, -2}), version)), (std::vector<float>{1.5f, -2}));
  }
}

TEST(Npy, BigEndianAndFortranOrderAreReordered) {
  std::string swapped = raw({1, 2, 3, 4, 5, 6});
  for (std::size_t i = 0; i < swapped.size(); i += 4)
    std::reverse(swapped.begin() + i, swapped.begin() + i + 4);
  EXPECT_EQ(read(file_with("{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}", swapped)),
            (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(
      read(file_with("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", raw({1, 4, 2, 5, 3, 6}))),
      (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read(file_with("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 2)}", swapped)),
            (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(Npy, EveryBinary16BecomesItsBinary32) {
  std::string elements(2 * 65536, '\0');
  for (std::size_t i = 0; i < 65536; ++i) {
    elements[2 * i] = static_cast<char>(i & 0xFF);
    elements[2 * i + 1] = static_cast<char>(i >> 8);
  }
  const auto values =
      read(file_with("{'descr': '<f2', 'fortran_order': False, 'shape': (65536,)}", elements));
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const float expected = emu::from_binary16(static_cast<std::uint16_t>(i));
    if (expected != expected) {
      ASSERT_NE(values[i], values[i]) << std::hex << i;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), std::bit_cast<std::uint32_t>(expected))
          << std::hex << i;
    }
  }
}

TEST(Npy, SmallIntegersAreExact) {
  EXPECT_EQ(read(file_with("{'descr': '|i1', 'fortran_order': False, 'shape': (3,)}", "\x80\x00\x7F"s)),
            (std::vector<float>{-128, 0, 127}));
  EXPECT_EQ(read(file_with("{'descr': '>u2', 'fortran_order': False, 'shape': (1,)}", "\x12\x34"s)),
            (std::vector<float>{0x1234}));
}

TEST(Npy, ScalarsAndEmptyArrays) {
  EXPECT_EQ(read(file_with("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", raw({7}))),
            std::vector<float>{7});
  EXPECT_EQ(read(file_with("{'descr': '<f4', 'fortran_order': True, 'shape': (0, 5)}", "")),
            std::vector<float>{});
}

TEST(Npy, LyingHeadersAreRefused) {
  const auto message = [](const std::string& dictionary, const std::string& elements = "") {
    return refusal([&] { parse_npy_header(as_bytes(file_with(dictionary, elements)), "a.npy"); });
  };
  EXPECT_TRUE(mentions(message("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "123"),
                       "promises 16 bytes"));
  EXPECT_TRUE(
      mentions(message("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", "1"), "the file has 1"));
  EXPECT_TRUE(mentions(message("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
                       "exceeds 2^63 - 1"));
  EXPECT_TRUE(
      mentions(message("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 18446744073709551615)}"),
               "exceeds 2^63 - 1"));
  EXPECT_TRUE(mentions(message("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
                       "shape"));
  EXPECT_TRUE(mentions(message("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "shape"));
  EXPECT_TRUE(mentions(message("{'descr': '<c8', 'fortran_order': False, 'shape': ()}"), "'<c8'"));
  EXPECT_TRUE(mentions(message("{'descr': '|O', 'fortran_order': False, 'shape': ()}"), "'|O'"));
  EXPECT_TRUE(mentions(message("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}"), "records"));
  EXPECT_TRUE(mentions(message("{'descr': '<f4', 'fortran_order': 1, 'shape': ()}"), "fortran_order"));
  EXPECT_TRUE(mentions(message("{'descr': '<f4', 'shape': ()}"), "lacks one of the keys"));
  EXPECT_TRUE(mentions(message("{'descr': '<f4', 'descr': '<f4'}"), "twice"));
  EXPECT_TRUE(mentions(message("{'color': 3}"), "'color'"));
  EXPECT_TRUE(mentions(message(""), "'{'"));
}

TEST(Npy, EveryTruncationIsRefusedAndEveryFlippedByteIsReadOrRefused) {
  const std::string good =
      npy_header(DType::kF32, std::vector<std::uint64_t>{3, 2}) + raw({1, 2, 3, 4, 5, 6});
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(refusal([&] { parse_npy_header(as_bytes(good.substr(0, length)), "a.npy"); }), "") << length;
  }
  std::mt19937 random(1);  // the fixed seed makes a failure repeatable
  for (int round = 0; round < 20000; ++round) {
    std::string bad = good;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    refusal([&] {
      const auto values = read(bad);
      EXPECT_LE(values.size(), bad.size());
    });
  }
}

TEST(Npy, WritesWhatItReads) {
  for (const auto& shape : std::vector<std::vector<std::uint64_t>>{{}, {5}, {2, 3}, {1, 0, 7}}) {
    const std::string header = npy_header(DType::kU8, shape);
    EXPECT_EQ(header.size() % 64, 0u);
    TensorInfo expected;
    expected.shape = shape;
    expected.dtype = DType::kU8;
    const std::string file = header + std::string(expected.bytes(), 'x');
    const auto parsed = parse_npy_header(as_bytes(file), "a.npy");
    EXPECT_EQ(parsed.info.shape, shape);
    EXPECT_EQ(parsed.info.dtype, DType::kU8);
  }
  EXPECT_TRUE(mentions(refusal([] { npy_header(DType::kBf16, {}); }), "BF16"));
}

}  // namespace
}  // namespace fp6sim::tensor_io
