#include "sim/functional/operands.h"

#include <algorithm>
#include <string>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

void check_size(const char* what, std::size_t size, std::int64_t rows, std::int64_t columns) {
  if (size == static_cast<std::size_t>(rows * columns)) return;
  throw Error("functional mode: " + std::to_string(size) + " " + what + ", expected " + std::to_string(rows) +
              " x " + std::to_string(columns));
}

void check(const WeightStorage& storage, const GemmShape& shape, const GemmOperands& operands) {
  const int groups = storage.groups(shape.k);
  check_size("weights", operands.weights.size(), shape.m, shape.k);
  check_size("scales", operands.scales.size(), shape.m, groups);
  check_size("zero points", operands.zeros.size(), shape.m, storage.zero_points ? groups : 0);
  check_size("activations", operands.activations.size(), shape.n, shape.k);
  const std::uint32_t limit = 1u << storage.format->bits;
  const auto bad = std::find_if(operands.weights.begin(), operands.weights.end(),
                                [=](std::uint16_t code) { return code >= limit; });
  if (bad != operands.weights.end()) {
    throw Error("functional mode: weight code " + std::to_string(*bad) + " at index " +
                std::to_string(bad - operands.weights.begin()) + ", expected 0 .. " +
                std::to_string(limit - 1));
  }
}

void load_weights(const WeightStorage& storage, const GemmPlan& plan, const GemmOperands& operands,
                  PayloadStore& memory) {
  const std::int64_t rows = storage.block_rows;
  const std::int64_t groups = storage.groups(plan.shape.k);
  std::vector<std::uint64_t> at = plan.buffers.weights;
  std::vector<std::uint16_t> run(static_cast<std::size_t>(rows * plan.padded.k));
  for (std::int64_t block = 0; block < plan.padded.m; block += rows) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      const std::int64_t row = block + place / kStepK % rows;
      const std::int64_t k = place / (kStepK * rows) * kStepK + place % kStepK;
      if (row < plan.shape.m && k < plan.shape.k) {
        run[i] = operands.weights[static_cast<std::size_t>(row * plan.shape.k + k)];
      } else if (row < plan.shape.m && storage.zero_points) {  // K's padding counts as 0 in the last group
        run[i] = operands.zeros[static_cast<std::size_t>(row * groups + groups - 1)];
      } else {
        run[i] = 0;
      }
    }
    const auto arrays = pack_run(storage, run);
    for (std::size_t a = 0; a < arrays.size(); ++a) {
      memory.write_dram(at[a], arrays[a]);
      at[a] += arrays[a].size();
    }
  }
}

void load_scales(const WeightStorage& storage, const GemmPlan& plan, const GemmOperands& operands,
                 PayloadStore& memory) {
  const auto groups = static_cast<std::size_t>(storage.groups(plan.shape.k));
  std::uint64_t at = plan.buffers.scales;
  std::vector<std::uint16_t> scales(static_cast<std::size_t>(plan.padded.m));
  std::vector<std::uint8_t> zeros(scales.size());
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(plan.shape.m); ++row) {
      scales[row] = operands.scales[row * groups + group];
      if (storage.zero_points) zeros[row] = operands.zeros[row * groups + group];
    }
    const std::vector<std::uint8_t> bytes = pack_scales(storage, scales, zeros);
    memory.write_dram(at, bytes);
    at += bytes.size();
  }
}

}  // namespace

void load_operands(const WeightStorage& storage, const GemmPlan& plan, const GemmOperands& operands,
                   PayloadStore& memory) {
  check(storage, plan.shape, operands);
  load_weights(storage, plan, operands, memory);
  load_scales(storage, plan, operands, memory);
  const auto width = static_cast<std::size_t>(plan.shape.k);
  std::vector<std::uint16_t> row(static_cast<std::size_t>(plan.padded.k));
  for (std::int64_t token = 0; token < plan.shape.n; ++token) {
    std::copy_n(operands.activations.begin() + token * plan.shape.k, width, row.begin());
    memory.write_dram(
        plan.buffers.activations + static_cast<std::uint64_t>(token) * row.size() * sizeof(row[0]),
        {reinterpret_cast<const std::uint8_t*>(row.data()), row.size() * sizeof(row[0])});
  }
}

}  // namespace fp6sim::sim
