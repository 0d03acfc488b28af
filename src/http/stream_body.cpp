#include "http/stream_body.hpp"

#include <array>

#include <fmt/format.h>

namespace krane::http {

stream_body::stream_body(executor ex, wire& to, std::chrono::milliseconds ping_every, bool chunked)
    : live_stream(ex, to, ping_every), chunked_(chunked) {}

coroutine<bool> stream_body::write_chunk(std::string_view bytes) {
  // A chunk without bytes would be the body's end.
  if (bytes.empty()) co_return to().is_writable();
  if (!chunked_) {
    std::array<asio::const_buffer, 1> parts{asio::buffer(bytes)};
    co_return co_await write_in_turn(parts);
  }
  std::array<char, 24> size;
  auto const end = fmt::format_to(size.data(), "{:x}\r\n", bytes.size());
  std::array<asio::const_buffer, 3> parts{asio::buffer(size.data(), static_cast<std::size_t>(end - size.data())),
                                          asio::buffer(bytes), asio::buffer("\r\n", 2)};
  co_return co_await write_in_turn(parts);
}

task<void> stream_body::write(std::string bytes) {
  if (why() != stream_end::none) co_return failure();
  if (!co_await write_chunk(bytes)) co_return failure();
  co_return result<void>{};
}

coroutine<void> stream_body::closed() {
  co_await wait_for_end();
}

coroutine<void> stream_body::ping() {
  co_return;
}

coroutine<void> stream_body::read_until_closed() {
  std::array<char, 512> dropped;
  while ((co_await to().read_some(asio::buffer(dropped), steady_time::max())).how == io_end::ok) {
  }
  end(stream_end::client_gone);
}

coroutine<void> stream_body::finish(std::string parting) {
  if (!co_await write_chunk(parting)) co_return;
  if (!chunked_) co_return;
  std::array<asio::const_buffer, 1> parts{asio::buffer("0\r\n\r\n", 5)};
  co_await write_in_turn(parts, true);
}

}  // namespace krane::http
