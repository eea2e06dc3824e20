#include "emu/checkpoint/quantize_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "emu/checkpoint/layer_quantizer.h"
#include "emu/error.h"
#include "emu/tensor_io/checkpoint.h"
#include "emu/tensor_io/npy.h"
#include "emu/tensor_io/output_file.h"

namespace fp6sim::checkpoint {
namespace {

namespace fs = std::filesystem;
using tensor_io::Checkpoint;
using tensor_io::OutputFile;
using tensor_io::TensorInfo;

bool is_floating(tensor_io::DType type) {
  using tensor_io::DType;
  return type <= DType::kE5M2;
}

tensor_io::Metadata describe(const QuantizeJob& job, const std::vector<TensorInfo>& quantized) {
  tensor_io::Metadata metadata{{"fp6sim.layout", "1"},
                               {"fp6sim.format", std::string(job.spec.format.name)},
                               {"fp6sim.scale", scale_name(job.spec)},
                               {"fp6sim.method", job.method_name},
                               {"fp6sim.rounding", emu::rounding_name(job.spec.rounding)},
                               {"fp6sim.zero_point", job.spec.zero_point ? "true" : "false"}};
  if (job.output == Output::kPacked) {
    metadata["fp6sim.output"] = "packed";
    metadata["fp6sim.split"] = emu::name(job.split.value_or(emu::default_split(job.spec.format.bits)));
    for (const auto& info : quantized)
      metadata["fp6sim.shape." + info.name] = tensor_io::shape_text(info.shape);
  } else {
    metadata["fp6sim.output"] = job.output == Output::kFake ? "fake" : "codes";
  }
  return metadata;
}

/// Quantises the tensors of some shards of a checkpoint into one .safetensors.
class FileWriter {
 public:
  FileWriter(const Checkpoint& checkpoint, const QuantizeJob& job, QuantizeSummary& summary)
      : checkpoint_(checkpoint), job_(job), summary_(summary) {}

  void add_shard(std::size_t shard) {
    const auto& header = checkpoint_.shards()[shard].header;
    for (const auto& [key, value] : header.metadata) metadata_.emplace(key, value);
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      auto entry =
          std::make_unique<Entry>(Entry{shard, checkpoint_.tensor(shard, i), nullptr, tensors_.size()});
      const TensorInfo& info = entry->tensor.info;
      if (is_floating(info.dtype) && job_.patterns.choose(info.name, info.shape.size())) {
        entry->layer = std::make_unique<LayerQuantizer>(entry->tensor, job_);
        for (const auto& output : entry->layer->outputs()) tensors_.push_back(output.info);
        quantized_.push_back(info);
      } else {
        tensors_.push_back(info);
      }
      entries_.push_back(std::move(entry));
    }
  }

  std::size_t quantized() const { return quantized_.size(); }

  void write(const std::string& path, std::uint64_t& done, std::uint64_t total, const Progress& progress) {
    for (auto& [key, value] : describe(job_, quantized_)) metadata_[key] = value;
    const std::string header = tensor_io::safetensors_header(tensors_, metadata_);
    OutputFile file(path);
    file.append(header);
    for (const auto& entry : entries_) {
      const TensorInfo& info = entry->tensor.info;
      if (progress) progress(done, total, info.name);
      if (entry->layer) {
        summary_.layers.push_back(entry->layer->run([&](std::size_t o, std::uint64_t offset, auto bytes) {
          file.write_at(tensors_[entry->first_output + o].offset + offset, bytes);
        }));
      } else {
        file.write_at(tensors_[entry->first_output].offset, entry->tensor.bytes);
        summary_.copied.push_back(info.name);
      }
      checkpoint_.drop(entry->shard, entry->tensor);
      done += info.bytes();
    }
    file.commit();
    summary_.written.push_back(path);
  }

 private:
  struct Entry {
    std::size_t shard;
    tensor_io::Tensor tensor;
    std::unique_ptr<LayerQuantizer> layer;  // null: copied
    std::size_t first_output;               // in tensors_
  };
  const Checkpoint& checkpoint_;
  const QuantizeJob& job_;
  QuantizeSummary& summary_;
  tensor_io::Metadata metadata_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<TensorInfo> tensors_;    // of the output, in order
  std::vector<TensorInfo> quantized_;  // of the input
};

void write_npy(const Checkpoint& checkpoint, const std::string& out, const QuantizeJob& job,
               QuantizeSummary& summary) {
  const tensor_io::Tensor tensor = checkpoint.tensor(0, 0);
  LayerQuantizer layer(tensor, job);
  if (job.output == Output::kPacked) {
    throw Error(out + ": packed words are several arrays; write .safetensors, or ask for --codes or --fake");
  }
  std::vector<std::unique_ptr<OutputFile>> files;
  std::vector<std::uint64_t> starts;
  for (const auto& output : layer.outputs()) {
    std::string path = out;
    if (output.part != Part::kValues) {
      path = out.substr(0, out.size() - 4) + (output.part == Part::kScales ? ".scales.npy" : ".zeros.npy");
    }
    const std::string header = tensor_io::npy_header(output.info.dtype, output.info.shape);
    files.push_back(std::make_unique<OutputFile>(path));
    files.back()->append(header);
    starts.push_back(header.size());
    summary.written.push_back(path);
  }
  summary.layers.push_back(
      layer.run([&](std::size_t o, std::uint64_t offset, std::span<const std::byte> bytes) {
        files[o]->write_at(starts[o] + offset, bytes);
      }));
  for (const auto& file : files) file->commit();
}

/// Configuration and tokenizer, so that a directory of --fake weights loads where the original did.
void copy_companions(const fs::path& from, const fs::path& to, QuantizeSummary& summary) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path ending = entry.path().extension();
    if (!entry.is_regular_file() || (ending != ".json" && ending != ".txt" && ending != ".model")) continue;
    const fs::path target = to / entry.path().filename();
    fs::copy_file(entry.path(), target, fs::copy_options::overwrite_existing);
    summary.written.push_back(target.string());
  }
}

}  // namespace

QuantizeSummary quantize_checkpoint(const std::string& in, const std::string& out, const QuantizeJob& job,
                                    const Progress& progress) {
  if (job.split && !emu::info(*job.split).accepts(job.spec.format.bits)) {
    throw Error("split '" + std::string(emu::name(*job.split)) + "' does not hold the " +
                std::to_string(job.spec.format.bits) + "-bit codes of format '" +
                std::string(job.spec.format.name) + "'");
  }
  const Checkpoint checkpoint = Checkpoint::open(in);
  QuantizeJob effective = job;
  if (in.ends_with(".npy")) effective.patterns = {{"*"}, {}};
  QuantizeSummary summary;
  std::uint64_t total = 0, done = 0;
  for (const auto& shard : checkpoint.shards()) {
    for (const auto& info : shard.header.tensors) total += info.bytes();
  }
  const auto refuse_nothing = [&](std::size_t quantized) {
    if (quantized == 0)
      throw Error(in + ": no tensor was chosen to be quantised; see --include and --exclude");
  };
  if (fs::is_directory(in) && !out.ends_with(".safetensors") && !out.ends_with(".npy")) {
    if (fs::exists(out) && fs::equivalent(in, out)) throw Error(out + ": the output directory is the input");
    std::vector<FileWriter> writers;
    std::size_t quantized = 0;
    for (std::size_t s = 0; s < checkpoint.shards().size(); ++s) {
      writers.emplace_back(checkpoint, effective, summary).add_shard(s);
      quantized += writers.back().quantized();
    }
    refuse_nothing(quantized);
    std::error_code wrong;
    fs::create_directories(out, wrong);
    if (wrong) throw Error(out + ": cannot create the directory: " + wrong.message());
    for (std::size_t s = 0; s < writers.size(); ++s) {
      const auto name = fs::path(checkpoint.shards()[s].path).filename();
      writers[s].write((fs::path(out) / name).string(), done, total, progress);
    }
    if (job.output == Output::kFake) copy_companions(in, out, summary);
  } else if (tensor_io::file_kind(out) == tensor_io::FileKind::kNpy) {
    if (!in.ends_with(".npy")) throw Error(out + ": a .npy holds one tensor; write .safetensors from " + in);
    write_npy(checkpoint, out, effective, summary);
    done = total;
  } else {
    FileWriter writer(checkpoint, effective, summary);
    for (std::size_t s = 0; s < checkpoint.shards().size(); ++s) writer.add_shard(s);
    refuse_nothing(writer.quantized());
    writer.write(out, done, total, progress);
  }
  if (progress) progress(total, total, "");
  return summary;
}

}  // namespace fp6sim::checkpoint
