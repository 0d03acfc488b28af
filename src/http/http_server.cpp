#include "http/http_server.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"

namespace krane::http {
namespace {

// While the system has no descriptor to give, a waiting client would wake us without end.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr int backlog = 1024;

// A client of IPv4 on a socket of IPv6 shows as "::ffff:1.2.3.4".
std::string address_text(asio::ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

// Often enough that a deadline is not missed by much, seldom enough to cost nothing.
std::chrono::milliseconds clock_step(limits const& lim) {
  auto const shortest = std::min({lim.header_time, lim.body_time, lim.idle, lim.write});
  return std::clamp(shortest / 8, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

}  // namespace

http_server::http_server(executor network, acceptor listening, limits lim, handler handle, error_body make_error_body)
    : acceptor_(std::move(listening)),
      port_(acceptor_.local_endpoint().port()),
      context_{.lim = lim, .handle = std::move(handle), .make_error_body = std::move(make_error_body)},
      changed_(network),
      group_(network) {}

void http_server::start() {
  group_.spawn("http accept", accept_connections());
  group_.spawn("http deadlines", watch_deadlines());
}

coroutine<void> http_server::accept_connections() {
  bool paused = false;
  while (!context_.stopping) {
    if (accepted_ >= context_.lim.connections) {
      if (!std::exchange(paused, true))
        log::warn("http", fmt::format("{} connections are open: new ones wait", accepted_));
      co_await changed_.wait();
      continue;
    }
    auto [failed, socket] = co_await acceptor_.async_accept(use_tuple);
    if (context_.stopping || failed == asio::error::operation_aborted) co_return;
    if (failed == asio::error::connection_aborted) continue;
    if (failed) {
      if (!std::exchange(paused, true))
        log::warn("http", fmt::format("cannot accept connections ({}): new ones wait", failed.message()));
      co_await changed_.wait_for(accept_pause);
      continue;
    }
    if (std::exchange(paused, false)) log::info("http", "connections are accepted again");
    boost::system::error_code gone;
    auto const remote = socket.remote_endpoint(gone);
    if (gone) continue;
    ++accepted_;
    group_.spawn("http connection", serve(std::move(socket), address_text(remote.address())));
  }
}

coroutine<void> http_server::serve(tcp_socket socket, std::string remote_address) {
  struct registration {
    http_server& owner;
    std::list<connection*>::iterator place;
    ~registration() {
      owner.open_.erase(place);
      --owner.accepted_;
      owner.changed_.notify_all();
    }
  };
  connection client(context_, std::move(socket), std::move(remote_address));
  registration const registered{*this, open_.insert(open_.end(), &client)};
  if (open_.size() == 1) changed_.notify_all();
  if (!context_.stopping) co_await client.run();
}

coroutine<void> http_server::watch_deadlines() {
  auto const step = clock_step(context_.lim);
  for (;;) {
    if (open_.empty())
      co_await changed_.wait();
    else if (!co_await sleep_for(step))
      co_return;
    auto const now = std::chrono::steady_clock::now();
    for (connection* const one : open_) one->look_at_clock(now);
  }
}

coroutine<void> http_server::stop(std::chrono::milliseconds grace) {
  context_.stopping = true;
  boost::system::error_code closed_already;
  acceptor_.close(closed_already);
  for (connection* const one : open_) one->stop();
  auto const until = std::chrono::steady_clock::now() + grace;
  while (accepted_ > 0) {
    auto const left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) {
      log::warn("http", fmt::format("{} connections did not end in time and are cut", accepted_));
      break;
    }
    co_await changed_.wait_for(left);
  }
  co_await group_.stop();
}

result<std::unique_ptr<server>> make_server(executor network, std::string address, std::uint16_t port, limits lim,
                                            handler handle, error_body make_error_body) {
  boost::system::error_code failed;
  std::string_view bare = address;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  auto const ip = asio::ip::make_address(bare, failed);
  if (failed)
    return make_error(errc::invalid, "bad_address",
                      fmt::format("\"{}\" is no IP address to listen on; give one like 127.0.0.1 or ::1", address));
  asio::ip::tcp::endpoint const where(ip, port);
  std::string const shown =
      ip.is_v6() ? fmt::format("[{}]:{}", ip.to_string(), port) : fmt::format("{}:{}", ip.to_string(), port);
  http_server::acceptor listening(network);
  listening.open(where.protocol(), failed);
  if (!failed) close_on_exec(listening.native_handle());
  if (!failed) listening.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed && ip.is_v6()) listening.set_option(asio::ip::v6_only(!ip.is_unspecified()), failed);
  if (!failed) listening.bind(where, failed);
  if (!failed) listening.listen(backlog, failed);
  if (failed == asio::error::address_in_use)
    return make_error(errc::conflict, "port_in_use",
                      fmt::format("{} is in use by another program; stop it or choose another port", shown));
  if (failed == asio::error::access_denied)
    return make_error(errc::forbidden, "port_forbidden",
                      fmt::format("this user may not listen on {}; choose a port above 1023", shown));
  if (failed == boost::system::errc::address_not_available || failed == asio::error::address_family_not_supported)
    return make_error(errc::invalid, "bad_address",
                      fmt::format("cannot listen on {}: this machine has no such address", shown));
  if (failed)
    return make_error(errc::internal, "cannot_listen", fmt::format("cannot listen on {}: {}", shown, failed.message()));
  return std::make_unique<http_server>(network, std::move(listening), lim, std::move(handle),
                                       std::move(make_error_body));
}

}  // namespace krane::http
