#include "emu/simd/target.h"

#include "emu/error.h"
#include "emu/names.h"

#ifdef FP6SIM_HIGHWAY
#include <hwy/targets.h>
#endif

namespace fp6sim::emu {

#ifdef FP6SIM_HIGHWAY

std::vector<std::string> simd_targets() {
  hwy::SetSupportedTargetsForTest(0);  // the machine's own list, whatever was chosen before
  std::vector<std::string> names;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void use_simd_target(std::string_view wanted) {
  const auto names = simd_targets();
  if (!wanted.empty()) {
    for (const auto target : hwy::SupportedAndGeneratedTargets()) {
      if (wanted != hwy::TargetName(target)) continue;
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(target);
      return;
    }
    throw Error(unknown_name_message("SIMD target", wanted, names));
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

#else

std::vector<std::string> simd_targets() {
  return {"SCALAR"};
}

void use_simd_target(std::string_view wanted) {
  if (!wanted.empty() && wanted != "SCALAR")
    throw Error(unknown_name_message("SIMD target", wanted, simd_targets()));
}

#endif

}  // namespace fp6sim::emu
