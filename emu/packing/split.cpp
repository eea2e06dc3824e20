#include "emu/packing/split.h"

#include "emu/names.h"

namespace fp6sim::emu {

Split split_by_name(std::string_view wanted) {
  return find_by_name("split", wanted, kSplits, [](const SplitInfo& row) { return row.name; }).split;
}

}  // namespace fp6sim::emu
