#include "emu/trace/accelsim.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "emu/error.h"
#include "emu/trace/accelsim_instruction.h"
#include "emu/trace/accelsim_regions.h"
#include "emu/trace/coalesce.h"
#include "emu/trace/line_reader.h"

namespace fp6sim::trace {
namespace {

constexpr std::uint64_t kLocalWindow = std::uint64_t{1} << 24;  // of generic addresses, as the shared window

template <class T>
bool read_number(std::string_view text, T& value, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "x,y,z", with or without parentheses.
bool read_triple(std::string_view text, Dim& dim) {
  text = trimmed(text);
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  std::array<std::uint32_t*, 3> parts{&dim.x, &dim.y, &dim.z};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t comma = i < 2 ? text.find(',') : text.size();
    if (comma == std::string_view::npos || !read_number(trimmed(text.substr(0, comma)), *parts[i]))
      return false;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

/// One .traceg file.
class KernelImport {
 public:
  KernelImport(const std::string& path, const Regions& regions, Recorder& to)
      : lines_(path), regions_(regions), to_(to) {
    info_.origin = "Accel-Sim " + std::filesystem::path(path).filename().string();
    info_.buffers = regions.buffers();
  }

  void run() {
    read_header();
    to_.begin_launch(info_);
    std::string_view line;
    while (lines_.next(line)) {
      line = trimmed(line);
      if (line.empty()) continue;
      if (line != "#BEGIN_TB") lines_.fail("expected #BEGIN_TB, got '" + std::string(line) + "'");
      read_cta();
    }
    const auto missing = static_cast<std::uint64_t>(std::count(seen_.begin(), seen_.end(), false));
    if (missing != 0) {
      lines_.fail("the file ends with " + std::to_string(missing) + " of " + std::to_string(seen_.size()) +
                  " CTAs of the grid missing");
    }
    to_.end_launch();
  }

 private:
  void read_header();
  void header_field(std::string_view key, std::string_view value);
  void read_cta();
  void read_warp(Program& program);
  void add_instruction(Program& program, Warp& warp, const AccelSimInstruction& instruction);
  void add_access(Warp& warp, Event& event, const AccelSimInstruction& instruction, OpcodeMeaning meaning);
  std::uint32_t line_index(Program& program, const AccelSimInstruction& instruction);
  std::string_view required_line(const char* what) {
    std::string_view line;
    do {
      if (!lines_.next(line)) lines_.fail(std::string("the file ends where ") + what + " was expected");
    } while (trimmed(line).empty());
    return trimmed(line);
  }

  LineReader lines_;
  const Regions& regions_;
  Recorder& to_;
  LaunchInfo info_;
  AccelSimSyntax syntax_;
  std::uint64_t shared_base_ = 0, local_base_ = 0;
  bool has_grid_ = false, has_block_ = false;
  std::vector<bool> seen_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t>
      line_of_;  ///< PC, source line -> Program::lines
  std::uint64_t cta_ = 0;
  std::uint32_t warp_ = 0;
  Counts pending_;
  std::uint64_t copy_pc_ = 0;  ///< of the LDGSTS whose shared side comes next; ~0: none
};

void KernelImport::header_field(std::string_view key, std::string_view value) {
  const auto bad = [&] {
    lines_.fail("bad value '" + std::string(value) + "' of header field '" + std::string(key) + "'");
  };
  if (key == "kernel name") {
    info_.kernel = value;
  } else if (key == "grid dim") {
    has_grid_ = read_triple(value, info_.grid);
    if (!has_grid_ || info_.grid.count() == 0 || info_.grid.count() > std::uint64_t{1} << 31) bad();
  } else if (key == "block dim") {
    has_block_ = read_triple(value, info_.block);
    if (!has_block_ || info_.block.count() == 0 || info_.block.count() > 1024) bad();
  } else if (key == "shmem") {
    if (!read_number(value, info_.shared_bytes)) bad();
  } else if (key == "nregs") {
    if (!read_number(value, info_.registers_per_thread)) bad();
  } else if (key == "shmem base_addr") {
    if (!read_number(value, shared_base_, 16)) bad();
  } else if (key == "local mem base_addr") {
    if (!read_number(value, local_base_, 16)) bad();
  } else if (key == "accelsim tracer version") {
    if (!read_number(value, syntax_.version)) bad();
    if (syntax_.version < 3 || syntax_.version > 5) {
      lines_.fail("tracer version " + std::to_string(syntax_.version) + ": versions 3 to 5 are read");
    }
  } else if (key == "enable lineinfo") {
    if (value != "0" && value != "1") bad();
    syntax_.line_info = value == "1";
  } else if (key == "binary version") {
    int version = 0;
    if (!read_number(value, version)) bad();
    info_.architecture = version >= 100  ? "blackwell"
                         : version >= 90 ? "hopper"
                         : version == 89 ? "ada"
                         : version >= 80 ? "ampere"
                         : version >= 75 ? "turing"
                         : version >= 70 ? "volta"
                                         : "";
  }  // others say nothing a replay needs
}

void KernelImport::read_header() {
  std::string_view line;
  while (lines_.next(line)) {
    line = trimmed(line);
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      if (!has_grid_) lines_.fail("the header has no '-grid dim = (x,y,z)'");
      if (!has_block_) lines_.fail("the header has no '-block dim = (x,y,z)'");
      if (syntax_.version < 4) syntax_.line_info = false;
      seen_.resize(info_.grid.count());
      return;
    }
    const std::size_t equals = line.find('=');
    if (!line.starts_with('-') || equals == std::string_view::npos) {
      lines_.fail("expected a header line '-key = value' or '#traces format', got '" + std::string(line) +
                  "'");
    }
    header_field(trimmed(line.substr(1, equals - 1)), trimmed(line.substr(equals + 1)));
  }
  lines_.fail("the file ends inside its header");
}

void KernelImport::read_cta() {
  std::string_view line = required_line("'thread block = x,y,z'");
  Dim at;
  const std::string_view kBlock = "thread block = ";
  if (!line.starts_with(kBlock) || !read_triple(line.substr(kBlock.size()), at) || at.x >= info_.grid.x ||
      at.y >= info_.grid.y || at.z >= info_.grid.z) {
    lines_.fail("expected 'thread block = x,y,z' inside the grid, got '" + std::string(line) + "'");
  }
  const std::uint64_t index = (std::uint64_t{at.z} * info_.grid.y + at.y) * info_.grid.x + at.x;
  if (seen_[index]) lines_.fail("thread block " + std::string(line.substr(kBlock.size())) + " comes twice");
  seen_[index] = true;
  cta_ = index;

  Program program;
  program.warps.resize((info_.block.count() + 31) / 32);
  line_of_.clear();
  for (line = required_line("'warp = ' or #END_TB"); line != "#END_TB";
       line = required_line("'warp = ' or #END_TB")) {
    std::uint32_t warp = 0;
    if (!line.starts_with("warp = ") || !read_number(trimmed(line.substr(7)), warp)) {
      lines_.fail("expected 'warp = <id>' or #END_TB, got '" + std::string(line) + "'");
    }
    if (warp >= program.warps.size() || !program.warps[warp].events.empty()) {
      lines_.fail("warp " + std::to_string(warp) + ": a block has warps 0.." +
                  std::to_string(program.warps.size() - 1) + ", each once");
    }
    warp_ = warp;
    std::swap(program.warps[0], program.warps[warp]);  // read_warp fills the first ...
    read_warp(program);
    std::swap(program.warps[0], program.warps[warp]);  // ... which goes back to its place
  }
  to_.add_cta(index, std::move(program));
}

void KernelImport::read_warp(Program& program) {
  const std::string_view line = required_line("'insts = <count>'");
  std::uint64_t count = 0;
  if (!line.starts_with("insts = ") || !read_number(trimmed(line.substr(8)), count)) {
    lines_.fail("expected 'insts = <count>', got '" + std::string(line) + "'");
  }
  Warp& warp = program.warps[0];
  pending_ = {};
  copy_pc_ = ~std::uint64_t{0};
  AccelSimInstruction instruction;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string text(required_line("an instruction"));
    if (const std::string error = parse_instruction(text, syntax_, instruction); !error.empty())
      lines_.fail(error);
    add_instruction(program, warp, instruction);
  }
  if (warp.events.empty() || warp.events.back().op != Op::kExit) {
    Event exit;
    exit.lanes = 32;
    exit.counts = pending_;
    exit.line = line_index(program, instruction);
    warp.events.push_back(exit);
  }
}

std::uint32_t KernelImport::line_index(Program& program, const AccelSimInstruction& instruction) {
  const auto next = static_cast<std::uint32_t>(program.lines.size());
  const auto [entry, is_new] = line_of_.try_emplace({instruction.pc, instruction.source_line}, next);
  if (is_new) {
    std::array<char, 17> pc{};
    std::to_chars(pc.data(), pc.data() + 16, instruction.pc, 16);
    program.lines.push_back(
        "pc " + std::string(pc.data()) +
        (syntax_.line_info ? " line " + std::to_string(instruction.source_line) : std::string()));
  }
  return entry->second;
}

void KernelImport::add_instruction(Program& program, Warp& warp, const AccelSimInstruction& instruction) {
  const OpcodeMeaning meaning = opcode_meaning(instruction.opcode);
  if (!meaning.known) {
    lines_.fail("CTA " + std::to_string(cta_) + ", warp " + std::to_string(warp_) + ": unknown operation '" +
                std::string(instruction.opcode) + "'");
  }
  const bool partial_exit =
      meaning.op == Op::kExit && meaning.is_event;  // lanes may leave one after the other
  if (!meaning.is_event || partial_exit || instruction.mask == 0) {
    std::uint32_t* const counters[] = {&pending_.integer, &pending_.half2,   &pending_.float32,
                                       &pending_.shuffle, &pending_.convert, &pending_.other};
    ++*counters[static_cast<std::size_t>(meaning.is_event ? Pipe::kOther : meaning.pipe)];
    return;
  }
  Event event;
  event.op = meaning.op;
  event.lanes = static_cast<std::uint8_t>(std::popcount(instruction.mask));
  event.lane_bytes = meaning.bytes;
  event.mma_m = meaning.m, event.mma_n = meaning.n, event.mma_k = meaning.k;
  event.mma_input = meaning.input;
  event.counts = pending_;
  event.line = line_index(program, instruction);
  switch (meaning.op) {
    case Op::kMma:
      if (meaning.m == 0) lines_.fail("the shape of '" + std::string(instruction.opcode) + "' is not known");
      break;
    case Op::kAsyncWait: {
      // DEPBAR.LE SB0, n: from version 4 on the immediate is n.
      const auto groups = static_cast<std::uint32_t>(instruction.immediate);
      event.value = syntax_.version >= 4 && instruction.immediate >= 0 && groups != 0 ? groups : kAllGroups;
      break;
    }
    case Op::kBarrierSync:
    case Op::kBarrierArrive:
      event.value = static_cast<std::uint32_t>(info_.block.count());
      break;
    default:
      break;
  }
  if (meaning.space != AccessSpace::kNone) {
    if (instruction.memory_width == 0) {
      lines_.fail("'" + std::string(instruction.opcode) + "' without addresses");
    }
    // The tracer writes LDGSTS twice: first the global side, then the shared side.
    if (meaning.space == AccessSpace::kAsyncCopy && copy_pc_ == instruction.pc && !warp.events.empty() &&
        warp.events.back().op == Op::kAsyncCopy) {
      copy_pc_ = ~std::uint64_t{0};
      OpcodeMeaning shared_side = meaning;
      shared_side.space = AccessSpace::kShared;
      add_access(warp, warp.events.back(), instruction, shared_side);
      return;
    }
    if (meaning.space == AccessSpace::kAsyncCopy) copy_pc_ = instruction.pc;
    add_access(warp, event, instruction, meaning);
  }
  pending_ = {};
  warp.events.push_back(event);
}

void KernelImport::add_access(Warp& warp, Event& event, const AccelSimInstruction& instruction,
                              OpcodeMeaning meaning) {
  std::array<std::uint64_t, 32> addresses{};
  unsigned count = 0;
  for (std::uint32_t left = instruction.mask; left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(left));
    if (meaning.op == Op::kMatrixLoad && lane >= 8u * meaning.matrices) continue;  // only these give rows
    addresses[count++] = instruction.addresses[lane];
  }
  if (meaning.space == AccessSpace::kGeneric) {
    // Windows of the address space decide, as the simulator does with the bases in the header.
    const std::uint64_t address = addresses[0];
    const bool shared = shared_base_ != 0 && address - shared_base_ < kLocalWindow;
    meaning.space = shared ? AccessSpace::kShared : AccessSpace::kGlobal;
    if (shared) event.op = meaning.op == Op::kGlobalLoad ? Op::kSharedLoad : Op::kSharedStore;
  }
  if (meaning.space == AccessSpace::kShared) {
    const BankPasses passes = bank_passes({addresses.data(), count}, meaning.bytes);
    event.shared_passes = passes.taken;
    event.shared_passes_ideal = passes.ideal;
    event.shared_bytes = count * meaning.bytes;
    return;
  }
  std::array<SectorSpan, 32> spans{};
  for (unsigned i = 0; i < count; ++i) {
    if (addresses[i] >> 48 != 0) lines_.fail("an address has more than 48 bits");
    spans[i] = sectors(regions_.place(addresses[i]), meaning.bytes);
  }
  event.first_run = static_cast<std::uint32_t>(warp.runs.size());
  append_runs(warp.runs, {spans.data(), count});
  event.run_count = static_cast<std::uint32_t>(warp.runs.size()) - event.first_run;
}

void import_list(const std::string& path, Recorder& to) {
  LineReader lines(path);
  Regions regions;
  std::string_view line;
  std::size_t kernels = 0;
  while (lines.next(line)) {
    line = trimmed(line);
    if (line.starts_with("MemcpyHtoD")) {
      const std::size_t first = line.find(','), second = line.find(',', first + 1);
      std::uint64_t address = 0, bytes = 0;
      if (second == std::string_view::npos ||
          !read_number(trimmed(line.substr(first + 1, second - first - 1)), address, 16) ||
          !read_number(trimmed(line.substr(second + 1)), bytes)) {
        lines.fail("expected MemcpyHtoD,<hexadecimal address>,<bytes>, got '" + std::string(line) + "'");
      }
      regions.add(address, bytes);
    } else if (line.starts_with("kernel")) {
      const auto file = std::filesystem::path(path).parent_path() / std::string(line);
      if (!line.ends_with(".traceg") && !line.ends_with(".traceg.xz")) {
        lines.fail("'" + std::string(line) + "': .traceg and .traceg.xz files are read");
      }
      KernelImport(file.string(), regions, to).run();
      ++kernels;
    }
  }
  if (kernels == 0) lines.fail("the list names no kernel");
}

}  // namespace

void import_accelsim(const std::string& path, Recorder& to) {
  if (path.ends_with(".traceg") || path.ends_with(".traceg.xz")) {
    KernelImport(path, Regions{}, to).run();
  } else if (path.ends_with(".g")) {
    import_list(path, to);
  } else {
    throw Error(path + ": an Accel-Sim trace is a kernelslist.g, .traceg or .traceg.xz file");
  }
}

}  // namespace fp6sim::trace
