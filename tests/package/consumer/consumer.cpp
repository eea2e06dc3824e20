// Uses the emulator, and the simulator where the installed package has it, through their installed headers
// only.
#include <cstdio>

#include "emu/encode.h"
#ifdef CONSUMER_HAS_SIM
#include "sim/simulate.h"
#endif

int main() {
  namespace emu = fp6sim::emu;
  if (emu::encode(emu::kE3M2, 1.1f) != 0x0Cu) return 1;
#ifdef CONSUMER_HAS_SIM
  namespace sim = fp6sim::sim;
  const auto result = sim::simulate_gemm(sim::load_gpu("a100-sxm-40g"), sim::load_kernel("w6a16"),
                                         sim::load_design("simt"), {1024, 1024, 8}, {});
  if (result.cycles == 0) return 2;
#endif
  std::puts("consumer: ok");
}
