#include "app/commands.h"

#include <array>

namespace fp6sim::app {

std::span<const AddCommand> commands() {
  static constexpr auto kCommands = std::to_array<AddCommand>({
      add_run_command,
      add_gemm_command,
      add_compare_command,
      add_sweep_command,
      add_report_command,
      add_list_command,
      add_mma_command,
      add_quantize_command,
#ifdef FP6SIM_APP_TRACES
      add_trace_command,
      add_replay_command,
#endif
      add_eval_command,
#ifdef FP6SIM_APP_VERIFY
      add_verify_command,
#endif
  });
  return kCommands;
}

}  // namespace fp6sim::app
