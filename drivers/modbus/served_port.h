// served_port: where a simulated bus can be reached. Functions that throw std::system_error or
// std::runtime_error; what they open is the caller's. While starting.
#pragma once

#include <cstdint>
#include <string>

namespace fieldweir {

/// A listening socket at an address like 127.0.0.1; port 0 takes a free one. Returns the port taken
/// in `port`.
int listen_at(const std::string& address, std::uint16_t& port);

/// A new pseudo terminal in raw mode; `name` is what the other side opens. It stays while nobody
/// has it open.
int open_terminal(std::string& name);

/// An existing serial port or terminal in raw mode, with its speed and parity as they are.
int open_line(const std::string& path);

}  // namespace fieldweir
