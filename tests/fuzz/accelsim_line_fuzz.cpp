// Instruction lines of Accel-Sim traces: any line is an instruction or a complaint.
#include "emu/trace/accelsim_instruction.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {

std::vector<std::string> seeds() {
  return {"0008 ffffffff 1 R1 IMAD.MOV.U32 2 R255 R255 0",
          "0110 0000000f 1 R4 LDG.E.128 1 R2 16 1 0x7f0000000000 16",
          "0120 ffffffff 0 STG.E 2 R2 R4 4 0 0x7f0000000000 0x7f0000000004 0x7f0000000010",
          "3 0130 00000001 0 EXIT 0 0 5"};
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  for (const int version : {3, 4, 5}) {
    for (const bool line_info : {false, true}) {
      trace::AccelSimInstruction instruction;
      if (trace::parse_instruction(line, {version, line_info}, instruction).empty())
        trace::opcode_meaning(instruction.opcode);
    }
  }
}

}  // namespace fp6sim::fuzz
