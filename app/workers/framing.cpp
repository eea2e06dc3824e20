#include "app/workers/framing.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace fp6sim::app {
namespace {

bool write_all(int socket, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::send(socket, bytes, count, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int socket, char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::recv(socket, bytes, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

bool write_frame(int socket, const std::string& payload) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::string frame(sizeof size, '\0');
  std::memcpy(frame.data(), &size, sizeof size);
  frame += payload;
  return write_all(socket, frame.data(), frame.size());
}

bool read_frame(int socket, std::string& payload) {
  std::uint32_t size = 0;
  if (!read_all(socket, reinterpret_cast<char*>(&size), sizeof size)) return false;
  payload.resize(size);
  return read_all(socket, payload.data(), size);
}

FrameState append_available(int socket, std::string& buffer) {
  char chunk[16384];
  while (true) {
    const ssize_t got = ::recv(socket, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) {
      buffer.append(chunk, static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return FrameState::kOpen;
    return FrameState::kClosed;
  }
}

bool take_frame(std::string& buffer, std::string& payload) {
  std::uint32_t size = 0;
  if (buffer.size() < sizeof size) return false;
  std::memcpy(&size, buffer.data(), sizeof size);
  if (buffer.size() < sizeof size + size) return false;
  payload = buffer.substr(sizeof size, size);
  buffer.erase(0, sizeof size + size);
  return true;
}

std::string pack_reply(const Reply& reply) {
  std::string frame(1 + sizeof reply.seconds, '\0');
  frame[0] = reply.done ? 1 : 0;
  std::memcpy(frame.data() + 1, &reply.seconds, sizeof reply.seconds);
  return frame + reply.text;
}

Reply unpack_reply(const std::string& frame) {
  Reply reply;
  reply.done = frame.at(0) != 0;
  std::memcpy(&reply.seconds, frame.data() + 1, sizeof reply.seconds);
  reply.text = frame.substr(1 + sizeof reply.seconds);
  return reply;
}

}  // namespace fp6sim::app
