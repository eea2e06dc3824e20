#include "emu/trace/index.h"

#include <limits>

namespace fp6sim::trace {
namespace {

constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();

void encode_dim(Encoder& to, const Dim& dim) {
  to.number(dim.x);
  to.number(dim.y);
  to.number(dim.z);
}

Dim decode_dim(Decoder& from) {
  Dim dim;
  dim.x = from.at_most<std::uint32_t>(k32);
  dim.y = from.at_most<std::uint32_t>(k32);
  dim.z = from.at_most<std::uint32_t>(k32);
  return dim;
}

void encode_class(Encoder& to, const ClassIndex& one) {
  to.number(one.lines.size());
  for (const std::string& line : one.lines) to.text(line);
  to.number(one.warps.size());
  for (const auto& chunks : one.warps) {
    to.number(chunks.size());
    for (const Chunk& chunk : chunks) {
      to.number(chunk.position);
      to.number(chunk.bytes);
    }
  }
}

ClassIndex decode_class(Decoder& from, std::uint64_t end) {
  ClassIndex one;
  for (std::size_t i = from.count(); i > 0; --i) one.lines.push_back(from.text());
  one.warps.resize(from.count());
  for (auto& chunks : one.warps) {
    chunks.resize(from.count());
    for (Chunk& chunk : chunks) {
      chunk.position = from.at_most<std::uint64_t>(end);
      chunk.bytes = from.at_most<std::uint64_t>(end - chunk.position);
    }
  }
  return one;
}

// Offsets mostly advance by the same step from CTA to CTA: store the change of the step.
struct OffsetPredictor {
  std::int64_t last = 0, step = 0;
};

void encode_launch(Encoder& to, const LaunchIndex& launch) {
  const LaunchInfo& info = launch.info;
  to.text(info.kernel);
  to.text(info.origin);
  to.text(info.architecture);
  encode_dim(to, info.grid);
  encode_dim(to, info.block);
  to.number(info.registers_per_thread);
  to.number(info.shared_bytes);
  to.number(info.buffers.size());
  for (const BufferInfo& buffer : info.buffers) {
    to.text(buffer.name);
    to.number(buffer.bytes);
    to.number(buffer.base_address);
  }
  to.number(launch.classes.size());
  for (const ClassIndex& one : launch.classes) encode_class(to, one);
  to.number(launch.placements.size());
  std::vector<OffsetPredictor> predictors(info.buffers.size());
  for (const Placement& placement : launch.placements) {
    to.number(placement.class_id);
    for (std::size_t b = 0; b < predictors.size(); ++b) {
      OffsetPredictor& p = predictors[b];
      const std::int64_t step = placement.offsets[b] - p.last;
      to.signed_number(step - p.step);
      p = {placement.offsets[b], step};
    }
  }
}

LaunchIndex decode_launch(Decoder& from, std::uint64_t end) {
  LaunchIndex launch;
  LaunchInfo& info = launch.info;
  info.kernel = from.text();
  info.origin = from.text();
  info.architecture = from.text();
  info.grid = decode_dim(from);
  info.block = decode_dim(from);
  info.registers_per_thread = from.at_most<std::uint32_t>(k32);
  info.shared_bytes = from.number();
  info.buffers.resize(from.count());
  for (BufferInfo& buffer : info.buffers) {
    buffer.name = from.text();
    buffer.bytes = from.number();
    buffer.base_address = from.number();
  }
  for (std::size_t i = from.count(); i > 0; --i) launch.classes.push_back(decode_class(from, end));
  info.classes = static_cast<std::uint32_t>(launch.classes.size());
  launch.placements.resize(from.count());
  if (launch.placements.size() != info.grid.count()) from.corrupt("CTAs and grid do not agree");
  std::vector<OffsetPredictor> predictors(info.buffers.size());
  for (Placement& placement : launch.placements) {
    placement.class_id = from.at_most<std::uint32_t>(k32);
    if (placement.class_id >= info.classes) from.corrupt("a CTA's class is out of range");
    placement.offsets.resize(predictors.size());
    for (std::size_t b = 0; b < predictors.size(); ++b) {
      OffsetPredictor& p = predictors[b];
      const std::uint64_t step =
          static_cast<std::uint64_t>(p.step) + static_cast<std::uint64_t>(from.signed_number());
      p.last = static_cast<std::int64_t>(static_cast<std::uint64_t>(p.last) + step);
      p.step = static_cast<std::int64_t>(step);
      placement.offsets[b] = p.last;
    }
  }
  return launch;
}

}  // namespace

Bytes encode_index(const std::vector<LaunchIndex>& launches) {
  Encoder to;
  to.number(launches.size());
  for (const LaunchIndex& launch : launches) encode_launch(to, launch);
  return to.take();
}

std::vector<LaunchIndex> decode_index(Decoder& from, std::uint64_t end) {
  std::vector<LaunchIndex> launches;
  for (std::size_t i = from.count(); i > 0; --i) launches.push_back(decode_launch(from, end));
  if (!from.done()) from.corrupt("bytes follow its last launch");
  return launches;
}

}  // namespace fp6sim::trace
