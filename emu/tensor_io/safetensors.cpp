#include "emu/tensor_io/safetensors.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <optional>
#include <string_view>

#include "emu/error.h"
#include "emu/json/reader.h"

namespace fp6sim::tensor_io {
namespace {

namespace json = boost::json;  // fp6sim::json parses; this is what it yields

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's limit
constexpr std::size_t kMaxDimensions = 64;

constexpr DType kTypes[] = {DType::kF64,  DType::kF32, DType::kF16, DType::kBf16, DType::kE4M3,
                            DType::kE5M2, DType::kI64, DType::kI32, DType::kI16,  DType::kI8,
                            DType::kU64,  DType::kU32, DType::kU16, DType::kU8,   DType::kBool};

DType type_by_name(std::string_view name, const std::string& who) {
  std::string known;
  for (const DType type : kTypes) {
    if (dtype_name(type) == name) return type;
    known.append(" ").append(dtype_name(type));
  }
  throw Error(who + ": unknown dtype '" + std::string(name) + "'; accepted:" + known);
}

/// A non-negative integer, or nothing.
std::optional<std::uint64_t> natural(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

std::vector<std::uint64_t> naturals(const json::value& value, const std::string& who, std::size_t most) {
  const json::array* array = value.if_array();
  if (array == nullptr || array->size() > most) {
    throw Error(who + " is not an array of at most " + std::to_string(most) + " integers");
  }
  std::vector<std::uint64_t> numbers;
  for (const auto& element : *array) {
    const auto number = natural(element);
    if (!number)
      throw Error(who + " has the element " + json::serialize(element) + "; accepted: integers 0..2^64-1");
    numbers.push_back(*number);
  }
  return numbers;
}

struct Range {
  std::uint64_t first, last;  // from the start of the tensors' bytes
};

TensorInfo read_entry(std::string_view name, const json::value& value, const std::string& path,
                      Range& range) {
  const std::string who = path + ": tensor '" + std::string(name) + "'";
  const json::object* entry = value.if_object();
  if (entry == nullptr) throw Error(who + ": the header's entry is not an object");
  for (const auto& [key, unused] : *entry) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      throw Error(who + ": unknown key '" + std::string(key) + "'; accepted: dtype shape data_offsets");
    }
  }
  for (const char* key : {"dtype", "shape", "data_offsets"}) {
    if (!entry->contains(key)) throw Error(who + ": the key '" + key + "' is missing");
  }
  if (!entry->at("dtype").is_string()) throw Error(who + ": 'dtype' is not a string");
  TensorInfo info;
  info.name = name;
  info.dtype = type_by_name(std::string_view(entry->at("dtype").get_string()), who);
  info.shape = naturals(entry->at("shape"), who + ": 'shape'", kMaxDimensions);
  const auto offsets = naturals(entry->at("data_offsets"), who + ": 'data_offsets'", 2);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    throw Error(who + ": 'data_offsets' is not a pair [first, last] with first <= last");
  }
  range = {offsets[0], offsets[1]};
  const std::uint64_t bytes = checked_bytes(info.shape, dtype_bytes(info.dtype), who);
  if (bytes != range.last - range.first) {
    throw Error(who + ": shape " + shape_text(info.shape) + " of " + std::string(dtype_name(info.dtype)) +
                " needs " + std::to_string(bytes) + " bytes, 'data_offsets' spans " +
                std::to_string(range.last - range.first));
  }
  return info;
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path) {
  if (file.size() < 8) throw Error(path + ": truncated: a .safetensors file has at least 8 bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  if (length > kMaxHeaderBytes || length > file.size() - 8) {
    throw Error(path + ": the .safetensors header claims " + std::to_string(length) +
                " bytes; the file has " + std::to_string(file.size() - 8) +
                " after the length, and at most 100000000 are accepted");
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + 8, length);
  const auto document =
      fp6sim::json::parse(text, path + ": the .safetensors header", {.depth = 32, .bytes = kMaxHeaderBytes});
  const json::value& parsed = document.root().raw();
  if (!parsed.is_object()) throw Error(path + ": the .safetensors header is not a JSON object");

  SafetensorsHeader header;
  const std::uint64_t present = file.size() - 8 - length;
  for (const auto& [key, value] : parsed.get_object()) {
    if (key == "__metadata__") {
      if (!value.is_object()) throw Error(path + ": '__metadata__' is not an object");
      for (const auto& [name, entry] : value.get_object()) {
        if (!entry.is_string())
          throw Error(path + ": '__metadata__' entry '" + std::string(name) + "' is not a string");
        header.metadata.emplace(std::string(name), std::string(entry.get_string()));
      }
      continue;
    }
    Range range{};
    TensorInfo info = read_entry(std::string_view(key), value, path, range);
    if (range.last > present) {
      throw Error(path + ": tensor '" + info.name + "' ends at byte " + std::to_string(range.last) + " of " +
                  std::to_string(present) + ": truncated, or its offsets are wrong");
    }
    info.offset = 8 + length + range.first;
    header.tensors.push_back(std::move(info));
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.offset, a.bytes()) < std::pair(b.offset, b.bytes());
  });
  std::uint64_t expected = 8 + length;
  for (const TensorInfo& info : header.tensors) {
    if (info.offset != expected) {
      throw Error(path + ": tensor '" + info.name + "' " +
                  (info.offset < expected ? "overlaps" : "leaves a hole after") +
                  " the tensor before it (starts at byte " + std::to_string(info.offset) + ", expected " +
                  std::to_string(expected) + ")");
    }
    expected += info.bytes();
  }
  if (expected != file.size()) {
    throw Error(path + ": " + std::to_string(file.size() - expected) + " bytes belong to no tensor");
  }
  return header;
}

std::string safetensors_header(std::vector<TensorInfo>& tensors, const Metadata& metadata) {
  json::object root;
  if (!metadata.empty()) {
    json::object& entries = root["__metadata__"].emplace_object();
    for (const auto& [name, value] : metadata) entries[name] = value;
  }
  std::uint64_t offset = 0;
  for (TensorInfo& info : tensors) {
    if (root.contains(info.name)) throw Error("two tensors would be written as '" + info.name + "'");
    info.offset = offset;
    offset += info.bytes();
    root[info.name] = {{"dtype", dtype_name(info.dtype)},
                       {"shape", json::array(info.shape.begin(), info.shape.end())},
                       {"data_offsets", {info.offset, offset}}};
  }
  std::string text = json::serialize(root);
  text.resize((8 + text.size() + 63) / 64 * 64 - 8, ' ');
  for (TensorInfo& info : tensors) info.offset += 8 + text.size();
  std::string header(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(header.data(), &length, 8);
  return header + text;
}

}  // namespace fp6sim::tensor_io
