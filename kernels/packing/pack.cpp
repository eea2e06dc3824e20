#include "kernels/packing/pack.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/parallel.h"

namespace fp6sim::kernels {
namespace {

using emu::kTileBlockRows;
using emu::kTileColumns;

void require_size(const char* what, std::size_t have, std::size_t want) {
  if (have != want) {
    throw Error(std::string("tile order: ") + what + " has " + std::to_string(have) + " elements, needs " +
                std::to_string(want));
  }
}

void require_sizes(const emu::TileOrder& order, std::size_t codes, std::size_t wide, std::size_t narrow) {
  if (!emu::has_tile_order(order.split)) {
    throw Error("tile order: split " + std::string(emu::name(order.split)) +
                " has fields that straddle words; use 4+2-byte, 4+2, 2+4, 4+1, 1+4, packed4 or padded8");
  }
  constexpr std::size_t kLargest = std::size_t{1} << 31;
  if (order.rows == 0 || order.columns == 0 || order.rows > kLargest || order.columns > kLargest) {
    throw Error("tile order: " + std::to_string(order.rows) + " x " + std::to_string(order.columns) +
                " weights; rows and columns are 1..2^31");
  }
  require_size("codes", codes, order.rows * order.columns);
  require_size("wide array", wide, order.wide_words());
  require_size("narrow array", narrow, order.narrow_words());
}

/// Places of a block's weights, computed once per call rather than once per weight.
struct BlockPlaces {
  std::array<emu::TilePlace, kTileBlockRows * kTileColumns> at;
  explicit BlockPlaces(emu::Split split) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      at[i] = emu::place_in_block(split, i / kTileColumns, i % kTileColumns);
    }
  }
};

/// Calls body(wide words, narrow words, first row, first column) for every block, in parallel.
template <class Body>
void for_each_block(const emu::TileOrder& order, Body body) {
  const std::size_t row_blocks = order.row_blocks();
  emu::parallel_for(row_blocks * order.column_tiles(), 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t block = begin; block < end; ++block) {
      body(block * emu::wide_block_words(order.split), block * emu::narrow_block_words(order.split),
           block % row_blocks * kTileBlockRows, block / row_blocks * kTileColumns);
    }
  });
}

}  // namespace

void pack_tiles(const emu::TileOrder& order, std::span<const std::uint8_t> codes,
                std::span<std::uint32_t> wide, std::span<std::uint32_t> narrow) {
  require_sizes(order, codes.size(), wide.size(), narrow.size());
  const emu::SplitInfo& split = emu::info(order.split);
  const unsigned beyond = 1u << split.code_bits;
  const BlockPlaces places(order.split);
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> misfit{kNone};
  for_each_block(order, [&](std::size_t wide_at, std::size_t narrow_at, std::size_t row, std::size_t column) {
    std::uint32_t* wide_words = wide.data() + wide_at;
    std::uint32_t* narrow_words = narrow.data() + narrow_at;
    std::fill_n(wide_words, emu::wide_block_words(order.split), 0u);
    std::fill_n(narrow_words, emu::narrow_block_words(order.split), 0u);
    const std::size_t rows = row < order.rows ? std::min(kTileBlockRows, order.rows - row) : 0;
    const std::size_t columns = std::min(kTileColumns, order.columns - column);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t index = (row + r) * order.columns + column + c;
        const std::uint32_t code = codes[index];
        if (code >= beyond) {
          std::size_t seen = misfit.load();
          while (index < seen && !misfit.compare_exchange_weak(seen, index)) {
          }
          continue;
        }
        const emu::TilePlace& place = places.at[r * kTileColumns + c];
        wide_words[place.wide_word] |= emu::wide_word_bits(order.split, place.wide_slot, code);
        if (split.narrow_bits != 0) {
          narrow_words[place.narrow_word] |= emu::narrow_word_bits(order.split, place.narrow_slot, code);
        }
      }
    }
  });
  if (const std::size_t index = misfit.load(); index != kNone) {
    throw Error("tile order: code " + std::to_string(codes[index]) + " at index " + std::to_string(index) +
                " does not fit " + std::to_string(split.code_bits) + " bits of split " +
                std::string(split.name));
  }
}

void unpack_tiles(const emu::TileOrder& order, std::span<const std::uint32_t> wide,
                  std::span<const std::uint32_t> narrow, std::span<std::uint8_t> codes) {
  require_sizes(order, codes.size(), wide.size(), narrow.size());
  const bool two_arrays = emu::info(order.split).has_two_arrays();
  const BlockPlaces places(order.split);
  for_each_block(order, [&](std::size_t wide_at, std::size_t narrow_at, std::size_t row, std::size_t column) {
    const std::size_t rows = row < order.rows ? std::min(kTileBlockRows, order.rows - row) : 0;
    const std::size_t columns = std::min(kTileColumns, order.columns - column);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        const emu::TilePlace& place = places.at[r * kTileColumns + c];
        const std::uint32_t narrow_word = two_arrays ? narrow[narrow_at + place.narrow_word] : 0;
        codes[(row + r) * order.columns + column + c] = static_cast<std::uint8_t>(emu::code_from_words(
            order.split, wide[wide_at + place.wide_word], place.wide_slot, narrow_word, place.narrow_slot));
      }
    }
  });
}

}  // namespace fp6sim::kernels
