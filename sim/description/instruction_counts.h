// Instructions of a kernel that has several forms: by arrangement of the weight bits, type of the activations
// and architecture, and by batch tile. Part of a kernel description ("instructions": "splits" and "loop").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emu/json/reader.h"
#include "sim/description/numbers.h"

namespace fp6sim::sim {

/// To expand one weight.
struct ExpansionCounts {
  double integer = 0;  ///< LOP3, SHF, PRMT
  double half2 = 0;    ///< HMUL2, HADD2, HFMA2
  double convert = 0;  ///< of FP8, two weights an instruction
};

/// Of one k-tile of a CTA beside expansion and mma, for weights of the format's own bits.
struct LoopCounts {
  int m = 0, k = 0;         ///< the tile's
  double loads = 0;         ///< from shared memory, by instructions
  double load_passes = 0;   ///< over the banks: those loads, and operands the tensor core fetches itself
  double copies = 0;        ///< cp.async or bulk copies
  double other = 0;         ///< waits, commits, arrivals, barriers: of all warps
  double other_a_warp = 0;  ///< the same of one warp that multiplies
};

/// The arrangement `asked` for codes of `bits`, by the name of emu/packing/split.h. FP5 takes FP6's names for
/// its own (4+2 is 4+1), and 4+2-byte, whose five bits fill no byte, as 4+1. Throws fp6sim::Error for names
/// these bits do not have.
std::string arrangement(int bits, const std::string& asked);
/// Bits of each separately stored array under an arrangement of that name.
std::vector<int> segment_bits(std::string_view arrangement);

class InstructionCounts {
 public:
  bool empty() const { return splits_.empty(); }
  /// Arrangements that are known, in the description's order.
  const std::vector<std::string>& splits() const { return names_; }
  /// `architecture` is the GPU description's; the kernels of compute capability 9.0 and later count as
  /// "hopper", all before as "ampere". Null where nothing is known.
  const ExpansionCounts* expansion(const std::string& split, const std::string& activations,
                                   std::string_view architecture) const;
  /// `kernel`: "ampere", "hopper" or "warpgroup". Nothing for a tile that was not counted.
  std::optional<LoopCounts> loop(const std::string& kernel, int m, int k, int n) const;

  /// Reads the members "splits" and, where there, "loop" of `mix`.
  void read(json::Object& mix, Marks& marks);

 private:
  std::vector<std::string> names_;
  std::map<std::string, ExpansionCounts> splits_;  // "4+2 fp16 ampere"
  std::map<std::string, LoopCounts> loops_;        // "ampere 8"
};

}  // namespace fp6sim::sim
