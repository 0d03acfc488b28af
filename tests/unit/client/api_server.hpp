#pragma once
// The whole API of a server, on a real socket, with a client that talks to it.
#include "client/client.hpp"
#include "cutting_relay.hpp"
#include "http/server.hpp"
#include "unit/api/api_world.hpp"

namespace krane::test {

class served_api_test : public api_test {
protected:
  explicit served_api_test(std::size_t ring_entries = 1'000, std::size_t keep_events = 5'000)
      : api_test(ring_entries, keep_events) {
    listen(0);
  }
  ~served_api_test() override { stop_listening(); }

  void listen(std::uint16_t port) {
    web = *http::make_server(loop.get_executor(), "127.0.0.1", port, {}, served->handler(), &krane::api::error_body);
    web->start();
  }
  void stop_listening() {
    if (web) run_coroutine(loop, web->stop(std::chrono::milliseconds{0}));
    web.reset();
  }
  client::endpoint where() const {
    return {.type = client::endpoint::kind::http, .host = "127.0.0.1", .port = web->port()};
  }
  // Runs a call of the client to its end.
  template <class T>
  result<T> run(task<T> call) {
    return run_coroutine(loop, std::move(call));
  }

  std::unique_ptr<http::server> web;
};

}  // namespace krane::test
