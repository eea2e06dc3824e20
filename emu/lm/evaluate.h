// What quantising does to a model: perplexity, distance to the unquantised model, and generation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emu/lm/quantized_network.h"
#include "emu/lm/tokenizer.h"

namespace fp6sim::lm {

/// Texts cut to what a model can see: each starts with BOS, a longer document goes on in a further sequence
/// whose first token is the last of the one before. Each of its tokens but the first is predicted, from those
/// before it.
using Sequences = std::vector<std::vector<Token>>;

/// Documents are separated by "<|endoftext|>"; white space around them is dropped. Throws fp6sim::Error where
/// a token is beyond `vocabulary` or there is nothing to predict.
Sequences make_sequences(const Tokenizer& tokenizer, std::string_view text, const ModelConfig& config,
                         const std::string& source);

struct EvaluateOptions {
  std::optional<emu::Architecture> architecture;
  QuantizeLinear gptq;       ///< for choices whose method is gptq
  std::size_t prompts = 32;  ///< texts whose beginning is continued greedily
  std::size_t prompt_tokens = 16;
  std::size_t generated_tokens = 96;                ///< at most; fewer where the context or the text ends
  std::size_t memory_bytes = std::size_t{4} << 30;  ///< bounds how many quantised copies exist at once
};

/// Losses in nats a token. Standard errors treat sequences as independent and tokens inside one as not.
struct Score {
  double loss = 0, loss_se = 0;
  double perplexity() const;
  double perplexity_se() const { return perplexity() * loss_se; }  ///< by the derivative of exp
};

struct FormatResult {
  FormatChoice choice;
  double bits_per_weight = 0;
  Score score;
  double kl = 0;              ///< mean over tokens of KL(unquantised || quantised), nats
  double top1_agreement = 0;  ///< share of positions with the same most likely token
  double greedy_prefix = 0;   ///< mean tokens until generation leaves the unquantised model's
};

struct Evaluation {
  std::uint64_t sequences = 0, tokens = 0;  ///< predicted
  Score unquantised;
  double greedy_length =
      0;  ///< mean tokens the unquantised model generated: what greedy_prefix can be at most
  std::size_t prompts = 0;
  std::vector<FormatResult> formats;
};

/// Called from one thread at a time.
using EvaluateProgress = std::function<void(double done, const std::string& what)>;

/// Evaluates every choice on the same tokens, on emu::thread_count() threads; the result does not depend on
/// their number. Throws fp6sim::Error.
Evaluation evaluate(const Model& model, const std::vector<FormatChoice>& choices, const Sequences& sequences,
                    const EvaluateOptions& options, const EvaluateProgress& progress = {});

/// The most likely next tokens after `prompt`, until `most` or BOS (which is not included); ties to the lower
/// token.
std::vector<Token> generate(const Network& network, const std::vector<Token>& prompt, std::size_t most);

}  // namespace fp6sim::lm
