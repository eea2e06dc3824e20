// One view of every way tensors come: a .npy, a .safetensors, or a directory of sharded .safetensors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emu/tensor_io/dtype.h"
#include "emu/tensor_io/mapped_file.h"
#include "emu/tensor_io/safetensors.h"

namespace fp6sim::tensor_io {

enum class FileKind : std::uint8_t { kNpy, kSafetensors };
/// By the name's ending; any other ending is an Error naming the two.
FileKind file_kind(const std::string& path);

/// The tensors of one or several files, mapped and not read. Move-only.
class Checkpoint {
 public:
  struct Shard {
    std::string path;
    SafetensorsHeader header;  ///< for .npy: one tensor, its name the file's stem
  };

  /// `path`: FILE.npy | FILE.safetensors | INDEX.safetensors.index.json | a directory with
  /// model.safetensors.index.json or else with *.safetensors. Throws fp6sim::Error for what the parsers
  /// refuse, for an index that names a missing shard, a tensor its shard lacks, or a path outside the
  /// directory, and for a tensor in two shards.
  static Checkpoint open(const std::string& path);

  const std::vector<Shard>& shards() const { return shards_; }
  /// Of `shard`, in file order.
  Tensor tensor(std::size_t shard, std::size_t index) const;
  /// nullptr where there is none of that name.
  bool contains(std::string_view name) const;
  /// Throws fp6sim::Error naming the tensor where there is none.
  Tensor tensor(std::string_view name) const;
  /// See MappedFile::drop(); a no-op for tensors that are not a view of the file.
  void drop(std::size_t shard, const Tensor& tensor) const;

 private:
  void add_file(const std::string& path);

  std::string path_;
  std::vector<Shard> shards_;
  std::vector<MappedFile> files_;
  std::vector<Tensor> npy_;          // the .npy tensor, where there is one
  std::vector<std::byte> npy_copy_;  // its elements, where they had to be reordered
};

}  // namespace fp6sim::tensor_io
