// fp6sim eval: what number formats do to a real language model.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "emu/error.h"
#include "emu/lm/calibrate.h"
#include "emu/lm/evaluate.h"
#include "emu/parallel.h"
#include "emu/tensor_io/mapped_file.h"

namespace fp6sim::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string model, text, tokenizer, scale = "row", method = "rtn", calibration_text, architecture;
  std::vector<std::string> formats;
  int threads = 0, calibration_samples = 128, max_sequences = 0;
  bool json = false;
};

const std::vector<std::string> kDefaultFormats{"fp16", "e4m3", "int8",          "e3m2",
                                               "e2m3", "int6", "e2m2",          "int5",
                                               "e2m1", "int4", "int4@group:32", "int4@group:32@zp"};

/// A tokenizer where people keep it: beside the model.
std::string find_tokenizer(const Options& options) {
  if (!options.tokenizer.empty()) return options.tokenizer;
  const fs::path model(options.model);
  if (fs::is_directory(model)) return (model / "tokenizer.json").string();
  std::vector<std::string> found;
  for (const auto& entry :
       fs::directory_iterator(model.has_parent_path() ? model.parent_path() : fs::path("."))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("tok") && name.ends_with(".bin")) found.push_back(entry.path().string());
  }
  if (found.size() == 1) return found.front();
  throw Error(options.model + ": " + std::to_string(found.size()) +
              " files tok*.bin beside the model; name the tokenizer with --tokenizer");
}

lm::Sequences read_sequences(const lm::Tokenizer& tokenizer, const std::string& path,
                             const lm::ModelConfig& config) {
  const tensor_io::MappedFile file(path);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  return lm::make_sequences(tokenizer, text, config, path);
}

void show_progress(double done, const std::string& what) {
  if (::isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\033[K{:5.1f} % {}", 100 * done, what);
  if (done >= 1) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

double delta_percent(const lm::Evaluation& evaluation, const lm::FormatResult& result) {
  return 100 * (result.score.perplexity() / evaluation.unquantised.perplexity() - 1);
}

void print_json(const Options& options, const lm::Evaluation& evaluation) {
  boost::json::object root{{"model", options.model},
                           {"text", options.text},
                           {"arithmetic", options.architecture.empty() ? "binary32" : options.architecture},
                           {"sequences", evaluation.sequences},
                           {"tokens", evaluation.tokens},
                           {"prompts", evaluation.prompts},
                           {"greedy_length", evaluation.greedy_length},
                           {"unquantised",
                            {{"loss", evaluation.unquantised.loss},
                             {"perplexity", evaluation.unquantised.perplexity()},
                             {"perplexity_se", evaluation.unquantised.perplexity_se()}}}};
  auto& formats = root["formats"].emplace_array();
  for (const auto& result : evaluation.formats) {
    formats.push_back({{"format", lm::format_label(result.choice)},
                       {"scale", result.choice.scale},
                       {"method", result.choice.method},
                       {"bits_per_weight", result.bits_per_weight},
                       {"perplexity", result.score.perplexity()},
                       {"perplexity_se", result.score.perplexity_se()},
                       {"delta_percent", delta_percent(evaluation, result)},
                       {"kl", result.kl},
                       {"top1_agreement", result.top1_agreement},
                       {"greedy_prefix", result.greedy_prefix}});
  }
  fmt::print("{}\n", boost::json::serialize(root));
}

void print_table(const lm::Evaluation& evaluation) {
  fmt::print(
      "{} tokens in {} sequences; greedy continuations of {} prompts, {:.1f} tokens each unquantised\n\n",
      evaluation.tokens, evaluation.sequences, evaluation.prompts, evaluation.greedy_length);
  fmt::print("{:<10} {:<10} {:<6} {:>8} {:>11} {:>8} {:>9} {:>10} {:>7} {:>8}\n", "format", "scale", "method",
             "bits/w", "perplexity", "+- se", "delta %", "KL nats", "top-1", "greedy");
  fmt::print("{:<10} {:<10} {:<6} {:>8.3f} {:>11.4f} {:>8.4f} {:>9} {:>10} {:>7} {:>8.1f}\n", "(none)", "",
             "", 32.0, evaluation.unquantised.perplexity(), evaluation.unquantised.perplexity_se(), "", "",
             "", evaluation.greedy_length);
  for (const auto& r : evaluation.formats) {
    fmt::print("{:<10} {:<10} {:<6} {:>8.3f} {:>11.4f} {:>8.4f} {:>9.3f} {:>10.3g} {:>7.4f} {:>8.1f}\n",
               lm::format_label(r.choice), r.choice.scale, r.choice.method, r.bits_per_weight,
               r.score.perplexity(), r.score.perplexity_se(), delta_percent(evaluation, r), r.kl,
               r.top1_agreement, r.greedy_prefix);
  }
}

void run(const Options& options) {
  std::vector<lm::FormatChoice> choices;
  bool any_gptq = false;
  for (const auto& format : options.formats.empty() ? kDefaultFormats : options.formats) {
    choices.push_back(lm::parse_format_choice(format, options.scale, options.method));
    any_gptq = any_gptq || choices.back().method == "gptq";
  }
  lm::EvaluateOptions evaluate;
  if (!options.architecture.empty()) evaluate.architecture = emu::architecture_by_name(options.architecture);
  if (any_gptq && options.calibration_text.empty()) throw Error("method gptq needs --calibration-text");
  if (!any_gptq && !options.calibration_text.empty())
    throw Error("--calibration-text is for the method gptq");
  emu::set_thread_count(options.threads);

  const lm::Model model = lm::load_model(options.model);
  const std::string tokenizer_path = find_tokenizer(options);
  const lm::Tokenizer tokenizer = lm::Tokenizer::load(tokenizer_path);
  const bool exact =
      tokenizer_path.ends_with(".bin");  // tokenizer.json may be smaller than a padded vocabulary
  if (exact ? tokenizer.vocabulary() != model.config.vocabulary
            : tokenizer.vocabulary() > model.config.vocabulary) {
    throw Error(tokenizer_path + ": " + std::to_string(tokenizer.vocabulary()) + " tokens; the model " +
                options.model + " has a vocabulary of " + std::to_string(model.config.vocabulary));
  }
  lm::Sequences sequences = read_sequences(tokenizer, options.text, model.config);
  if (options.max_sequences > 0) {
    sequences.resize(
        std::min<std::size_t>(sequences.size(), static_cast<std::size_t>(options.max_sequences)));
  }
  if (any_gptq) {
    lm::Sequences calibration = read_sequences(tokenizer, options.calibration_text, model.config);
    calibration.resize(
        std::min<std::size_t>(calibration.size(), static_cast<std::size_t>(options.calibration_samples)));
    show_progress(0, "calibrating");
    evaluate.gptq = lm::calibrate_gptq(model, calibration, choices);
  }
  const lm::Evaluation evaluation = lm::evaluate(model, choices, sequences, evaluate, show_progress);
  show_progress(1, "");
  options.json ? print_json(options, evaluation) : print_table(evaluation);
}

}  // namespace

void add_eval_command(CLI::App& app, Outcome&) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("eval", "Perplexity and generation of a real model, quantised");
  command->footer(
      "Every linear layer of the blocks is quantised, packed, unpacked and dequantised to binary16 by the "
      "emulator;\n"
      "embedding and output head stay. Beside perplexity: the KL divergence to the unquantised model, how "
      "often both\n"
      "find the same token most likely, and for how many tokens greedy generation stays on the unquantised "
      "text.\n"
      "A format may carry its own scale and method: int4@group:64@zp, e3m2@row@gptq.\n"
      "Documents in the text are separated by <|endoftext|>.\n"
      "Example: fp6sim eval stories260K.bin --text eval.txt --format fp16 --format e3m2 --format "
      "int4@group:32");
  command
      ->add_option("MODEL", options->model, "a llama2.c .bin (version 0), or a Hugging Face LLaMA directory")
      ->required();
  command->add_option("--text", options->text, "the text to evaluate on")->required();
  command
      ->add_option("--format", options->formats,
                   "FORMAT[@SCALE][@zp][@METHOD], repeatable; default: twelve of them")
      ->delimiter(',');
  command
      ->add_option("--max-sequences", options->max_sequences,
                   "evaluate on the first so many texts; 0: on all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  command->add_option("--tokenizer", options->tokenizer,
                      "tok*.bin or tokenizer.json; default: the one beside the model");
  command->add_option("--scale", options->scale, "none | row | group:N")->capture_default_str();
  command->add_option("--method", options->method, "rtn | gptq")->capture_default_str();
  command->add_option("--calibration-text", options->calibration_text, "the text gptq calibrates on");
  command
      ->add_option("--calibration-samples", options->calibration_samples,
                   "sequences of it that gptq uses, at most")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  command->add_option("--arch", options->architecture,
                      "multiply as this tensor core does: volta .. blackwell");
  command->add_option("--threads", options->threads, "0: one for each processor")->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options] { run(*options); });
}

}  // namespace fp6sim::app
