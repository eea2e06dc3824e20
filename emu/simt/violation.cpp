#include "emu/simt/launch.h"

namespace fp6sim::simt {
namespace {

std::string sentence(ViolationKind kind, const std::string& kernel, Dim3 cta, unsigned thread,
                     const std::string& message) {
  return "kernel " + kernel + ", CTA (" + std::to_string(cta.x) + "," + std::to_string(cta.y) + "," +
         std::to_string(cta.z) + "), thread " + std::to_string(thread) + " (warp " +
         std::to_string(thread / kWarpSize) + " lane " + std::to_string(thread % kWarpSize) +
         "): " + violation_kind_name(kind) + " at " + message;
}

}  // namespace

const char* violation_kind_name(ViolationKind kind) {
  switch (kind) {
    case ViolationKind::kOutOfBounds:
      return "out of bounds";
    case ViolationKind::kMisaligned:
      return "misaligned";
    case ViolationKind::kReadOnly:
      return "read-only buffer";
    case ViolationKind::kUninitialised:
      return "uninitialised";
    case ViolationKind::kInFlight:
      return "copy in flight";
    case ViolationKind::kRace:
      return "race";
    case ViolationKind::kDeadlock:
      return "deadlock";
    case ViolationKind::kBadBarrier:
      return "mismatched barrier";
    case ViolationKind::kBadArgument:
      return "bad argument";
  }
  return "?";
}

Violation::Violation(ViolationKind kind_, std::string kernel_, Dim3 block, unsigned thread_,
                     std::string file_, unsigned line_, const std::string& message)
    : Error(sentence(kind_, kernel_, block, thread_, message)),
      kind(kind_),
      kernel(std::move(kernel_)),
      block_idx(block),
      thread(thread_),
      file(std::move(file_)),
      line(line_) {}

}  // namespace fp6sim::simt
