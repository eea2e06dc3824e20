#include "emu/trace/open.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "emu/error.h"
#include "emu/trace/accelsim.h"
#include "emu/trace/writer.h"

namespace fp6sim::trace {
namespace {

/// A file of our own, removed at the end: the reader keeps it open.
class Scratch {
 public:
  Scratch() : path_((std::filesystem::temp_directory_path() / "fp6sim_import_XXXXXX").string()) {
    const int file = mkstemp(path_.data());
    if (file < 0) throw Error("trace " + path_ + ": cannot create: " + std::strerror(errno));
    close(file);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool is_accelsim(const std::string& path) {
  return path.ends_with(".g") || path.ends_with(".traceg") || path.ends_with(".traceg.xz");
}

}  // namespace

Reader open_trace(const std::string& path) {
  if (!is_accelsim(path)) return Reader(path);
  const Scratch scratch;
  Writer writer(scratch.path());
  import_accelsim(path, writer);
  writer.finish();
  return Reader(scratch.path());
}

}  // namespace fp6sim::trace
