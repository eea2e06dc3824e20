// The memory path as a SystemC module. SMs send whole stages (BEGIN_REQ) and get them back complete
// (BEGIN_RESP).
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <systemc>
#include <tlm>
#include <vector>

#include "sim/memory_path/memory_system.h"
#include "sim/system/stage_payload.h"

namespace fp6sim::sim {

/// Temporal decoupling without error: the model runs ahead of SystemC time by one quantum, the shortest way
/// from an SM to a slice. Nothing an SM sends during the quantum can arrive within it.
class MemoryModule final : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<MemoryModule> socket;  ///< binding i is SM i

  MemoryModule(sc_core::sc_module_name name, MemorySystem& memory);

 private:
  tlm::tlm_sync_enum receive(int sm, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay);
  void run();

  MemorySystem& memory_;
  Time quantum_;
  bool running_ = false;
  sc_core::sc_event wake_;
  std::vector<StageCompletion> done_;
  std::vector<std::vector<tlm::tlm_generic_payload*>> waiting_;  // by SM, by tag
};

inline Time now_fs() {
  return static_cast<Time>(sc_core::sc_time_stamp().value());
}
inline sc_core::sc_time from_fs(Time t) {
  return sc_core::sc_time::from_value(static_cast<std::uint64_t>(t));
}

}  // namespace fp6sim::sim
