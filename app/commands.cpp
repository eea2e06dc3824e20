#include "app/commands.h"

#include <array>

namespace fp6sim::app {

std::span<const AddCommand> commands() {
  static constexpr std::array<AddCommand, 1> kCommands{
      add_list_command,
  };
  return kCommands;
}

}  // namespace fp6sim::app
