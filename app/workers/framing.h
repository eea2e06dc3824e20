// Messages on a stream: four bytes of length (this machine's order: both ends are one program), then the
// bytes.
#pragma once

#include <string>

#include "app/workers/executor.h"

namespace fp6sim::app {

enum class FrameState { kOpen, kClosed };

/// Blocking; false where the other end is gone (never raises SIGPIPE).
bool write_frame(int socket, const std::string& payload);
/// Blocking; false at the end of the stream.
bool read_frame(int socket, std::string& payload);

/// Appends what can be read without waiting.
FrameState append_available(int socket, std::string& buffer);
/// Takes one whole frame off the front of `buffer`; false where there is none yet.
bool take_frame(std::string& buffer, std::string& payload);

std::string pack_reply(const Reply& reply);
Reply unpack_reply(const std::string& frame);

}  // namespace fp6sim::app
