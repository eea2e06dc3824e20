// A .safetensors file quantised to packed FP6, beside copying the same file: both through the page cache.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "emu/checkpoint/quantize_checkpoint.h"
#include "emu/parallel.h"
#include "emu/tensor_io/output_file.h"
#include "emu/tensor_io/safetensors.h"

namespace {

using namespace fp6sim;
namespace fs = std::filesystem;

/// 256 MB of binary16 weights in four tensors, gone with the process.
class InputFile {
 public:
  InputFile() : folder_(fs::temp_directory_path() / "fp6sim-quantize-bench") {
    fs::create_directories(folder_);
    std::vector<std::uint16_t> weights(std::size_t{32} << 20);
    std::mt19937 random(1);
    for (auto& w : weights) w = static_cast<std::uint16_t>((random() & 0x83FFu) | (12 + random() % 3) << 10);
    std::vector<tensor_io::TensorInfo> tensors;
    for (int i = 0; i < 4; ++i) {
      tensors.push_back({"layer." + std::to_string(i), tensor_io::DType::kF16, {4096, 8192}, 0});
    }
    tensor_io::OutputFile file(path());
    file.append(tensor_io::safetensors_header(tensors, {}));
    for (int i = 0; i < 4; ++i) file.append(std::as_bytes(std::span(weights)));
    file.commit();
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { fs::remove_all(folder_); }
  std::string path() const { return (folder_ / "in.safetensors").string(); }
  std::string out() const { return (folder_ / "out.safetensors").string(); }

 private:
  fs::path folder_;
};

const InputFile& input() {
  static const InputFile file;
  return file;
}

void report(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(fs::file_size(input().path())));
}

void copy_file(benchmark::State& state) {
  for (auto unused : state) {
    static_cast<void>(unused);
    fs::copy_file(input().path(), input().out(), fs::copy_options::overwrite_existing);
  }
  report(state);
}

void quantize_file(benchmark::State& state) {
  emu::set_thread_count(static_cast<int>(state.range(0)));
  checkpoint::QuantizeJob job;
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(checkpoint::quantize_checkpoint(input().path(), input().out(), job));
  }
  report(state);
}

BENCHMARK(copy_file)->UseRealTime();
BENCHMARK(quantize_file)->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
