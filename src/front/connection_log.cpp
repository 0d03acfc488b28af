#include "front/connection_log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <string_view>

#include "front/haproxy_answers.hpp"
#include "model/reason.hpp"

namespace krane::haproxy {

result<void> connection_log::open(std::string const& path) {
  using datagrams = asio::local::datagram_protocol;
  unlink(path.c_str());
  boost::system::error_code ec;
  socket_.open(datagrams(), ec);
  if (!ec) socket_.bind(datagrams::endpoint(path), ec);
  if (ec)
    return make_error(errc::internal, reason::front_unavailable,
                      fmt::format("the socket {} cannot be made: {}", path, ec.message()));
  chmod(path.c_str(), 0600);
  return {};
}

coroutine<void> connection_log::read() {
  std::array<char, 1024> message;
  while (true) {
    auto [ec, size] = co_await socket_.async_receive(asio::buffer(message), use_tuple);
    if (ec) co_return;
    auto const seen = parse_connection(std::string_view(message.data(), size));
    if (!seen) continue;
    counts& of = counts_[seen->host];
    ++(seen->refused ? of.refused : of.held);
    if (!seen->refused) of.longest_wait = std::max(of.longest_wait, seen->waited);
  }
}

connection_log::counts connection_log::of(port host) const {
  auto const found = counts_.find(host);
  return found == counts_.end() ? counts{} : found->second;
}

}  // namespace krane::haproxy
