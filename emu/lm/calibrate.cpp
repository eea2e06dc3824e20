#include "emu/lm/calibrate.h"

#include <algorithm>
#include <map>
#include <utility>

#include "emu/error.h"
#include "emu/gptq/gptq.h"

namespace fp6sim::lm {
namespace {

using Key = std::pair<std::string, std::size_t>;  // layer and padded columns
using Hessians = std::map<Key, emu::CalibrationHessian>;

}  // namespace

QuantizeLinear calibrate_gptq(const Model& model, const Sequences& sequences,
                              const std::vector<FormatChoice>& choices) {
  if (sequences.empty()) throw Error("GPTQ needs at least one calibration sequence");
  const auto hessians = std::make_shared<Hessians>();
  for (const FormatChoice& choice : choices) {
    if (choice.method != "gptq") continue;
    for_each_linear(model, [&](const Linear& linear) {
      const std::size_t columns = padded_columns(linear.columns, choice.spec);
      hessians->try_emplace({linear.name, columns}, columns);
    });
  }
  const auto network = plain_network(model);
  for (const auto& tokens : sequences) {
    Sequence sequence(*network);
    sequence.append(std::span(tokens).first(tokens.size() - 1),
                    [&](const std::string& name, const float* x, std::size_t count, std::size_t columns) {
                      for (auto at = hessians->lower_bound({name, 0});
                           at != hessians->end() && at->first.first == name; ++at) {
                        const std::size_t padded = at->first.second;
                        std::vector<float> activations(count * padded);
                        for (std::size_t t = 0; t < count; ++t) {
                          std::copy_n(x + t * columns, columns, activations.data() + t * padded);
                        }
                        at->second.add(activations);
                      }
                    });
  }
  return [hessians](const Linear& linear, const emu::QuantizeSpec& spec) {
    emu::GptqSpec gptq;
    gptq.quantize = spec;
    return emu::gptq(linear.weights, linear.rows, linear.columns, hessians->at({linear.name, linear.columns}),
                     gptq, linear.name)
        .matrix;
  };
}

}  // namespace fp6sim::lm
