#include "emu/trace/writer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "emu/error.h"
#include "emu/trace/codec.h"
#include "emu/trace/index.h"

namespace fp6sim::trace {
namespace {

/// A program made relative, as the bytes of its chunks.
struct EncodedProgram {
  std::vector<std::string> lines;
  std::vector<std::vector<Bytes>> warps;

  Hash hash() const {
    Encoder all;
    all.number(lines.size());
    for (const std::string& line : lines) all.text(line);
    all.number(warps.size());
    for (const auto& chunks : warps) {
      all.number(chunks.size());
      for (const Bytes& chunk : chunks) {
        for (std::uint64_t word : hash_bytes(chunk).words) all.number(word);
      }
    }
    return hash_bytes(all.take());
  }
};

EncodedProgram encode(Program& program) {
  EncodedProgram encoded;
  encoded.lines = std::move(program.lines);
  for (const Warp& warp : program.warps) {
    auto& chunks = encoded.warps.emplace_back();
    for (std::size_t first = 0; first < warp.events.size(); first += kChunkEvents) {
      chunks.push_back(encode_events(warp, first, std::min(first + kChunkEvents, warp.events.size())));
    }
  }
  return encoded;
}

void put_u64(Bytes& to, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

struct Writer::State {
  std::string path;
  std::FILE* file = nullptr;
  std::uint64_t position = 0;
  std::vector<LaunchIndex> launches;

  // Of the launch being recorded. CTAs are committed in ascending order, so that class ids and the file are
  // the same whatever order they finish in.
  std::mutex mutex;
  bool in_launch = false, finished = false;
  std::map<Hash, std::uint32_t> class_of;
  std::map<Hash, EncodedProgram> programs;  ///< seen, not committed yet
  std::map<std::uint64_t, std::pair<Hash, std::vector<std::int64_t>>> waiting;
  std::map<Hash, Chunk> chunk_at;  ///< chunks already in the file, by content

  void write(const Bytes& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) {
      throw Error("trace " + path + ": cannot write at byte " + std::to_string(position) + ": " +
                  std::strerror(errno));
    }
    position += bytes.size();
  }

  ClassIndex write_program(const EncodedProgram& program) {
    ClassIndex index{program.lines, {}};
    for (const auto& chunks : program.warps) {
      auto& written = index.warps.emplace_back();
      for (const Bytes& chunk : chunks) {
        const auto [at, is_new] = chunk_at.try_emplace(hash_bytes(chunk));
        if (is_new) {
          const Bytes frame = compress(chunk);
          at->second = {position, frame.size()};
          write(frame);
        }
        written.push_back(at->second);
      }
    }
    return index;
  }

  void commit_ready() {
    LaunchIndex& launch = launches.back();
    for (auto next = waiting.find(launch.placements.size()); next != waiting.end();
         next = waiting.find(launch.placements.size())) {
      const Hash& hash = next->second.first;
      auto known = class_of.find(hash);
      if (known == class_of.end()) {
        known = class_of.emplace(hash, static_cast<std::uint32_t>(launch.classes.size())).first;
        const auto program = programs.extract(hash);
        launch.classes.push_back(write_program(program.mapped()));
      }
      launch.placements.push_back({known->second, std::move(next->second.second)});
      waiting.erase(next);
    }
  }
};

Writer::Writer(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->file = std::fopen(path.c_str(), "wb");
  if (state_->file == nullptr) throw Error("trace " + path + ": cannot create: " + std::strerror(errno));
  Bytes header(kMagic.begin(), kMagic.end());
  put_u64(header, kVersion);
  state_->write(header);
}

Writer::~Writer() {
  if (state_->file != nullptr) std::fclose(state_->file);
}

void Writer::begin_launch(const LaunchInfo& info) {
  if (state_->in_launch || state_->finished)
    throw Error("trace " + state_->path + ": a launch begins inside another");
  state_->in_launch = true;
  state_->launches.push_back({info, {}, {}});
  state_->class_of.clear();
}

void Writer::add_cta(std::uint64_t index, Program&& program) {
  std::vector<std::int64_t> offsets = make_relative(program, state_->launches.back().info.buffers.size());
  EncodedProgram encoded = encode(program);
  const Hash hash = encoded.hash();
  const std::lock_guard lock(state_->mutex);
  if (!state_->class_of.contains(hash)) state_->programs.try_emplace(hash, std::move(encoded));
  state_->waiting.emplace(index, std::pair(hash, std::move(offsets)));
  state_->commit_ready();
}

void Writer::end_launch() {
  LaunchIndex& launch = state_->launches.back();
  if (launch.placements.size() != launch.info.grid.count()) {
    throw Error("trace " + state_->path + ": " + std::to_string(launch.placements.size()) + " of " +
                std::to_string(launch.info.grid.count()) + " CTAs were recorded");
  }
  launch.info.classes = static_cast<std::uint32_t>(launch.classes.size());
  state_->in_launch = false;
}

void Writer::finish() {
  const Bytes index = encode_index(state_->launches);
  const Bytes frame = compress(index);
  Bytes footer;
  put_u64(footer, state_->position);
  put_u64(footer, frame.size());
  put_u64(footer, hash_bytes(frame).words[0]);
  footer.insert(footer.end(), kEndMagic.begin(), kEndMagic.end());
  state_->write(frame);
  state_->write(footer);
  const int failed = std::fclose(std::exchange(state_->file, nullptr));
  state_->finished = true;
  if (failed != 0) throw Error("trace " + state_->path + ": cannot write: " + std::strerror(errno));
}

}  // namespace fp6sim::trace
