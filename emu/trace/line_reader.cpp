#include "emu/trace/line_reader.h"

#ifdef FP6SIM_HAS_LZMA
#include <lzma.h>
#endif

#include <cerrno>
#include <cstring>
#include <utility>

#include "emu/error.h"

namespace fp6sim::trace {
namespace {
constexpr std::size_t kBlock = std::size_t{1} << 18, kLongestLine = std::size_t{1} << 20;
}

#ifdef FP6SIM_HAS_LZMA
struct LineReader::Xz {
  lzma_stream stream = LZMA_STREAM_INIT;
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(kBlock);
  bool done = false;
  ~Xz() { lzma_end(&stream); }
};
#else
struct LineReader::Xz {};
#endif

LineReader::LineReader(std::string path) : path_(std::move(path)), block_(kBlock) {
  file_ = std::fopen(path_.c_str(), "rb");
  if (file_ == nullptr) throw Error(path_ + ": cannot open: " + std::strerror(errno));
  if (!path_.ends_with(".xz")) return;
#ifdef FP6SIM_HAS_LZMA
  xz_ = std::make_unique<Xz>();
  if (lzma_stream_decoder(&xz_->stream, std::uint64_t{1} << 30, LZMA_CONCATENATED) != LZMA_OK) {
    throw Error(path_ + ": liblzma cannot start");
  }
#else
  std::fclose(std::exchange(file_, nullptr));
  throw Error(path_ + ": this build cannot read .xz files (liblzma was missing); decompress it first");
#endif
}

LineReader::~LineReader() {
  if (file_ != nullptr) std::fclose(file_);
}

bool LineReader::refill() {
  begin_ = end_ = 0;
#ifdef FP6SIM_HAS_LZMA
  if (xz_ != nullptr) {
    lzma_stream& s = xz_->stream;
    s.next_out = reinterpret_cast<std::uint8_t*>(block_.data());
    s.avail_out = block_.size();
    while (!xz_->done && s.avail_out == block_.size()) {
      if (s.avail_in == 0) {
        s.next_in = xz_->input.data();
        s.avail_in = std::fread(xz_->input.data(), 1, xz_->input.size(), file_);
      }
      const lzma_ret result = lzma_code(&s, std::feof(file_) != 0 ? LZMA_FINISH : LZMA_RUN);
      if (result == LZMA_STREAM_END) xz_->done = true;
      if (result != LZMA_OK && result != LZMA_STREAM_END) {
        fail(result == LZMA_BUF_ERROR ? "the .xz file is truncated"
                                      : "the .xz file is damaged after this line");
      }
    }
    end_ = block_.size() - s.avail_out;
    return end_ != 0;
  }
#endif
  end_ = std::fread(block_.data(), 1, block_.size(), file_);
  return end_ != 0;
}

bool LineReader::next(std::string_view& line) {
  line_.clear();
  for (;;) {
    if (begin_ == end_ && !refill()) {
      if (line_.empty()) return false;
      break;
    }
    const auto* start = block_.data() + begin_;
    const auto* newline = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
    const std::size_t length = newline != nullptr ? static_cast<std::size_t>(newline - start) : end_ - begin_;
    line_.append(start, length);
    begin_ += length;
    if (line_.size() > kLongestLine) fail("a line is longer than 1 MiB");
    if (newline != nullptr) {
      ++begin_;
      break;
    }
  }
  ++number_;
  if (line_.ends_with('\r')) line_.pop_back();
  line = line_;
  return true;
}

void LineReader::fail(const std::string& message) const {
  throw Error(path_ + ":" + std::to_string(number_) + ": " + message);
}

}  // namespace fp6sim::trace
