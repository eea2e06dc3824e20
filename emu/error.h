// The one exception type the library throws at its boundaries.
#pragma once

#include <stdexcept>
#include <string>

namespace fp6sim {

/// A caller's mistake: a bad file, shape, key, name or value. The message is one line that names the thing,
/// its value and what is accepted. Commands print it and exit with 2. Broken invariants are assertions, not
/// Errors.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace fp6sim
