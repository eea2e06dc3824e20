#include "emu/trace/reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>

#include "emu/error.h"
#include "emu/trace/codec.h"
#include "emu/trace/index.h"

namespace fp6sim::trace {
namespace {

constexpr std::size_t kLargestIndex = std::size_t{1} << 34;
constexpr std::size_t kLargestChunk = kChunkEvents * 64 + (std::size_t{1} << 30);

std::uint64_t u64_at(const Bytes& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

}  // namespace

struct Reader::State {
  std::string path;
  mutable std::ifstream file;
  mutable std::mutex mutex;
  std::vector<LaunchIndex> index;
  std::vector<LaunchInfo> infos;

  std::string at(std::uint64_t position, const char* what) const {
    return "trace " + path + ": byte " + std::to_string(position) + ": " + what;
  }

  Bytes read(std::uint64_t position, std::uint64_t size, const char* what) const {
    const std::lock_guard lock(mutex);
    Bytes bytes(size);
    file.clear();
    file.seekg(static_cast<std::streamoff>(position));
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (static_cast<std::uint64_t>(file.gcount()) != size)
      throw Error(at(position, what) + " cannot be read");
    return bytes;
  }

  const LaunchIndex& launch(std::size_t i) const {
    if (i >= index.size()) {
      throw Error("trace " + path + ": launch " + std::to_string(i) + " of " + std::to_string(index.size()));
    }
    return index[i];
  }

  const ClassIndex& one_class(std::size_t launch_number, std::uint32_t class_id) const {
    const LaunchIndex& of = launch(launch_number);
    if (class_id >= of.classes.size()) {
      throw Error("trace " + path + ": class " + std::to_string(class_id) + " of " +
                  std::to_string(of.classes.size()));
    }
    return of.classes[class_id];
  }
};

Reader::Reader(const std::string& path) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = path;
  s.file.open(path, std::ios::binary);
  if (!s.file) throw Error("trace " + path + ": cannot open: " + std::strerror(errno));
  s.file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(s.file.tellg(), 0));

  const Bytes header = s.read(0, std::min<std::uint64_t>(size, kHeaderBytes), "header");
  if (header.size() < kMagic.size() || !std::equal(kMagic.begin(), kMagic.end(), header.begin())) {
    throw Error(s.at(0, "not a trace of fp6sim (it does not start with FP6TRACE)"));
  }
  if (header.size() == kHeaderBytes && u64_at(header, 8) != kVersion) {
    throw Error(s.at(8, "version ") + std::to_string(u64_at(header, 8)) + ", this program reads version " +
                std::to_string(kVersion));
  }
  if (size < kHeaderBytes + kFooterBytes)
    throw Error(s.at(size, "truncated: the file ends before its index"));
  const Bytes footer = s.read(size - kFooterBytes, kFooterBytes, "footer");
  if (!std::equal(kEndMagic.begin(), kEndMagic.end(), footer.begin() + 24)) {
    throw Error(s.at(
        size, "truncated: the file ends without an index (recording did not finish, or part is missing)"));
  }
  const std::uint64_t position = u64_at(footer, 0), bytes = u64_at(footer, 8);
  if (position < kHeaderBytes || position > size - kFooterBytes || bytes != size - kFooterBytes - position) {
    throw Error(s.at(size - kFooterBytes, "corrupt: the index is not where the footer says"));
  }
  const Bytes frame = s.read(position, bytes, "index");
  if (hash_bytes(frame).words[0] != u64_at(footer, 16)) throw Error(s.at(position, "the index is corrupt"));
  const std::string what = s.at(position, "the index");
  const Bytes index = decompress(frame, kLargestIndex, what);
  Decoder from(index, what);
  s.index = decode_index(from, position);
  for (const LaunchIndex& launch : s.index) s.infos.push_back(launch.info);
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

const std::vector<LaunchInfo>& Reader::launches() const {
  return state_->infos;
}

const std::vector<Placement>& Reader::placements(std::size_t launch) const {
  return state_->launch(launch).placements;
}

Warp Reader::warp(std::size_t launch, std::uint32_t class_id, std::uint32_t warp) const {
  const ClassIndex& of = state_->one_class(launch, class_id);
  if (warp >= of.warps.size()) {
    throw Error("trace " + state_->path + ": warp " + std::to_string(warp) + " of " +
                std::to_string(of.warps.size()));
  }
  Warp result;
  for (const Chunk& chunk : of.warps[warp]) {
    const std::string what = state_->at(chunk.position, "a chunk of events");
    const Bytes bytes =
        decompress(state_->read(chunk.position, chunk.bytes, "a chunk of events"), kLargestChunk, what);
    Decoder from(bytes, what);
    decode_events(from, result, state_->infos[launch].buffers.size(), of.lines.size());
  }
  return result;
}

Program Reader::program(std::size_t launch, std::uint32_t class_id) const {
  const ClassIndex& of = state_->one_class(launch, class_id);
  Program program;
  program.lines = of.lines;
  for (std::uint32_t w = 0; w < of.warps.size(); ++w) program.warps.push_back(warp(launch, class_id, w));
  return program;
}

Program Reader::cta(std::size_t launch, std::uint64_t index) const {
  const auto& all = placements(launch);
  if (index >= all.size()) {
    throw Error("trace " + state_->path + ": CTA " + std::to_string(index) + " of " +
                std::to_string(all.size()));
  }
  Program result = program(launch, all[index].class_id);
  make_absolute(result, all[index].offsets);
  return result;
}

}  // namespace fp6sim::trace
