// fp6sim quantize: tensor files to packed codes, plain codes or dequantised FP16 values.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "emu/checkpoint/gptq_method.h"
#include "emu/checkpoint/quantize_checkpoint.h"
#include "emu/error.h"
#include "emu/names.h"
#include "emu/tensor_io/dtype.h"

namespace fp6sim::app {
namespace {

struct Options {
  std::string in, out, format, scale = "row", method = "rtn", rounding = "rne", split, calibration,
                               non_finite = "error";
  std::vector<std::string> include, exclude;
  bool fake = false, codes = false, zero_point = false, json = false;
};

checkpoint::QuantizeJob job_of(const Options& options) {
  checkpoint::QuantizeJob job;
  job.spec.format = emu::format_by_name(options.format);
  checkpoint::set_scale(job.spec, options.scale);
  job.spec.rounding = emu::rounding_from_name(options.rounding);
  job.spec.zero_point = options.zero_point;
  if (options.non_finite == "saturate") {
    job.spec.non_finite = emu::NonFinite::kSaturate;
  } else if (options.non_finite != "error") {
    throw Error(unknown_name_message("--nonfinite", options.non_finite, {"error", "saturate"}));
  }
  if (options.fake && options.codes) throw Error("--fake and --codes exclude each other");
  job.output = options.fake    ? checkpoint::Output::kFake
               : options.codes ? checkpoint::Output::kCodes
                               : checkpoint::Output::kPacked;
  if (!options.split.empty()) {
    if (job.output != checkpoint::Output::kPacked)
      throw Error("--split is for packed output, not --fake or --codes");
    job.split = emu::split_by_name(options.split);
  }
  job.patterns = {options.include, options.exclude};
  job.method_name = options.method;
  if (options.method == "gptq") {
    if (options.calibration.empty()) throw Error("--method gptq needs --calibration");
    if (!job.spec.scaled) throw Error("--method gptq needs a scale: row or group:N");
    job.method = checkpoint::gptq_method(job.spec, options.calibration);
  } else if (options.method != "rtn") {
    throw Error(unknown_name_message("method", options.method, {"rtn", "gptq"}));
  } else if (!options.calibration.empty()) {
    throw Error("--calibration is for --method gptq");
  }
  return job;
}

void show_progress(std::uint64_t done, std::uint64_t total, const std::string& tensor) {
  if (::isatty(STDERR_FILENO) == 0) return;
  const double percent = total == 0 ? 100 : 100 * static_cast<double>(done) / static_cast<double>(total);
  fmt::print(stderr, "\r\033[K{:5.1f} % {}", percent, tensor);
  if (done == total) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

void print_json(const checkpoint::QuantizeSummary& summary) {
  boost::json::object root;
  auto& layers = root["layers"].emplace_array();
  for (const auto& layer : summary.layers) {
    boost::json::value snr = nullptr;  // JSON has no infinity: nothing was lost
    if (std::isfinite(layer.snr_db)) snr = layer.snr_db;
    layers.push_back({{"name", layer.name},
                      {"shape", boost::json::array(layer.shape.begin(), layer.shape.end())},
                      {"bits_per_weight", layer.bits_per_weight},
                      {"snr_db", snr},
                      {"max_error", layer.max_error}});
  }
  root["copied"] = boost::json::array(summary.copied.begin(), summary.copied.end());
  root["written"] = boost::json::array(summary.written.begin(), summary.written.end());
  fmt::print("{}\n", boost::json::serialize(root));
}

void print_table(const checkpoint::QuantizeSummary& summary) {
  fmt::print("{:<56} {:>18} {:>8} {:>8} {:>10}\n", "tensor", "shape", "bits/w", "SNR dB", "max error");
  for (const auto& layer : summary.layers) {
    fmt::print("{:<56} {:>18} {:>8.3f} {:>8.2f} {:>10.3g}\n", layer.name, tensor_io::shape_text(layer.shape),
               layer.bits_per_weight, layer.snr_db, layer.max_error);
  }
  if (!summary.copied.empty()) fmt::print("{} tensors copied unchanged\n", summary.copied.size());
  for (const auto& path : summary.written) fmt::print("wrote {}\n", path);
}

}  // namespace

void add_quantize_command(CLI::App& app, Outcome&) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("quantize", "Quantise weights in .npy or .safetensors files");
  command->footer(
      "Writes packed words, scales and zero points (docs/formats.md); with --fake the dequantised weights as "
      "FP16 under\n"
      "their old names and shapes, which load unchanged elsewhere; with --codes one uint8 code an element.\n"
      "Of a checkpoint the linear layers are quantised: matrices whose name has none of embed, wte, wpe, "
      "norm, lm_head.\n"
      "--include replaces that rule, --exclude takes away from it; everything else is copied unchanged.\n"
      "Example: fp6sim quantize model.safetensors -o model-fp6.safetensors --format e3m2 --scale row");
  command
      ->add_option("IN", options->in, ".npy, .safetensors, .safetensors.index.json, or a directory of shards")
      ->required();
  command->add_option("-o,--output", options->out, ".npy, .safetensors, or for a directory a directory")
      ->required();
  command->add_option("--format", options->format, "what to quantise to; see `fp6sim list formats`")
      ->required();
  command->add_option("--scale", options->scale, "none | row | group:N (N input columns share a scale)")
      ->capture_default_str();
  command->add_option("--method", options->method, "rtn | gptq")->capture_default_str();
  command->add_option("--calibration", options->calibration,
                      "for gptq: activations [tokens, K], a .npy or a .safetensors with one for each weight");
  command->add_option("--rounding", options->rounding, "rne | rz | half-away | stochastic:SEED")
      ->capture_default_str();
  command->add_flag("--fake", options->fake, "write dequantised FP16 values");
  command->add_flag("--codes", options->codes, "write one uint8 code an element");
  command->add_option("--split", options->split,
                      "arrangement of packed codes: 4+2 2+4 4+2-byte packed6 padded8 ..");
  command->add_flag("--zero-point", options->zero_point, "asymmetric integers");
  command->add_option("--nonfinite", options->non_finite, "error | saturate")->capture_default_str();
  command->add_option("--include", options->include,
                      "quantise tensors whose name matches (* and ?); repeatable");
  command->add_option("--exclude", options->exclude, "leave tensors whose name matches; repeatable");
  command->add_flag("--json", options->json, "print the summary as JSON");
  command->callback([options] {
    const auto summary =
        checkpoint::quantize_checkpoint(options->in, options->out, job_of(*options), show_progress);
    options->json ? print_json(summary) : print_table(summary);
  });
}

}  // namespace fp6sim::app
