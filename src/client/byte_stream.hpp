#pragma once
// A connection to a server, whatever it leads over: TCP, TLS, a unix socket, or the user's own ssh.
//
// Threads: the network thread.
// Failure: errc::unavailable with a word of reason.hpp and a whole sentence, the server's address in it.
// Cancel:  the connection is of no use any more.
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/task.hpp"
#include "client/endpoint.hpp"

namespace krane::client {

class byte_stream {
public:
  virtual ~byte_stream() = default;
  // What has come, at least one byte. 0: the other side has ended.
  virtual task<std::size_t> read_some(std::span<char> into) = 0;
  virtual task<void> write(std::string_view all) = 0;
  // Nothing has come since, so the other side has most likely not closed it.
  virtual bool looks_alive() = 0;
};

// Of ssh, the limit is for its start only: what it asks a person takes its time.
task<std::unique_ptr<byte_stream>> connect(endpoint where, std::chrono::milliseconds limit);

}  // namespace krane::client
