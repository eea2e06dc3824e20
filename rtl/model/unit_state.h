// A Verilated model's state in memory: Verilator's save and restore without their files.
#pragma once

#include <verilated_save.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <vector>

namespace fp6sim::rtl {

/// Whether a model was verilated with --savable.
template <class Top>
inline constexpr bool kSavable = requires(VerilatedSerialize& out, Top& top) {
  out << top;
};

class StateWriter final : public VerilatedSerialize {
 public:
  template <class Top>
  void write_to(std::vector<std::uint8_t>& state, Top& top) {
    state.clear();
    state_ = &state;
    *this << top;
    flush();
  }
  void flush() override {
    state_->insert(state_->end(), m_bufp, m_cp);
    m_cp = m_bufp;
  }

 private:
  std::vector<std::uint8_t>* state_ = nullptr;
};

class StateReader final : public VerilatedDeserialize {
 public:
  template <class Top>
  void read_from(const std::vector<std::uint8_t>& state, Top& top) {
    next_ = state.data();
    left_ = state.size();
    m_cp = m_endp = m_bufp;
    fill();
    *this >> top;
    assert(m_cp == m_endp && left_ == 0 && "a state of another model");
  }
  // Moves what is not read yet to the buffer's start and appends to it.
  void fill() override {
    const auto unread = static_cast<std::size_t>(m_endp - m_cp);
    std::memmove(m_bufp, m_cp, unread);
    const std::size_t more = std::min(left_, bufferSize() - unread);
    std::memcpy(m_bufp + unread, next_, more);
    m_cp = m_bufp;
    m_endp = m_bufp + unread + more;
    next_ += more;
    left_ -= more;
  }

 private:
  const std::uint8_t* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace fp6sim::rtl
