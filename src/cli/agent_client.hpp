#pragma once
// An ssh-agent: which keys it holds, and signatures by them. The keys themselves never leave it.
//
// Threads: the network thread.
// Failure: errc::unavailable, reason "no_agent", when none answers at the socket; errc::forbidden, reason
//          "agent_refused", when it does not sign: it is locked, or the person was asked and said no.
// Cancel:  the connection is of no use any more.
// Source:  draft-miller-ssh-agent §3, as OpenSSH speaks it.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "cli/key_type.hpp"

namespace krane::cli {

class agent_client {
public:
  static task<agent_client> connect(std::string socket_path);

  task<std::vector<public_half>> list_keys();
  // In the form of SSH: the name of the algorithm, then its bytes. RSA keys sign with SHA-256.
  task<std::string> sign(public_half key, std::string what);

private:
  using socket = asio::basic_stream_socket<asio::local::stream_protocol, executor>;
  explicit agent_client(socket connected) : socket_(std::move(connected)) {}
  // The answer's type and what follows it.
  task<std::string> ask(std::string message);

  socket socket_;
};

}  // namespace krane::cli
