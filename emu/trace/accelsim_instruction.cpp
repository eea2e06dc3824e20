#include "emu/trace/accelsim_instruction.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

namespace fp6sim::trace {
namespace {

/// The words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const std::size_t start = rest_.find_first_not_of(" \t");
    if (start == std::string_view::npos) {
      rest_ = {};
      return {};
    }
    rest_.remove_prefix(start);
    const std::size_t end = std::min(rest_.find_first_of(" \t"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

 private:
  std::string_view rest_;
};

template <class T>
std::optional<T> number(std::string_view word, int base) {
  if (base == 16 && (word.starts_with("0x") || word.starts_with("0X"))) word.remove_prefix(2);
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc{} || end != word.data() + word.size() || word.empty()) return std::nullopt;
  return value;
}

std::string expected(const char* what, std::string_view got) {
  std::string message = "expected ";
  message += what;
  message += got.empty() ? ", the line ends" : ", got '";
  if (!got.empty()) (message += got) += "'";
  return message;
}

/// COUNT, then as many registers "R<n>".
std::string skip_registers(Words& words, const char* what) {
  const std::string_view word = words.next();
  const auto count = number<unsigned>(word, 10);
  if (!count || *count > 16) return expected(what, word);
  for (unsigned i = 0; i < *count; ++i) {
    const std::string_view name = words.next();
    if (!name.starts_with('R')) return expected("a register R<n>", name);
  }
  return {};
}

/// MODE ADDR...: 0 a list, 1 base and stride, 2 base and differences; one address for each lane of the mask.
std::string parse_addresses(Words& words, AccelSimInstruction& instruction) {
  const std::string_view mode_word = words.next();
  const auto mode = number<unsigned>(mode_word, 10);
  if (!mode || *mode > 2) return expected("an address mode 0, 1 or 2", mode_word);
  const std::uint32_t mask = instruction.mask;
  std::uint64_t address = 0;
  std::int64_t stride = 0;
  bool first = true;
  for (std::uint32_t left = mask; left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(left));
    if (*mode == 0 || first) {
      const std::string_view word = words.next();
      const auto value = number<std::uint64_t>(word, 16);
      if (!value) return expected("a hexadecimal address", word);
      address = *value;
      if (*mode == 1) {
        const std::string_view stride_word = words.next();
        const auto parsed = number<std::int64_t>(stride_word, 10);
        if (!parsed) return expected("a decimal stride", stride_word);
        stride = *parsed;
        const std::uint32_t run = mask >> lane;
        if ((run & (run + 1)) != 0) return "base and stride need lanes without a gap in the mask";
      }
    } else if (*mode == 1) {
      address += static_cast<std::uint64_t>(stride);
    } else {
      const std::string_view word = words.next();
      const auto difference = number<std::int64_t>(word, 10);
      if (!difference) return expected("a decimal address difference", word);
      address += static_cast<std::uint64_t>(*difference);
    }
    first = false;
    instruction.addresses[lane] = address;
  }
  return {};
}

bool has_part(std::string_view opcode, std::string_view part) {
  for (std::size_t at = opcode.find('.'); at != std::string_view::npos; at = opcode.find('.', at + 1)) {
    const std::string_view rest = opcode.substr(at + 1);
    if (rest.starts_with(part) && (rest.size() == part.size() || rest[part.size()] == '.')) return true;
  }
  return false;
}

std::uint8_t access_bytes(std::string_view opcode) {
  if (has_part(opcode, "128")) return 16;
  if (has_part(opcode, "64")) return 8;
  if (has_part(opcode, "U16") || has_part(opcode, "S16")) return 2;
  if (has_part(opcode, "U8") || has_part(opcode, "S8")) return 1;
  return 4;
}

struct MmaShape {
  std::string_view digits;
  std::uint16_t m, n, k;
};
constexpr std::array<MmaShape, 10> kMmaShapes{{{"884", 8, 8, 4},
                                               {"1684", 16, 8, 4},
                                               {"1688", 16, 8, 8},
                                               {"16816", 16, 8, 16},
                                               {"16832", 16, 8, 32},
                                               {"16864", 16, 8, 64},
                                               {"8816", 8, 8, 16},
                                               {"8832", 8, 8, 32},
                                               {"168128", 16, 8, 128},
                                               {"168256", 16, 8, 256}}};

OpcodeMeaning tensor(std::string_view opcode, std::string_view root) {
  OpcodeMeaning meaning;
  meaning.is_event = meaning.known = true;
  meaning.op = Op::kMma;
  for (const MmaShape& shape : kMmaShapes) {
    if (has_part(opcode, shape.digits)) meaning.m = shape.m, meaning.n = shape.n, meaning.k = shape.k;
  }
  meaning.input = root == "IMMA"             ? MmaInput::kS8
                  : root == "QMMA"           ? MmaInput::kF8
                  : root != "HMMA"           ? MmaInput::kOther
                  : has_part(opcode, "BF16") ? MmaInput::kBf16
                                             : MmaInput::kF16;
  return meaning;
}

struct Root {
  std::string_view name;
  AccessSpace space;
  Op op;
};
constexpr std::array<Root, 20> kAccesses{
    {{"LDG", AccessSpace::kGlobal, Op::kGlobalLoad},      {"STG", AccessSpace::kGlobal, Op::kGlobalStore},
     {"ATOMG", AccessSpace::kGlobal, Op::kGlobalAtomic},  {"ATOM", AccessSpace::kGeneric, Op::kGlobalAtomic},
     {"RED", AccessSpace::kGlobal, Op::kGlobalAtomic},    {"REDG", AccessSpace::kGlobal, Op::kGlobalAtomic},
     {"LDL", AccessSpace::kLocal, Op::kGlobalLoad},       {"STL", AccessSpace::kLocal, Op::kGlobalStore},
     {"LD", AccessSpace::kGeneric, Op::kGlobalLoad},      {"ST", AccessSpace::kGeneric, Op::kGlobalStore},
     {"LDS", AccessSpace::kShared, Op::kSharedLoad},      {"STS", AccessSpace::kShared, Op::kSharedStore},
     {"ATOMS", AccessSpace::kShared, Op::kSharedStore},   {"LDSM", AccessSpace::kShared, Op::kMatrixLoad},
     {"LDGSTS", AccessSpace::kAsyncCopy, Op::kAsyncCopy}, {"LDGDEPBAR", AccessSpace::kNone, Op::kAsyncCommit},
     {"DEPBAR", AccessSpace::kNone, Op::kAsyncWait},      {"BAR", AccessSpace::kNone, Op::kBarrierSync},
     {"WARPSYNC", AccessSpace::kNone, Op::kWarpSync},     {"EXIT", AccessSpace::kNone, Op::kExit}}};

struct PipeRoots {
  Pipe pipe;
  std::string_view roots;  ///< separated by spaces
};
constexpr std::array<PipeRoots, 5> kPipes{
    {{Pipe::kInteger,
      " IADD IADD3 IABS IMAD IMUL IMNMX IDP IDP4A ISETP ISCADD LEA LOP LOP3 SHF SHL SHR PRMT PLOP3 POPC FLO "
      "BREV BMSK "
      "SEL SGXT VABSDIFF VABSDIFF4 VIADD VIMNMX XMAD BFE BFI "},
     {Pipe::kHalf2, " HADD2 HMUL2 HFMA2 HSET2 HSETP2 HMNMX2 "},
     {Pipe::kFloat32, " FADD FMUL FFMA FSET FSETP FMNMX FSEL FCHK MUFU FSWZADD "},
     {Pipe::kShuffle, " SHFL VOTE VOTEU MATCH REDUX "},
     {Pipe::kConvert, " F2F F2I I2F F2FP I2FP FRND I2I F2IP I2IP "}}};

/// Counted as kOther: control flow, moves, special registers, caches, textures, binary64.
constexpr std::string_view kOthers =
    " ACQBULK ARRIVES B2R BMOV BPT BRA BREAK BRX BRXU BSSY BSYNC CALL CCTL CCTLL CCTLT CGAERRBAR CS2R "
    "CSMTEST DADD DFMA "
    "DMUL DSETP ELECT ENDCOLLECTIVE ERRBAR FENCE GETLMEMBASE IADD32I IMUL32I ISCADD32I FADD32I FFMA32I "
    "FMUL32I FMNX "
    "HADD2_32I HFMA2_32I HMUL2_32I I2I JMP JMX JMXU KILL LDC LEPC LOP32I MEMBAR MOV MOV32I MOVM NANOSLEEP "
    "NOP P2R PMTRIG "
    "PREEXIT PSETP QSPC R2B R2P R2UR RET RPCMOV RTT S2R S2UR SETCTAID SETLMEMBASE SUATOM SULD SURED SUST "
    "SYNCS TEX TLD TLD4 "
    "TMML TXD TXQ VHMNMX VIADDMNMX WARPGROUP YIELD ";
/// The uniform datapath's opcodes are the others' with a U before.
constexpr std::string_view kUniform =
    " UBMSK UBREV UCLEA UF2FP UFLO UIADD3 UIMAD UIMNMX UISETP ULDC ULEA ULOP ULOP3 ULOP32I UMOV UP2UR UPLOP3 "
    "UPOPC UPRMT "
    "UPSETP UR2UP USEL USETMAXREG USGXT USHF USHL USHR UVIADD UVIMNMX ";

}  // namespace

std::string parse_instruction(std::string_view line, const AccelSimSyntax& syntax,
                              AccelSimInstruction& instruction) {
  Words words(line);
  instruction = {};
  if (syntax.line_info) {
    const std::string_view word = words.next();
    const auto value = number<std::uint32_t>(word, 10);
    if (!value) return expected("a decimal source line", word);
    instruction.source_line = *value;
  }
  std::string_view word = words.next();
  const auto pc = number<std::uint64_t>(word, 16);
  if (!pc) return expected("a hexadecimal PC", word);
  instruction.pc = *pc;
  word = words.next();
  const auto mask = number<std::uint32_t>(word, 16);
  if (!mask) return expected("a mask of at most 8 hexadecimal digits", word);
  instruction.mask = *mask;
  if (std::string error = skip_registers(words, "the number of destination registers"); !error.empty())
    return error;
  instruction.opcode = words.next();
  if (instruction.opcode.empty() || instruction.opcode[0] < 'A' || instruction.opcode[0] > 'Z') {
    return expected("an opcode", instruction.opcode);
  }
  if (std::string error = skip_registers(words, "the number of source registers"); !error.empty())
    return error;
  word = words.next();
  const auto width = number<std::uint32_t>(word, 10);
  if (!width) return expected("a memory width", word);
  instruction.memory_width = *width;
  if (*width != 0) {
    if (std::string error = parse_addresses(words, instruction); !error.empty()) return error;
  }
  if (syntax.version >= 4) {
    word = words.next();
    const bool hexadecimal = word.starts_with("0x");
    const auto immediate = number<std::int64_t>(word, hexadecimal ? 16 : 10);
    if (!immediate) return expected("an immediate", word);
    instruction.immediate = *immediate;
  }
  if (const std::string_view extra = words.next(); !extra.empty())
    return expected("the end of the line", extra);
  return {};
}

OpcodeMeaning opcode_meaning(std::string_view opcode) {
  const std::string_view root = opcode.substr(0, opcode.find('.'));
  constexpr std::string_view kTensor = " HMMA IMMA BMMA QMMA DMMA HGMMA IGMMA QGMMA BGMMA ";
  std::string key(" ");
  (key += root) += ' ';
  if (kTensor.find(key) != std::string_view::npos) return tensor(opcode, root);
  OpcodeMeaning meaning;
  for (const Root& access : kAccesses) {
    if (access.name != root) continue;
    meaning.is_event = meaning.known = true;
    meaning.space = access.space;
    meaning.op = access.op;
    meaning.bytes = access.space == AccessSpace::kNone ? std::uint8_t{0} : access_bytes(opcode);
    if (access.op == Op::kMatrixLoad) {
      meaning.bytes = 16;
      meaning.matrices = has_part(opcode, "4") ? 4 : has_part(opcode, "2") ? 2 : 1;
    }
    if (root == "BAR" && has_part(opcode, "ARV")) meaning.op = Op::kBarrierArrive;
    return meaning;
  }
  for (const PipeRoots& pipe : kPipes) {
    if (pipe.roots.find(key) == std::string_view::npos) continue;
    meaning.pipe = pipe.pipe;
    meaning.known = true;
  }
  for (const std::string_view others : {kOthers, kUniform}) {
    if (others.find(key) != std::string_view::npos) meaning.known = true;
  }
  return meaning;
}

}  // namespace fp6sim::trace
