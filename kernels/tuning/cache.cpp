// The tuning cache's file.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "kernels/autotune.h"

namespace fp6sim::kernels {
namespace {

constexpr std::string_view kFormat = "fp6sim-tuning-1";

std::string system_message(const std::string& what) {
  return "tuning cache: " + what + ": " + std::strerror(errno);
}

/// An open file that closes itself, and with it its lock.
struct Descriptor {
  explicit Descriptor(int number_in) : number(number_in) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  int number;
};

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Whole and on disk, or not there.
Status replace(const std::string& file, const std::string& text) {
  const std::string fresh = file + "." + std::to_string(getpid()) + ".new";
  const Descriptor out(open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644));
  if (out.number < 0) return {StatusCode::kBadValue, system_message("cannot create '" + fresh + "'")};
  if (write_all(out.number, text) && fsync(out.number) == 0 && rename(fresh.c_str(), file.c_str()) == 0)
    return {};
  const Status failed{StatusCode::kBadValue, system_message("cannot write '" + file + "'")};
  unlink(fresh.c_str());
  return failed;
}

}  // namespace

/// Between entries and their text.
class TuningFile {
 public:
  static TuningCache parse(const std::string& file) {
    TuningCache cache;
    json::Limits limits;
    limits.bytes = std::size_t{64} << 20;
    const json::Document document = json::read_file(file, limits);
    json::Object top = document.object();
    constexpr std::string_view kFormats[] = {kFormat};
    top.get("format").as_one_of(kFormats);
    for (const json::Value& value : top.array("entries")) {
      json::Object entry = value.as_object();
      constexpr std::int64_t kMost = kLargestExtent;
      const TuningCache::Name name{
          entry.string("gpu"),          entry.string("kernel"),       entry.string("split"),
          entry.string("activation"),   entry.integer("m", 1, kMost), entry.integer("k", 1, kMost),
          entry.integer("n", 1, kMost), entry.boolean("cublas"),      entry.string("version")};
      Tuned tuned;
      std::vector<std::string_view> paths;
      for (const Path path : kPaths) paths.push_back(path_name(path));
      const std::string path = entry.get("path").as_one_of(paths);
      for (const Path known : kPaths) {
        if (path_name(known) == path) tuned.path = known;
      }
      tuned.tile_n = static_cast<int>(entry.integer("tile_n", 1, 65536));
      tuned.splits = static_cast<int>(entry.integer("splits", 1, 65536));
      tuned.time_us = entry.number("time_us", 0, 1e12);
      tuned.timed = static_cast<int>(entry.integer("timed", 1, 65536));
      entry.finish();
      cache.entries_[name] = tuned;
    }
    top.finish();
    return cache;
  }

  static std::string text(const TuningCache& cache) {
    std::string out = "{\"format\": \"" + std::string(kFormat) + "\", \"entries\": [";
    const char* separator = "\n";
    for (const auto& [name, tuned] : cache.entries_) {
      const auto& [gpu, kernel, split, activation, m, k, n, cublas, version] = name;
      const boost::json::object entry{{"gpu", gpu},
                                      {"kernel", kernel},
                                      {"split", split},
                                      {"activation", activation},
                                      {"m", m},
                                      {"k", k},
                                      {"n", n},
                                      {"cublas", cublas},
                                      {"version", version},
                                      {"path", path_name(tuned.path)},
                                      {"tile_n", tuned.tile_n},
                                      {"splits", tuned.splits},
                                      {"time_us", tuned.time_us},
                                      {"timed", tuned.timed}};
      out += separator + boost::json::serialize(entry);
      separator = ",\n";
    }
    return out + "\n]}\n";
  }
};

Status TuningCache::load(const std::string& file, TuningCache& cache) {
  try {
    std::error_code error;
    cache = std::filesystem::exists(file, error) || error ? TuningFile::parse(file) : TuningCache{};
    return {};
  } catch (const Error& error) {
    return {StatusCode::kBadValue, std::string("tuning cache: ") + error.what() +
                                       "; delete the file or name another, it is left as it is"};
  }
}

Status TuningCache::save(const std::string& file) const {
  const std::string lock_name = file + ".lock";
  const Descriptor lock(open(lock_name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
  if (lock.number < 0) return {StatusCode::kBadValue, system_message("cannot create '" + lock_name + "'")};
  while (flock(lock.number, LOCK_EX) != 0) {
    if (errno != EINTR) return {StatusCode::kBadValue, system_message("cannot lock '" + lock_name + "'")};
  }
  TuningCache merged;
  if (Status status = load(file, merged); !status.ok()) return status;
  for (const auto& [name, tuned] : entries_) merged.entries_[name] = tuned;
  return replace(file, TuningFile::text(merged));
}

TuningCache::Name TuningCache::name_of(const TuningKey& key) {
  return {key.gpu,
          kernel_name(key.spec),
          std::string(emu::name(key.spec.split)),
          key.spec.activation == Activation::kFp16 ? "fp16" : "bf16",
          key.shape.m,
          key.shape.k,
          key.shape.n,
          key.cublas,
          FP6SIM_VERSION};
}

std::optional<Tuned> TuningCache::find(const TuningKey& key) const {
  const auto at = entries_.find(name_of(key));
  if (at == entries_.end()) return std::nullopt;
  return at->second;
}

void TuningCache::put(const TuningKey& key, const Tuned& tuned) {
  entries_[name_of(key)] = tuned;
}

}  // namespace fp6sim::kernels
