#include "sim/system/memory_module.h"

#include <algorithm>

namespace fp6sim::sim {

MemoryModule::MemoryModule(sc_core::sc_module_name name, MemorySystem& memory)
    : sc_module(name),
      socket("socket"),
      memory_(memory),
      quantum_(std::max<Time>(1, memory.request_latency() - (Time{2} << TimingWheel::kSlotShift))) {
  socket.register_nb_transport_fw(this, &MemoryModule::receive);
  SC_HAS_PROCESS(MemoryModule);
  SC_METHOD(run);
  sensitive << wake_;
  dont_initialize();
}

tlm::tlm_sync_enum MemoryModule::receive(int sm, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
  const StageRequest& request = payload.get_extension<StageExtension>()->request;
  const auto at = static_cast<std::size_t>(sm);
  if (waiting_.size() <= at) waiting_.resize(at + 1);
  if (waiting_[at].size() <= request.tag) waiting_[at].resize(request.tag + 1);
  waiting_[at][request.tag] = &payload;
  memory_.submit(request, now_fs() + static_cast<Time>(delay.value()), payload.get_data_ptr());
  if (!running_) {
    running_ = true;
    wake_.notify(sc_core::SC_ZERO_TIME);
  }
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void MemoryModule::run() {
  done_.clear();
  memory_.advance(now_fs() + quantum_, done_);
  for (const StageCompletion& completion : done_) {
    tlm::tlm_generic_payload* payload = waiting_[completion.sm][completion.tag];
    payload->get_extension<StageExtension>()->waits = completion.waits;
    payload->set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = from_fs(std::max<Time>(0, completion.when - now_fs()));
    socket[completion.sm]->nb_transport_bw(*payload, phase, delay);
  }
  running_ = !memory_.idle();
  if (running_) next_trigger(from_fs(quantum_));
}

}  // namespace fp6sim::sim
