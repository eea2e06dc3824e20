// fp6sim mma's files: any text is rows or a complaint, for every accumulate type and step.
#include <sstream>

#include "app/mma_vectors.h"
#include "emu/error.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {

std::vector<std::string> seeds() {
  return {"# instr=mma\nkind,settled,a,b,c,d\nnormal,1,3c00 4000 0 8000,3c00 1 7c00 7e00,3f800000,7fffffff\n",
          "a,b,c\r\n3c00 3c00 3c00 3c00 3c00 3c00 3c00 3c00,1 2 3 4 5 6 7 8,0\r\n",
          "a,b,c,d\n38 39 3a 3b,1 2 3 4,3c00,3c00\n\n\"x, y\",,,\n"};
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  for (const auto& context :
       {emu::mma_context(emu::Architecture::kVolta, emu::kFp16, emu::kFp16),
        emu::mma_context(emu::Architecture::kAmpere, emu::kFp16, emu::kFp16, emu::Accumulate::kF16),
        emu::mma_context(emu::Architecture::kAda, emu::kE4M3, emu::kE4M3)}) {
    std::istringstream in(text);
    std::ostringstream out;
    try {
      const auto summary = app::run_mma_vectors(context, "fuzz", in, out);
      if (summary.mismatches > summary.compared || summary.compared > summary.rows)
        disagree("summary: " + text);
    } catch (const Error&) {
      continue;
    }
  }
}

}  // namespace fp6sim::fuzz
