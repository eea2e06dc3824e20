// Functional mode: the bytes behind transactions, L2 lines and DRAM cells. The timing model decides where
// each of them goes and when; nothing here does, so a transaction sent to a wrong place brings wrong bits.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "sim/memory_path/address_map.h"
#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// The four ways a payload travels, and its arrival.
enum class Leg : std::uint8_t {
  kFill,       ///< DRAM -> L2 line
  kResponse,   ///< L2 line -> SM
  kWrite,      ///< SM -> L2 line
  kWriteBack,  ///< L2 line -> DRAM
  kArrived,    ///< a response is about to land in the SM: the last moment its bytes are in flight
};

/// A payload in flight, as a tap sees it.
struct InFlight {
  Leg leg;
  std::uint64_t number;           ///< counts the payloads of this leg from 0, in the order they set out
  std::uint16_t sm;               ///< 0 for write-backs
  std::uint64_t address;          ///< of bytes[0]
  std::span<std::uint8_t> bytes;  ///< may be altered; stable until the payload arrives
};
using PayloadTap = std::function<void(InFlight&)>;

/// A line of an L2 slice: any number that names no other line of the GPU.
using LineName = std::uint64_t;

/// One for a MemorySystem, made by MemorySystem::carry_payloads(). DRAM is kept by physical place (channel,
/// bank, row, column), cached data by the line that holds them. A block is an address / block_bytes.
///
/// Two shortcuts against hardware, neither of which moves a byte the model did not route: a read forwards
/// from the controller's write queue (a write-back counts as in DRAM once it is queued), and a write of part
/// of an absent sector takes the rest of that sector from DRAM without a transaction of its own.
class PayloadStore {
 public:
  PayloadStore(const AddressMap& map, int block_bytes);

  /// Content of DRAM from outside simulated time. Bytes nobody wrote read as 0xA5.
  void write_dram(std::uint64_t address, std::span<const std::uint8_t> bytes);
  void read_dram(std::uint64_t address, std::span<std::uint8_t> bytes);
  /// Dirty lines go to DRAM: what a host would see after the run.
  void flush();

  /// Called with every payload; empty: none.
  PayloadTap tap;

  // The memory system's calls, in the order of a transaction's life.

  /// What a transaction asks for: `bytes` of `block` from byte `begin` on. `at_sm`: where the first of them
  /// lies in the SM's buffer; a write takes its bytes from there at once, a read lands there.
  struct Request {
    std::uint64_t block;
    std::uint16_t begin, bytes, sm;
    bool write;
    std::uint8_t* at_sm;
  };
  void submitted(std::uint32_t transaction, const Request& request);
  /// DRAM has read these sectors of the transaction's block at `place`.
  void fetched(std::uint32_t transaction, const Place& place, std::uint16_t sectors);
  /// They go into the line, except where it has been written since.
  void filled(std::uint32_t transaction, LineName line, std::uint16_t sectors);
  /// The response leaves the line.
  void answered(std::uint32_t transaction, LineName line);
  void delivered(std::uint32_t transaction);
  /// A write reaches its line. `sectors`: those it touches; `absent`: of them, those the line did not hold.
  void written(std::uint32_t transaction, LineName line, const Place& place, std::uint16_t sectors,
               std::uint16_t absent);
  /// An evicted block's dirty sectors leave the line for `place`.
  void written_back(LineName line, std::uint64_t block, const Place& place, std::uint16_t sectors);
  /// Sectors of one line appear in another, which held none of them or something else before.
  void copied(LineName from, LineName to, std::uint64_t block, std::uint16_t sectors);
  /// Sectors the line does not hold appear in it without time passing.
  void touched(LineName line, std::uint64_t block, const Place& place, std::uint16_t sectors);

 private:
  using BlockBytes = std::array<std::uint8_t, kMaxTransactionBytes>;
  struct Payload {
    Request request{};
    BlockBytes block{};  // byte i is byte i of the transaction's block

    std::span<std::uint8_t> part() { return {block.data() + request.begin, request.bytes}; }
  };
  struct Line {
    std::uint64_t block = UINT64_MAX;
    std::uint16_t dirty = 0;
    BlockBytes bytes{};
  };

  std::uint8_t* dram_block(const Place& place, std::uint64_t block);
  Line& line_of(LineName name, std::uint64_t block);
  void show(Leg leg, std::uint16_t sm, std::uint64_t address, std::span<std::uint8_t> bytes);

  AddressMap map_;
  std::uint64_t block_bytes_;
  std::deque<Payload> payloads_;  // by transaction; a deque, so that spans given to the tap stay valid
  std::unordered_map<std::uint64_t, std::vector<std::uint8_t>> pages_;
  std::unordered_map<LineName, std::unique_ptr<Line>> lines_;
  std::array<std::uint64_t, 5> seen_{};
};

}  // namespace fp6sim::sim
