// Formats, single conversions, quantising and dequantising.
#include <algorithm>

#include "emu/checkpoint/spec_names.h"
#include "emu/decode.h"
#include "emu/dequantize.h"
#include "emu/encode.h"
#include "emu/error.h"
#include "emu/parallel.h"
#include "emu/quantize.h"
#include "python/src/bindings.h"

namespace fp6sim::python {
namespace {

constexpr std::size_t kGrain = std::size_t{1} << 15;

const emu::Format& float_format(const std::string& name) {
  const emu::Format& format = emu::format_by_name(name);
  if (!format.is_float())
    throw Error("format '" + name + "' is an integer format; encode and decode take floating ones");
  return format;
}

py::list formats() {
  py::list list;
  for (const emu::Format& format : emu::formats()) {
    py::dict row;
    row["name"] = std::string(format.name);
    row["bits"] = format.bits;
    row["kind"] = format.is_float() ? "float" : "integer";
    row["description"] = std::string(format.description);
    list.append(row);
  }
  return list;
}

template <class Code>
py::array encode_as(const Array<float>& values, const emu::Format& format, const emu::Rounding& rounding) {
  std::vector<Code> codes(static_cast<std::size_t>(values.size()));
  const auto in = view(values);
  unlocked([&] {
    emu::parallel_for(in.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        codes[i] = static_cast<Code>(
            emu::encode(format.floating, in[i], {rounding.mode}, emu::stochastic_bits(rounding.seed, i)));
      }
    });
  });
  return own(std::move(codes), shape_of(values));
}

py::array encode(const Array<float>& values, const std::string& name, const std::string& rounding_name) {
  const emu::Format& format = float_format(name);
  const emu::Rounding rounding = emu::rounding_from_name(rounding_name);
  return format.bits > 8 ? encode_as<std::uint16_t>(values, format, rounding)
                         : encode_as<std::uint8_t>(values, format, rounding);
}

py::array decode(const Array<std::uint16_t>& codes, const std::string& name) {
  const emu::Format& format = float_format(name);
  std::vector<float> values(static_cast<std::size_t>(codes.size()));
  const auto in = view(codes);
  unlocked([&] {
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (in[i] >> format.bits != 0) {
        throw Error("codes[" + std::to_string(i) + "] is " + std::to_string(in[i]) + "; codes of format '" +
                    name + "' are below " + std::to_string(1 << format.bits));
      }
      values[i] = emu::decode(format.floating, in[i]);
    }
  });
  return own(std::move(values), shape_of(codes));
}

emu::QuantizeSpec spec_of(const std::string& format, const std::string& scale, bool zero_point,
                          const std::string& rounding, const std::string& non_finite) {
  emu::QuantizeSpec spec;
  spec.format = emu::format_by_name(format);
  checkpoint::set_scale(spec, scale);
  spec.zero_point = zero_point;
  spec.rounding = emu::rounding_from_name(rounding);
  if (non_finite != "error" && non_finite != "saturate") {
    throw Error("nonfinite is '" + non_finite + "'; accepted: error saturate");
  }
  spec.non_finite = non_finite == "error" ? emu::NonFinite::kError : emu::NonFinite::kSaturate;
  return spec;
}

/// (codes [M, K], scales binary16 bits [M, G] or None, zeros [M, G] or None)
py::tuple quantize(const Array<float>& weights, const std::string& format, const std::string& scale,
                   bool zero_point, const std::string& rounding, const std::string& non_finite) {
  const emu::QuantizeSpec spec = spec_of(format, scale, zero_point, rounding, non_finite);
  const auto rows = static_cast<std::size_t>(weights.shape(0)),
             columns = static_cast<std::size_t>(weights.shape(1));
  const auto in = view(weights);
  std::vector<std::uint16_t> scales;
  emu::QuantizedMatrix matrix = unlocked([&] {
    emu::QuantizedMatrix result = emu::quantize(in, rows, columns, spec);
    scales.resize(result.scales.size());
    std::transform(result.scales.begin(), result.scales.end(), scales.begin(), emu::to_binary16);
    return result;
  });
  const auto groups = static_cast<py::ssize_t>(matrix.groups());
  const auto m = static_cast<py::ssize_t>(rows);
  py::object scale_array = py::none(), zero_array = py::none();
  if (spec.scaled) scale_array = own(std::move(scales), {m, groups});
  if (spec.zero_point) zero_array = own(std::move(matrix.zeros), {m, groups});
  return py::make_tuple(own(std::move(matrix.codes), shape_of(weights)), scale_array, zero_array);
}

/// Binary16 bits [M, K]; `scales` (binary16 bits) and `zeros` are [M, G] or None.
py::array dequantize(const Array<std::uint8_t>& codes, const std::string& format, const py::object& scales,
                     const py::object& zeros) {
  emu::QuantizedMatrix matrix;
  matrix.rows = static_cast<std::size_t>(codes.shape(0));
  matrix.columns = static_cast<std::size_t>(codes.shape(1));
  matrix.spec.format = emu::format_by_name(format);
  matrix.spec.scaled = !scales.is_none();
  matrix.spec.zero_point = !zeros.is_none();
  if (matrix.spec.format.bits > 8) throw Error("format '" + format + "' has no codes of at most 8 bits");
  const auto in = view(codes);
  matrix.codes.assign(in.begin(), in.end());
  const auto bad =
      std::find_if(in.begin(), in.end(), [&](auto c) { return c >> matrix.spec.format.bits != 0; });
  if (bad != in.end()) {
    throw Error("codes[" + std::to_string(bad - in.begin()) + "] is " + std::to_string(*bad) +
                "; codes of format '" + format + "' are below " +
                std::to_string(1 << matrix.spec.format.bits));
  }
  const auto groups_of = [&](const auto& array, const char* what) {
    if (array.ndim() != 2 || static_cast<std::size_t>(array.shape(0)) != matrix.rows || array.shape(1) == 0 ||
        matrix.columns % static_cast<std::size_t>(array.shape(1)) != 0) {
      throw Error(std::string(what) + " must have shape [M, G] with M of codes and G dividing their K");
    }
    return static_cast<std::size_t>(array.shape(1));
  };
  if (matrix.spec.scaled) {
    const auto array = py::cast<Array<std::uint16_t>>(scales);
    matrix.spec.group = matrix.columns / groups_of(array, "scales");
    for (const std::uint16_t bits : view(array)) matrix.scales.push_back(emu::from_binary16(bits));
  }
  if (matrix.spec.zero_point) {
    const auto array = py::cast<Array<std::uint8_t>>(zeros);
    if (!matrix.spec.scaled || matrix.spec.group != matrix.columns / groups_of(array, "zeros")) {
      throw Error("zeros must have the shape of scales");
    }
    const auto values = view(array);
    matrix.zeros.assign(values.begin(), values.end());
  }
  std::vector<std::uint16_t> out(matrix.codes.size());
  unlocked([&] { emu::dequantize_to_binary16(matrix, out); });
  return own(std::move(out), shape_of(codes));
}

}  // namespace

void bind_numbers(py::module_& module) {
  module.def("formats", &formats);
  module.def("encode", &encode, py::arg("values").noconvert(), py::arg("format"), py::arg("rounding"));
  module.def("decode", &decode, py::arg("codes").noconvert(), py::arg("format"));
  module.def("quantize", &quantize, py::arg("weights").noconvert(), py::arg("format"), py::arg("scale"),
             py::arg("zero_point"), py::arg("rounding"), py::arg("nonfinite"));
  module.def("dequantize", &dequantize, py::arg("codes").noconvert(), py::arg("format"), py::arg("scales"),
             py::arg("zeros"));
}

}  // namespace fp6sim::python
