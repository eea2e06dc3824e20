#include "emu/lm/evaluate.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "emu/error.h"
#include "emu/parallel.h"

namespace fp6sim::lm {
namespace {

constexpr std::string_view kSeparator = "<|endoftext|>";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Token most_likely(const float* logits, std::size_t count) {
  return static_cast<Token>(std::max_element(logits, logits + count) - logits);
}

/// Sums over the predicted tokens of one sequence.
struct Sums {
  double tokens = 0, loss = 0, kl = 0, agree = 0;
};

Score score_of(const std::vector<Sums>& sums) {
  double tokens = 0, loss = 0;
  for (const Sums& s : sums) {
    tokens += s.tokens;
    loss += s.loss;
  }
  Score score{loss / tokens, 0};
  if (sums.size() < 2) return score;
  double squares = 0;
  for (const Sums& s : sums) {
    const double residual = s.loss - score.loss * s.tokens;
    squares += residual * residual;
  }
  const auto n = static_cast<double>(sums.size());
  score.loss_se = std::sqrt(squares * n / (n - 1)) / tokens;
  return score;
}

/// Log-probabilities of one position, from logits.
struct Position {
  std::vector<float> exponentials;
  double log_sum = 0;
  void read(const float* logits, std::size_t count) {
    exponentials.resize(count);
    log_sum = log_sum_exp(logits, count, exponentials.data());
  }
};

/// One group of formats over all sequences: sums[f][s], f = 0 the unquantised model.
class Pass {
 public:
  Pass(const Network& plain, const std::vector<std::unique_ptr<Network>>& networks,
       const Sequences& sequences)
      : plain_(plain), networks_(networks), sequences_(sequences) {
    sums.assign(networks.size() + 1, std::vector<Sums>(sequences.size()));
  }

  std::vector<std::vector<Sums>> sums;

  void run_sequence(std::size_t s) {
    const std::vector<Token>& tokens = sequences_[s];
    const std::span<const Token> input(tokens.data(), tokens.size() - 1);
    const std::size_t vocabulary = plain_.config().vocabulary;
    Sequence plain(plain_);
    const std::span<const float> base = plain.append(input);
    std::vector<Position> positions(input.size());
    for (std::size_t t = 0; t < input.size(); ++t) {
      positions[t].read(base.data() + t * vocabulary, vocabulary);
      sums[0][s].loss += positions[t].log_sum - static_cast<double>(base[t * vocabulary + tokens[t + 1]]);
      sums[0][s].tokens += 1;
    }
    std::vector<float> unused(vocabulary);
    for (std::size_t f = 0; f < networks_.size(); ++f) {
      Sequence sequence(*networks_[f]);
      const std::span<const float> logits = sequence.append(input);
      Sums& sum = sums[f + 1][s];
      for (std::size_t t = 0; t < input.size(); ++t) {
        const float* from = base.data() + t * vocabulary;
        const float* to = logits.data() + t * vocabulary;
        const double log_sum = log_sum_exp(to, vocabulary, unused.data());
        sum.loss += log_sum - static_cast<double>(to[tokens[t + 1]]);
        sum.kl += divergence(positions[t], from, to, vocabulary) + log_sum - positions[t].log_sum;
        sum.agree += most_likely(from, vocabulary) == most_likely(to, vocabulary) ? 1 : 0;
      }
      sum.tokens = static_cast<double>(input.size());
    }
  }

 private:
  /// sum p (from - to), p the softmax of `from`.
  static double divergence(const Position& position, const float* from, const float* to, std::size_t count) {
    double weighted[8] = {}, total[8] = {};
    for (std::size_t i = 0; i < count; ++i) {
      const auto p = static_cast<double>(position.exponentials[i]);
      weighted[i % 8] += p * (static_cast<double>(from[i]) - static_cast<double>(to[i]));
      total[i % 8] += p;
    }
    double sum = 0, mass = 0;
    for (int i = 0; i < 8; ++i) {
      sum += weighted[i];
      mass += total[i];
    }
    return sum / mass;
  }

  const Network& plain_;
  const std::vector<std::unique_ptr<Network>>& networks_;
  const Sequences& sequences_;
};

std::vector<std::vector<Token>> prompts_of(const Sequences& sequences, const EvaluateOptions& options,
                                           std::size_t context) {
  std::vector<std::vector<Token>> prompts;
  for (const auto& sequence : sequences) {
    if (prompts.size() == options.prompts) break;
    if (sequence.size() <= options.prompt_tokens || options.prompt_tokens >= context) continue;
    prompts.emplace_back(sequence.begin(),
                         sequence.begin() + static_cast<std::ptrdiff_t>(options.prompt_tokens));
  }
  return prompts;
}

std::size_t network_bytes(const Model& model) {
  std::size_t elements = 0;
  for_each_linear(model, [&](const Linear& linear) { elements += linear.weights.size(); });
  elements += model.config.vocabulary * model.config.dim + model.config.context * model.config.head_dim;
  return elements * sizeof(float);
}

}  // namespace

double Score::perplexity() const {
  return std::exp(loss);
}

Sequences make_sequences(const Tokenizer& tokenizer, std::string_view text, const ModelConfig& config,
                         const std::string& source) {
  Sequences sequences;
  while (!text.empty()) {
    const auto at = text.find(kSeparator);
    std::vector<Token> tokens = tokenizer.encode(trimmed(text.substr(0, at)));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + kSeparator.size());
    tokens.insert(tokens.begin(), tokenizer.begin_of_text());
    const Token largest = *std::max_element(tokens.begin(), tokens.end());
    if (largest >= config.vocabulary) {
      throw Error(source + ": token " + std::to_string(largest) +
                  " of the tokenizer is beyond the model's vocabulary of " +
                  std::to_string(config.vocabulary));
    }
    for (std::size_t first = 0; first + 1 < tokens.size(); first += config.context) {
      const std::size_t last = std::min(tokens.size(), first + config.context + 1);
      sequences.emplace_back(tokens.begin() + static_cast<std::ptrdiff_t>(first),
                             tokens.begin() + static_cast<std::ptrdiff_t>(last));
    }
  }
  if (sequences.empty()) throw Error(source + ": no text to evaluate on");
  return sequences;
}

std::vector<Token> generate(const Network& network, const std::vector<Token>& prompt, std::size_t most) {
  const ModelConfig& config = network.config();
  Sequence sequence(network);
  std::vector<Token> generated;
  std::span<const Token> input = prompt;
  while (generated.size() < most && sequence.size() + input.size() <= config.context) {
    const std::span<const float> logits = sequence.append(input);
    const Token next = most_likely(logits.data() + (input.size() - 1) * config.vocabulary, config.vocabulary);
    if (next == prompt.front()) break;  // a new text begins
    generated.push_back(next);
    input = std::span<const Token>(&generated.back(), 1);
  }
  return generated;
}

Evaluation evaluate(const Model& model, const std::vector<FormatChoice>& choices, const Sequences& sequences,
                    const EvaluateOptions& options, const EvaluateProgress& progress) {
  Evaluation evaluation;
  evaluation.sequences = sequences.size();
  const auto plain = plain_network(model);
  const auto prompts = prompts_of(sequences, options, model.config.context);
  evaluation.prompts = prompts.size();
  std::vector<std::vector<Token>> expected(prompts.size());
  emu::parallel_for(prompts.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p)
      expected[p] = generate(*plain, prompts[p], options.generated_tokens);
  });
  for (const auto& text : expected) {
    evaluation.greedy_length += static_cast<double>(text.size()) / static_cast<double>(prompts.size());
  }

  const std::size_t group = std::clamp<std::size_t>(options.memory_bytes / network_bytes(model), 1, 64);
  std::size_t first = 0;
  do {
    const std::size_t count = std::min(group, choices.size() - first);
    std::vector<std::unique_ptr<Network>> networks;
    for (std::size_t f = first; f < first + count; ++f) {
      if (progress)
        progress(static_cast<double>(first) / static_cast<double>(choices.size()),
                 "quantising to " + format_label(choices[f]));
      const bool gptq = choices[f].method == "gptq";
      networks.push_back(
          quantized_network(model, choices[f], gptq ? options.gptq : round_to_nearest, options.architecture));
    }
    Pass pass(*plain, networks, sequences);
    std::mutex mutex;
    std::size_t done = 0;
    emu::parallel_for(sequences.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t s = begin; s < end; ++s) pass.run_sequence(s);
      const std::lock_guard lock(mutex);
      done += end - begin;
      const double share = static_cast<double>(done) / static_cast<double>(sequences.size());
      if (progress) {
        progress((static_cast<double>(first) + share * static_cast<double>(count)) /
                     static_cast<double>(std::max<std::size_t>(1, choices.size())),
                 std::to_string(count) + " formats");
      }
    });
    evaluation.unquantised = score_of(pass.sums[0]);
    evaluation.tokens = 0;
    for (const Sums& s : pass.sums[0]) evaluation.tokens += static_cast<std::uint64_t>(s.tokens);

    std::vector<std::size_t> prefixes(count * prompts.size());
    emu::parallel_for(prefixes.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto& text = expected[i % prompts.size()];
        const auto ours =
            generate(*networks[i / prompts.size()], prompts[i % prompts.size()], options.generated_tokens);
        const auto differs = std::mismatch(text.begin(), text.end(), ours.begin(), ours.end()).first;
        prefixes[i] = static_cast<std::size_t>(differs - text.begin());
      }
    });
    for (std::size_t f = 0; f < count; ++f) {
      FormatResult result{choices[first + f], bits_per_weight(model, choices[first + f]),
                          score_of(pass.sums[f + 1])};
      const auto tokens = static_cast<double>(evaluation.tokens);
      for (const Sums& s : pass.sums[f + 1]) {
        result.kl += s.kl / tokens;
        result.top1_agreement += s.agree / tokens;
      }
      for (std::size_t p = 0; p < prompts.size(); ++p) {
        result.greedy_prefix +=
            static_cast<double>(prefixes[f * prompts.size() + p]) / static_cast<double>(prompts.size());
      }
      evaluation.formats.push_back(std::move(result));
    }
    first += count;
  } while (first < choices.size());
  return evaluation;
}

}  // namespace fp6sim::lm
