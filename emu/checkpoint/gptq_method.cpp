#include "emu/checkpoint/gptq_method.h"

#include <memory>

#include "emu/error.h"
#include "emu/gptq/gptq.h"
#include "emu/tensor_io/checkpoint.h"

namespace fp6sim::checkpoint {
namespace {

tensor_io::Tensor activations_for(const tensor_io::Checkpoint& file, const std::string& path,
                                  const std::string& name) {
  if (path.ends_with(".npy")) return file.tensor(0, 0);
  if (file.contains(name)) return file.tensor(name);
  constexpr std::string_view kEnding = ".weight";
  if (name.ends_with(kEnding)) {
    const std::string stem = name.substr(0, name.size() - kEnding.size());
    if (file.contains(stem)) return file.tensor(stem);
  }
  throw Error(path + ": no activations for tensor '" + name + "'");
}

}  // namespace

QuantizeMatrix gptq_method(const emu::QuantizeSpec& spec, const std::string& calibration) {
  const auto file = std::make_shared<tensor_io::Checkpoint>(tensor_io::Checkpoint::open(calibration));
  return
      [=](const std::vector<float>& weights, std::size_t rows, std::size_t columns, const std::string& name) {
        const tensor_io::Tensor tensor = activations_for(*file, calibration, name);
        if (tensor.info.shape.size() != 2 || tensor.info.shape[1] != columns) {
          throw Error(calibration + ": activations of shape " + tensor_io::shape_text(tensor.info.shape) +
                      " for tensor '" + name + "'; needed: [tokens, " + std::to_string(columns) + "]");
        }
        emu::CalibrationHessian hessian(columns);
        hessian.add(tensor_io::to_floats(tensor));
        emu::GptqSpec gptq;
        gptq.quantize = spec;
        return emu::gptq(weights, rows, columns, hessian, gptq, "tensor '" + name + "'").matrix;
      };
}

}  // namespace fp6sim::checkpoint
