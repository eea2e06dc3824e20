// Dot products and GEMMs in the arithmetic of a named tensor core.
#include "emu/error.h"
#include "emu/gemm/gemm.h"
#include "emu/mma/mma.h"
#include "emu/names.h"
#include "emu/parallel.h"
#include "python/src/bindings.h"

namespace fp6sim::python {
namespace {

py::array gemm(const Array<std::uint16_t>& weights, const Array<std::uint16_t>& activations,
               const std::string& architecture, bool bf16, int tile_k, int split_k) {
  emu::GemmSchedule schedule;
  schedule.architecture = emu::architecture_by_name(architecture);
  schedule.input = bf16 ? emu::TileInput::kBfloat16 : emu::TileInput::kBinary16;
  schedule.tile_k = tile_k;
  schedule.split_k = split_k;
  const emu::GemmShape shape{weights.shape(0), weights.shape(1), activations.shape(0)};
  std::vector<float> y(static_cast<std::size_t>(shape.m * shape.n));
  const auto w = view(weights), x = view(activations);
  unlocked([&] { emu::exact_gemm(schedule, shape, w, x, std::span<float>(y)); });
  return own(std::move(y), {static_cast<py::ssize_t>(shape.n), static_cast<py::ssize_t>(shape.m)});
}

/// One chain a row: a, b codes [rows, k]; c and the result binary32 or binary16 bits.
py::array mma(const Array<std::uint16_t>& a, const Array<std::uint16_t>& b, const Array<std::uint32_t>& c,
              const std::string& architecture, const std::string& a_format, const std::string& b_format,
              bool binary16_accumulate) {
  const emu::Format& left = emu::format_by_name(a_format);
  const emu::Format& right = emu::format_by_name(b_format);
  if (!left.is_float() || !right.is_float()) throw Error("mma takes floating formats");
  const emu::MmaContext context =
      emu::mma_context(emu::architecture_by_name(architecture), left.floating, right.floating,
                       binary16_accumulate ? emu::Accumulate::kF16 : emu::Accumulate::kF32);
  const auto k = static_cast<std::size_t>(a.shape(1)), rows = static_cast<std::size_t>(a.shape(0));
  const auto step = static_cast<std::size_t>(context.rule.products_per_step);
  if (k == 0 || k % step != 0) {
    throw Error("mma of " + std::to_string(k) + " products; " + architecture + " takes multiples of " +
                std::to_string(step) + " for these formats");
  }
  const auto as = view(a), bs = view(b);
  const auto cs = view(c);
  std::vector<std::uint32_t> d(rows);
  unlocked([&] {
    emu::parallel_for(rows, 256, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        d[r] = emu::mma_chain(context, as.subspan(r * k, k), bs.subspan(r * k, k), cs[r]);
      }
    });
  });
  return own(std::move(d), {static_cast<py::ssize_t>(rows)});
}

}  // namespace

void bind_tensor_core(py::module_& module) {
  module.def("gemm", &gemm, py::arg("weights").noconvert(), py::arg("activations").noconvert(),
             py::arg("arch"), py::arg("bf16"), py::arg("tile_k"), py::arg("split_k"));
  module.def("mma", &mma, py::arg("a").noconvert(), py::arg("b").noconvert(), py::arg("c").noconvert(),
             py::arg("arch"), py::arg("a_format"), py::arg("b_format"), py::arg("accumulate_f16"));
}

}  // namespace fp6sim::python
