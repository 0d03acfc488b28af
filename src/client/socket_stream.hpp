#pragma once
// byte_stream on a plain socket: TCP, a unix socket, or one end of a pair.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>

#include "client/byte_stream.hpp"

namespace krane::client {

using stream_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;

// A system's words for a failure, fit for the middle of a sentence.
std::string plain_words(boost::system::error_code const& ec);
// The two failures of any stream.
error unreachable(endpoint const& where, std::string_view why);
error connection_lost(endpoint const& where, std::string_view why);

// http, https: to the first address of the host that takes the connection. unix_socket: to its path.
task<stream_socket> connect_socket(endpoint where);
bool nothing_to_read(int socket);

class socket_stream final : public byte_stream {
public:
  socket_stream(stream_socket socket, endpoint where) : socket_(std::move(socket)), where_(std::move(where)) {}
  task<std::size_t> read_some(std::span<char> into) override;
  task<void> write(std::string_view all) override;
  bool looks_alive() override { return nothing_to_read(socket_.native_handle()); }

private:
  stream_socket socket_;
  endpoint where_;
};

}  // namespace krane::client
