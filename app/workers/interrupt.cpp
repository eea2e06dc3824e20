#include <signal.h>

#include "app/workers/executor.h"

namespace fp6sim::app {
namespace {

volatile sig_atomic_t interrupt_count = 0;

extern "C" void count_interrupt(int) {
  interrupt_count = interrupt_count + 1;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = count_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second signal of the kind ends the process
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return interrupt_count > 0;
}

}  // namespace fp6sim::app
