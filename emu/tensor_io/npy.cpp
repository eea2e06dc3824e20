#include "emu/tensor_io/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "emu/error.h"

namespace fp6sim::tensor_io {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;  // NumPy itself writes a few hundred
constexpr std::size_t kMaxDimensions = 64;

struct TypeName {
  std::string_view name;  // without the byte-order mark
  DType type;
};
constexpr TypeName kTypeNames[] = {
    {"f8", DType::kF64}, {"f4", DType::kF32}, {"f2", DType::kF16}, {"i8", DType::kI64},
    {"i4", DType::kI32}, {"i2", DType::kI16}, {"i1", DType::kI8},  {"u8", DType::kU64},
    {"u4", DType::kU32}, {"u2", DType::kU16}, {"u1", DType::kU8},  {"b1", DType::kBool},
};

/// Reads the one-line Python dictionary NumPy writes: three known keys, each once, with literal values.
class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, std::string path) : rest_(text), path_(std::move(path)) {}

  void read(NpyHeader& header) {
    expect('{');
    bool seen[3] = {};
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (which < 0) fail("has the unknown key '" + std::string(key) + "'");
      if (std::exchange(seen[which], true)) fail("has the key '" + std::string(key) + "' twice");
      if (which == 0) read_type(header);
      if (which == 1) header.fortran_order = boolean();
      if (which == 2) header.info.shape = tuple();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty()) fail("goes on after its closing brace");
    if (!seen[0] || !seen[1] || !seen[2]) fail("lacks one of the keys 'descr', 'fortran_order', 'shape'");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(path_ + ": the .npy header " + what); }

  void skip_space() {
    while (!rest_.empty() && " \n\t\r"sv.find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool accept(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("lacks the '") + c + "' it needs");
  }
  std::string_view quoted() {
    skip_space();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '\'' && quote != '"') fail("has something other than a string where one is needed");
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail("has an unfinished string");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair{"True"sv, true}, std::pair{"False"sv, false}}) {
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    fail("has a 'fortran_order' that is neither True nor False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> shape;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::uint64_t extent = 0;
      const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (status != std::errc{}) fail("has a 'shape' that is not a tuple of integers 0..2^64-1");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(extent);
      if (shape.size() > kMaxDimensions) fail("has more than 64 dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }
  void read_type(NpyHeader& header) {
    skip_space();
    if (!rest_.empty() && rest_.front() == '[') fail("describes records; one plain numeric type is needed");
    const std::string_view text = quoted();
    const char order = text.empty() ? '\0' : text.front();
    if ("<>|=!"sv.find(order) != std::string_view::npos) {
      for (const auto& [name, type] : kTypeNames) {
        if (text.substr(1) != name) continue;
        header.info.dtype = type;
        header.big_endian = (order == '>' || order == '!') && dtype_bytes(type) > 1;
        return;
      }
    }
    fail("has the type '" + std::string(text) +
         "'; accepted: f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, either byte order");
  }

  std::string_view rest_;
  std::string path_;
};

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& path) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with("\x93NUMPY"sv))
    throw Error(path + ": not a .npy file (its first six bytes are not \\x93NUMPY)");
  if (text.size() < 10) throw Error(path + ": truncated inside the .npy header");
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[i]));
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    throw Error(path + ": .npy version " + std::to_string(version) + "; accepted: 1, 2, 3");
  }
  const std::size_t start = version == 1 ? 10 : 12;
  if (text.size() < start) throw Error(path + ": truncated inside the .npy header");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > kMaxHeaderBytes) {
    throw Error(path + ": the .npy header claims " + std::to_string(length) +
                " bytes; accepted: up to 1048576");
  }
  if (length > text.size() - start) throw Error(path + ": truncated inside the .npy header");

  NpyHeader header;
  header.info.offset = start + length;
  DictionaryReader(text.substr(start, length), path).read(header);
  const std::uint64_t bytes = checked_bytes(header.info.shape, dtype_bytes(header.info.dtype), path);
  const std::uint64_t present = file.size() - header.info.offset;
  if (bytes != present) {
    throw Error(path + ": the .npy header promises " + std::to_string(bytes) + " bytes of elements (shape " +
                shape_text(header.info.shape) + "), the file has " + std::to_string(present));
  }
  return header;
}

Tensor npy_tensor(std::span<const std::byte> file, const NpyHeader& header, std::vector<std::byte>& copy) {
  const std::span<const std::byte> stored = file.subspan(header.info.offset, header.info.bytes());
  const auto& shape = header.info.shape;
  const bool transposed = header.fortran_order && shape.size() > 1;
  if (!transposed && !header.big_endian) return {header.info, stored};

  const std::size_t width = dtype_bytes(header.info.dtype);
  const std::uint64_t count = header.info.elements();
  copy.resize(stored.size());
  std::vector<std::uint64_t> index(shape.size(), 0);  // of element i in row-major order
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t from = i;
    if (transposed) {
      from = 0;
      for (std::size_t d = shape.size(); d-- > 0;) from = from * shape[d] + index[d];
      for (std::size_t d = shape.size(); d-- > 0;) {
        if (++index[d] < shape[d]) break;
        index[d] = 0;
      }
    }
    std::memcpy(copy.data() + i * width, stored.data() + from * width, width);
    if (header.big_endian) std::reverse(copy.data() + i * width, copy.data() + (i + 1) * width);
  }
  return {header.info, copy};
}

std::string npy_header(DType type, std::span<const std::uint64_t> shape) {
  const auto name =
      std::find_if(std::begin(kTypeNames), std::end(kTypeNames), [&](auto& t) { return t.type == type; });
  if (name == std::end(kTypeNames)) {
    throw Error("type " + std::string(dtype_name(type)) + " cannot be written as .npy; use .safetensors");
  }
  std::string dictionary = "{'descr': '" + std::string(dtype_bytes(type) == 1 ? "|" : "<") +
                           std::string(name->name) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d != 0) dictionary += ' ';
    dictionary += std::to_string(shape[d]);
    dictionary += ',';
  }
  if (shape.size() > 1) dictionary.pop_back();  // only one-element tuples keep their comma
  dictionary += "), }";
  const bool version1 = dictionary.size() + 64 < 0x10000;
  const std::size_t prefix = version1 ? 10 : 12;
  dictionary.resize((prefix + dictionary.size() + 64) / 64 * 64 - prefix - 1,
                    ' ');  // elements start at 64 bytes
  dictionary += '\n';
  std::string header("\x93NUMPY", 6);
  header += version1 ? '\1' : '\2';
  header += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i)
    header += static_cast<char>(dictionary.size() >> (8 * i) & 0xFF);
  return header + dictionary;
}

}  // namespace fp6sim::tensor_io
