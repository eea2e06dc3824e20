// Tile-contiguous order: the words of a GEMM stage lie together, and each lane finds the weights of its own
// mma fragments in its own words. Shared by the CPU packer, the kernels and the RTL tests.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emu/packing/split.h"

namespace fp6sim::emu {

// W[M,K] is cut into blocks of 16 rows x 64 columns: four A operands of mma.m16n8k16. Rows are padded to a
// multiple of 64, columns to a multiple of 64.
//
//   wide array     for each tile of 64 columns, for each block of 16 rows:  [plane] [lane 0..31] [4 words]
//   narrow array   for each tile of 64 columns, for each block of 16 rows:  [lane 0..31] [narrow_bits words]
//
//        columns 0..63            64..127               one stage of a CTA whose tile is 64 rows, at column
//      +-------+-------+      +-------+-------+         tile t: four consecutive blocks, so one contiguous
//   0  |    block 0    |      |  block B      |         run of each array, whatever the CTA's rows.
//   16 |    block 1    |      |  block B+1    |
//   .. |     ...       |      |     ...       |         B = padded rows / 16
//
// A lane holds 32 weights of a block, so it has exactly `wide_bits` words in the wide array and `narrow_bits`
// in the narrow one: 4 + 2 for FP6 (one 16-byte and one 8-byte load, no bank conflicts), 4 + 1 for FP5, 4 for
// INT4, 8 in two planes of 4 for padded8.
//
// Inside a block, weight (r, c), with the fragment of PTX's mma.m16n8k16:
//
//   lane = 4 * (r % 8) + (c % 8) / 2       step = c / 16 (which mma)      four = (c / 8) % 2
//   byte = 2 * (r / 8) + c % 2             the bytes of four `four` are the registers a[2*four], a[2*four+1]
//
//           byte 0       byte 1       byte 2       byte 3
//   four 0  (g, 2t)      (g, 2t+1)    (g+8, 2t)    (g+8, 2t+1)       g = lane / 4, t = lane % 4
//   four 1  (g, 2t+8)    (g, 2t+9)    (g+8, 2t+8)  (g+8, 2t+9)
//
//   wide word `step` (padded8: plane step/2, word 2*(step%2) + four); narrow word (2*step + four) / fours
//   in it, where a narrow word holds 4 fours of two bits or 8 of one. Slots in the words (split.h counts them
//   from the least significant end):
//     4+2-byte         wide 4*four + byte              narrow 4*f + byte       f = (2*step + four) % fours
//     4+1 1+4          wide 2*byte + four              narrow 8*byte + f
//     4+2 2+4          wide 2*byte' + four             narrow 4*byte" + q, see narrow_field() below
//     packed4          wide (2*four + byte/2) + 4*(byte%2): register r in bits 4r..4r+3 and 16+4r..16+4r+3
//     padded8          wide byte
inline constexpr std::size_t kTileBlockRows = 16;
inline constexpr std::size_t kTileColumns = 64;
inline constexpr std::size_t kTileRowPadding = 64;
inline constexpr std::size_t kTileLanes = 32;
inline constexpr std::size_t kTilePlaneWords = 4;

/// Whether the split has a tile order: all but the streams whose fields straddle words.
constexpr bool has_tile_order(Split split) {
  return split != Split::kPacked6 && split != Split::kPacked5;
}

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Words of one block of 16 x 64 weights in each array.
constexpr std::size_t wide_block_words(Split split) {
  return kTileLanes * static_cast<std::size_t>(info(split).wide_bits);
}
constexpr std::size_t narrow_block_words(Split split) {
  return kTileLanes * static_cast<std::size_t>(info(split).narrow_bits);
}

/// The extent of a packed matrix. rows and columns are at least 1 and at most 2^31.
struct TileOrder {
  Split split = Split::k4Plus2Byte;
  std::size_t rows = 0;
  std::size_t columns = 0;

  constexpr std::size_t padded_rows() const { return round_up(rows, kTileRowPadding); }
  constexpr std::size_t padded_columns() const { return round_up(columns, kTileColumns); }
  constexpr std::size_t row_blocks() const { return padded_rows() / kTileBlockRows; }
  constexpr std::size_t column_tiles() const { return padded_columns() / kTileColumns; }
  constexpr std::size_t wide_words() const { return row_blocks() * column_tiles() * wide_block_words(split); }
  constexpr std::size_t narrow_words() const {
    return row_blocks() * column_tiles() * narrow_block_words(split);
  }
  constexpr std::size_t bytes() const { return 4 * (wide_words() + narrow_words()); }
};

/// A weight's place: a word and slot of each array (narrow_* are 0 where the split has one array).
struct TilePlace {
  std::size_t wide_word = 0;
  int wide_slot = 0;
  std::size_t narrow_word = 0;
  int narrow_slot = 0;
  friend constexpr bool operator==(const TilePlace&, const TilePlace&) = default;
};

/// Where four `four` of a step of this parity has its two-bit fields under 4+2 and 2+4: such that a shift
/// which moves the nibble moves the field too (4+2), or one shifted narrow word serves both fours (2+4).
/// A rotation may bring a field from a neighbouring byte: *_byte is added to the weight's byte, modulo 4.
///
///         step, four     q   bits   4+2                                q   bits   2+4
///         even  0 (low)  2   5 4    << 4 with the sign, from byte - 1   3   7 6    in place and >> 2
///         even  1 (high) 0   1 0    in place                            0   1 0    byte + 1: >> 4 and >> 2
///         odd   0 (low)  3   7 6    << 2 with e, from byte - 1          2   5 4    in place and << 2
///         odd   1 (high) 1   3 2    >> 2 with e                         1   3 2    << 4 (nibble: byte - 1),
///         << 2
struct NarrowField {
  int q, narrow_byte, wide_byte;
};
constexpr NarrowField narrow_field(Split split, std::size_t step, int four) {
  const bool odd = step % 2 != 0;
  if (split == Split::k4Plus2) {
    return four == 0 ? NarrowField{odd ? 3 : 2, 3, 0} : NarrowField{odd ? 1 : 0, 0, 0};
  }
  if (four == 0) return {odd ? 2 : 3, 0, 0};
  return odd ? NarrowField{1, 0, 3} : NarrowField{0, 1, 0};
}

/// Place of a weight within its block: row 0..15, column 0..63. Not for packed5 and packed6.
constexpr TilePlace place_in_block(Split split, std::size_t row, std::size_t column) {
  const std::size_t lane = 4 * (row % 8) + (column % 8) / 2;
  const std::size_t step = column / 16;
  const int four = static_cast<int>(column / 8 % 2);
  const int byte = static_cast<int>(2 * (row / 8) + column % 2);
  if (split == Split::kPadded8) {
    const std::size_t plane = step / 2;
    return {(plane * kTileLanes + lane) * kTilePlaneWords + 2 * (step % 2) + static_cast<std::size_t>(four),
            byte, 0, 0};
  }
  TilePlace place{lane * kTilePlaneWords + step, 0, 0, 0};
  const int narrow_bits = info(split).narrow_bits;
  if (narrow_bits == 0) {
    place.wide_slot = (2 * four + byte / 2) + 4 * (byte % 2);
    return place;
  }
  const int fours = 8 / narrow_bits;
  const int index = 2 * static_cast<int>(step) + four;
  place.narrow_word = lane * static_cast<std::size_t>(narrow_bits) + static_cast<std::size_t>(index / fours);
  const int f = index % fours;
  if (split == Split::k4Plus2 || split == Split::k2Plus4) {
    const NarrowField field = narrow_field(split, step, four);
    place.wide_slot = 2 * ((byte + field.wide_byte) % 4) + four;
    place.narrow_slot = 4 * ((byte + field.narrow_byte) % 4) + field.q;
    return place;
  }
  const bool byte_ready = split == Split::k4Plus2Byte;
  place.wide_slot = byte_ready ? 4 * four + byte : 2 * byte + four;
  place.narrow_slot = byte_ready ? 4 * f + byte : fours * byte + f;
  return place;
}

/// Place of weight (row, column) in the whole arrays of `order`.
constexpr TilePlace tile_place(const TileOrder& order, std::size_t row, std::size_t column) {
  TilePlace place = place_in_block(order.split, row % kTileBlockRows, column % kTileColumns);
  const std::size_t block = column / kTileColumns * order.row_blocks() + row / kTileBlockRows;
  place.wide_word += block * wide_block_words(order.split);
  place.narrow_word += block * narrow_block_words(order.split);
  return place;
}

static_assert(TileOrder{Split::k4Plus2Byte, 64, 64}.bytes() == 64 * 64 * 6 / 8);
static_assert(TileOrder{Split::k1Plus4, 64, 64}.bytes() == 64 * 64 * 5 / 8);
static_assert(TileOrder{Split::kPacked4, 65, 65}.bytes() == 128 * 128 / 2);
static_assert(TileOrder{Split::kPadded8, 64, 128}.bytes() == 64 * 128);
static_assert(4 * wide_block_words(Split::k4Plus2) == 512 && 4 * narrow_block_words(Split::k4Plus2) == 256,
              "a block's runs are whole 128-byte lines, so bulk copies of any number of blocks are aligned");

}  // namespace fp6sim::emu
