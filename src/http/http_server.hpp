#pragma once
// The server of server.hpp on Asio's sockets: accepts, owns the connections, looks at their deadlines.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>

#include "base/async.hpp"
#include "http/connection.hpp"
#include "http/server.hpp"

namespace krane::http {

class http_server final : public server {
public:
  using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;

  http_server(executor network, acceptor listening, limits lim, handler handle, error_body make_error_body);

  std::uint16_t port() const override { return port_; }
  void start() override;
  coroutine<void> stop(std::chrono::milliseconds grace) override;

private:
  coroutine<void> accept_connections();
  coroutine<void> serve(tcp_socket socket, std::string remote_address);
  coroutine<void> watch_deadlines();

  acceptor acceptor_;
  std::uint16_t port_;
  connection_context context_;
  std::list<connection*> open_;
  std::size_t accepted_ = 0;  // those whose coroutine has yet to start count too
  signal changed_;            // a connection came or went
  task_group group_;
};

}  // namespace krane::http
