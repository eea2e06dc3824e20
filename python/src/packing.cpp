// Codes to packed words and back, linear order.
#include "emu/error.h"
#include "emu/packing/linear.h"
#include "python/src/bindings.h"

namespace fp6sim::python {
namespace {

py::tuple pack(const Array<std::uint8_t>& codes, const std::string& split) {
  const emu::Split chosen = emu::split_by_name(split);
  const auto in = view(codes);
  emu::PackedCodes packed = unlocked([&] { return emu::pack_linear(chosen, in); });
  const auto wide = static_cast<py::ssize_t>(packed.wide.size()),
             narrow = static_cast<py::ssize_t>(packed.narrow.size());
  return py::make_tuple(own(std::move(packed.wide), {wide}), own(std::move(packed.narrow), {narrow}));
}

py::array unpack(const Array<std::uint32_t>& wide, const Array<std::uint32_t>& narrow,
                 const std::string& split, std::size_t count) {
  const emu::Split chosen = emu::split_by_name(split);
  const auto first = view(wide), second = view(narrow);
  const emu::LinearSize needed = emu::linear_size(chosen, count);
  if (first.size() != needed.wide_words || second.size() != needed.narrow_words) {
    throw Error(std::to_string(count) + " codes of split '" + split + "' take " +
                std::to_string(needed.wide_words) + " wide and " + std::to_string(needed.narrow_words) +
                " narrow words, got " + std::to_string(first.size()) + " and " +
                std::to_string(second.size()));
  }
  std::vector<std::uint8_t> codes(count);
  unlocked([&] { emu::unpack_linear(chosen, first, second, codes); });
  return own(std::move(codes), {static_cast<py::ssize_t>(count)});
}

std::vector<std::string> splits() {
  std::vector<std::string> names;
  for (const auto& row : emu::kSplits) names.emplace_back(row.name);
  return names;
}

}  // namespace

void bind_packing(py::module_& module) {
  module.def("splits", &splits);
  module.def("pack", &pack, py::arg("codes").noconvert(), py::arg("split"));
  module.def("unpack", &unpack, py::arg("wide").noconvert(), py::arg("narrow").noconvert(), py::arg("split"),
             py::arg("count"));
}

}  // namespace fp6sim::python
