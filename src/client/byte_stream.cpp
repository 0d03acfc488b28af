#include "client/byte_stream.hpp"

#include <fmt/format.h>

#include "base/async.hpp"
#include "client/socket_stream.hpp"
#include "client/ssh_stream.hpp"
#include "client/tls_stream.hpp"

namespace krane::client {
namespace {

task<std::unique_ptr<byte_stream>> connect_now(endpoint where) {
  if (where.type == endpoint::kind::ssh) co_return co_await start_ssh(std::move(where));
  auto socket = co_await connect_socket(where);
  if (!socket) co_return socket.error();
  if (where.type == endpoint::kind::https) co_return co_await start_tls(std::move(*socket), std::move(where));
  co_return std::make_unique<socket_stream>(std::move(*socket), std::move(where));
}

}  // namespace

task<std::unique_ptr<byte_stream>> connect(endpoint where, std::chrono::milliseconds limit) {
  auto const late = unreachable(where, fmt::format("there was no answer within {} s", limit.count() / 1000));
  co_return co_await with_deadline(connect_now(std::move(where)), limit, late);
}

}  // namespace krane::client
