// Which instruction sets the SIMD paths can use here, for tests and benchmarks that walk through them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::emu {

/// Names of the targets this build contains and this machine runs, best first ("AVX3_DL", "AVX3", "AVX2", ..
/// "EMU128" is Highway's portable one). Only "SCALAR", the reference itself, in a build without Highway.
std::vector<std::string> simd_targets();

/// Makes every SIMD path of the process use that target from now on; "" restores the best. Throws
/// fp6sim::Error for a name that is not in simd_targets(). For tests and benchmarks: not while a SIMD path
/// runs on another thread.
void use_simd_target(std::string_view target);

}  // namespace fp6sim::emu
