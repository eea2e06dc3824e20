// The TLM payload between an SM and the memory path: one whole stage of copies, or one CTA's results.
#pragma once

#include <tlm>

#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// Carried by every payload on the SM-to-memory sockets: the request on the way there, the waits on the way
/// back.
class StageExtension final : public tlm::tlm_extension<StageExtension> {
 public:
  StageRequest request;
  Waits waits;

  tlm::tlm_extension_base* clone() const override { return new StageExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const StageExtension&>(other);
  }
};

}  // namespace fp6sim::sim
