// The Verilated dequantisation unit behind one C++ interface, whatever its parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::rtl {

/// What rides beside a beat's codes; the numbers are dequant_pkg.sv's.
struct BeatMode {
  std::uint8_t format = 0;
  std::uint8_t split = 0;
  bool bfloat = false;
  std::uint16_t group_beats = 1;
  std::uint8_t tag = 0;
};

inline constexpr int kNumFormats = 8;
inline constexpr std::uint8_t kFormatInt8 = 5, kFormatInt4 = 6, kFormatInt4Zero = 7;
inline constexpr int kNumSplits = 5;
inline constexpr std::uint8_t kSplitHighFirst = 0, kSplitLowFirst = 1, kSplitByte = 2, kSplitPacked = 3,
                              kSplitPadded8 = 4;
inline constexpr std::uint8_t kErrorFormat = 1, kErrorSplit = 2, kErrorOutput = 3, kErrorGroup = 4;

/// Parameters a model was elaborated with.
struct UnitParameters {
  std::string_view name;
  int lanes;
  int depth;
  int scales_per_beat;
  bool waves;  ///< can write an FST file

  constexpr int bus_words() const { return (8 * lanes + 31) / 32; }
};

/// One instance of the unit, clocked by its owner. All formats, splits and bfloat16 are built in, 8 bits of
/// tag. A cycle: drive inputs, settle() once, look at outputs (ready, valid, data, error), then clock().
/// Inputs keep their value until driven anew. What the cycle's end does shows after the next settle().
class DequantUnit {
 public:
  virtual ~DequantUnit() = default;
  virtual const UnitParameters& parameters() const = 0;

  /// Pulls reset (asynchronous) for one cycle, all inputs idle.
  virtual void reset() = 0;
  /// Reset's level alone, for resets in mid-flight.
  virtual void drive_reset(bool active) = 0;

  /// Offers a beat. `bus` has parameters().bus_words() words.
  virtual void drive_beat(std::span<const std::uint32_t> bus, const BeatMode& mode) = 0;
  virtual void drive_no_beat() = 0;
  /// Offers a group's scale: parameters().scales_per_beat binary16 scales and zero points.
  virtual void drive_scale(std::span<const std::uint16_t> scales, std::span<const std::uint8_t> zeros) = 0;
  virtual void drive_no_scale() = 0;
  virtual void drive_out_ready(bool ready) = 0;
  virtual void drive_error_clear(bool clear) = 0;

  virtual void settle() = 0;
  virtual void clock() = 0;

  virtual bool beat_ready() const = 0;
  virtual bool scale_ready() const = 0;
  virtual bool out_valid() const = 0;
  /// Result of a lane; read while out_valid().
  virtual std::uint16_t out(int lane) const = 0;
  virtual std::uint8_t out_tag() const = 0;
  virtual bool error() const = 0;
  virtual std::uint8_t error_cause() const = 0;

  /// All of the unit's registers and inputs, for a later restore() into an instance of the same model: time
  /// can be taken back. Not of models with waves.
  virtual void save(std::vector<std::uint8_t>& state) const = 0;
  virtual void restore(const std::vector<std::uint8_t>& state) = 0;

  /// From here on every cycle goes to an FST file; false where the model cannot or the file cannot be
  /// written.
  virtual bool open_wave(const std::string& path) = 0;
};

/// The models built in, the first being the standard unit: 32 lanes, two stages.
std::span<const UnitParameters> unit_models();

/// A new instance of the model of that name; null where there is none.
std::unique_ptr<DequantUnit> make_unit(std::string_view name);

}  // namespace fp6sim::rtl
