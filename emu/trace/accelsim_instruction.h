// One instruction line of an Accel-Sim .traceg file, and what its opcode does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

/// PC MASK NDST R.. OPCODE NSRC R.. WIDTH [MODE ADDR...] [IMMEDIATE], as tracer versions 3 to 5 write it.
struct AccelSimInstruction {
  std::uint64_t pc = 0;
  std::uint32_t source_line = 0;  ///< where the trace has line information
  std::uint32_t mask = 0;
  std::string_view opcode;         ///< into the line that was parsed
  std::uint32_t memory_width = 0;  ///< 0: not a memory instruction; its value is not the access width
  std::array<std::uint64_t, 32> addresses{};  ///< of lanes in the mask
  std::int64_t immediate = 0;
};

/// How fields are laid out: from version 4 on an immediate ends the line, and a source line starts it with
/// `line_info`.
struct AccelSimSyntax {
  int version = 3;
  bool line_info = false;
};

/// Parses a line. On a grammar error returns what is wrong, else an empty string.
std::string parse_instruction(std::string_view line, const AccelSimSyntax& syntax,
                              AccelSimInstruction& instruction);

enum class Pipe : std::uint8_t { kInteger, kHalf2, kFloat32, kShuffle, kConvert, kOther };

/// Memory spaces by opcode; kGeneric is decided by address.
enum class AccessSpace : std::uint8_t { kNone, kGlobal, kShared, kLocal, kGeneric, kAsyncCopy };

struct OpcodeMeaning {
  AccessSpace space = AccessSpace::kNone;
  Op op = Op::kExit;      ///< for accesses, barriers, tensor core; where `is_event`
  bool is_event = false;  ///< else it is counted on `pipe`
  bool known = false;     ///< false: no opcode of compute capabilities 7.0 to 9.0
  Pipe pipe = Pipe::kOther;
  std::uint8_t bytes = 0;     ///< per lane, from the opcode's suffixes (".128", ".U16"), 4 without one
  std::uint8_t matrices = 0;  ///< LDSM: 8 row addresses each
  std::uint16_t m = 0, n = 0, k = 0;
  MmaInput input = MmaInput::kF16;
};

/// "HMMA.16816.F32", "LDGSTS.E.BYPASS.128", ... Control flow, moves and the uniform datapath are kOther.
OpcodeMeaning opcode_meaning(std::string_view opcode);

}  // namespace fp6sim::trace
