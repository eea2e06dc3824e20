#include "emu/tensor_io/checkpoint.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "emu/tensor_io/npy.h"

namespace fp6sim::tensor_io {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;  // fp6sim::json parses; this is what it yields

constexpr std::string_view kIndexEnding = ".index.json";

/// tensor -> shard file name, from "weight_map".
std::map<std::string, std::string> read_index(const std::string& path) {
  const auto document = fp6sim::json::read_file(path);
  const json::object* root = document.root().raw().if_object();
  const json::value* found = root != nullptr ? root->if_contains("weight_map") : nullptr;
  if (found == nullptr || !found->is_object()) throw Error(path + ": the object 'weight_map' is missing");
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, value] : found->get_object()) {
    const json::string* name = value.if_string();
    if (name == nullptr || name->empty() ||
        fs::path(std::string(*name)).filename() != fs::path(std::string(*name))) {
      throw Error(path + ": 'weight_map' entry '" + std::string(tensor) + "' is not a plain file name");
    }
    shards.emplace(std::string(tensor), std::string(*name));
  }
  if (shards.empty()) throw Error(path + ": 'weight_map' is empty");
  return shards;
}

}  // namespace

FileKind file_kind(const std::string& path) {
  if (path.ends_with(".npy")) return FileKind::kNpy;
  if (path.ends_with(".safetensors")) return FileKind::kSafetensors;
  throw Error(path + ": unknown kind of tensor file; accepted endings: .npy .safetensors");
}

void Checkpoint::add_file(const std::string& path) {
  MappedFile file(path);
  if (file_kind(path) == FileKind::kSafetensors) {
    shards_.push_back({path, parse_safetensors_header(file.bytes(), path)});
  } else {
    NpyHeader header = parse_npy_header(file.bytes(), path);
    header.info.name = fs::path(path).stem().string();
    npy_.push_back(npy_tensor(file.bytes(), header, npy_copy_));
    shards_.push_back({path, {{npy_.back().info}, {}}});
  }
  files_.push_back(std::move(file));
}

Checkpoint Checkpoint::open(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  std::string index;
  std::set<std::string> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".safetensors") files.insert(entry.path().string());
    }
    const fs::path usual = fs::path(path) / "model.safetensors.index.json";
    if (fs::exists(usual)) index = usual.string();
  } else if (path.ends_with(kIndexEnding)) {
    index = path;
  } else {
    files.insert(path);
  }
  std::map<std::string, std::string> map;
  if (!index.empty()) {
    files.clear();
    map = read_index(index);
    for (const auto& [tensor, shard] : map) files.insert((fs::path(index).parent_path() / shard).string());
  }
  if (files.empty()) throw Error(path + ": no .safetensors file in this directory");
  for (const auto& file : files) checkpoint.add_file(file);

  std::map<std::string, std::string> where;
  for (const auto& shard : checkpoint.shards_) {
    for (const auto& info : shard.header.tensors) {
      const auto [known, added] = where.emplace(info.name, fs::path(shard.path).filename().string());
      if (!added) throw Error(path + ": tensor '" + info.name + "' is in two shards");
    }
  }
  for (const auto& [tensor, shard] : map) {
    const auto found = where.find(tensor);
    if (found == where.end() || found->second != shard) {
      throw Error(index + ": tensor '" + tensor + "' is not in " + shard);
    }
  }
  return checkpoint;
}

Tensor Checkpoint::tensor(std::size_t shard, std::size_t index) const {
  if (!npy_.empty()) return npy_.front();
  const TensorInfo& info = shards_[shard].header.tensors[index];
  return {info, files_[shard].bytes().subspan(info.offset, info.bytes())};
}

bool Checkpoint::contains(std::string_view name) const {
  return std::any_of(shards_.begin(), shards_.end(), [&](const Shard& shard) {
    return std::any_of(shard.header.tensors.begin(), shard.header.tensors.end(),
                       [&](const TensorInfo& info) { return info.name == name; });
  });
}

Tensor Checkpoint::tensor(std::string_view name) const {
  for (std::size_t s = 0; s < shards_.size(); ++s) {
    const auto& tensors = shards_[s].header.tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].name == name) return tensor(s, i);
    }
  }
  throw Error(path_ + ": tensor '" + std::string(name) + "' is missing");
}

void Checkpoint::drop(std::size_t shard, const Tensor& tensor) const {
  if (npy_.empty()) files_[shard].drop(tensor.info.offset, tensor.info.bytes());
}

}  // namespace fp6sim::tensor_io
