#include "engine/http_client.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <charconv>
#include <vector>

#include "base/async.hpp"
#include "engine/http_connection.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

constexpr std::size_t max_idle = 8;
constexpr std::size_t max_calls = 32;
constexpr std::size_t max_answer_bytes = 64 * 1024 * 1024;
// sun_path, with its terminating zero.
constexpr std::size_t max_unix_path = 107;

error unreachable(endpoint const& where, std::string const& why) {
  return make_error(errc::unavailable, reason::engine_unavailable,
                    fmt::format("the container engine at {} cannot be reached: {}", where.text, why));
}

}  // namespace

struct http_core {
  executor network;
  endpoint where;
  std::chrono::milliseconds connect_limit;
  semaphore calls;
  std::vector<std::unique_ptr<http_connection>> idle;

  std::unique_ptr<http_connection> take_idle() {
    while (!idle.empty()) {
      auto link = std::move(idle.back());
      idle.pop_back();
      if (link->looks_alive()) return link;
    }
    return nullptr;
  }

  void give_back(std::unique_ptr<http_connection> link) {
    if (link->reusable() && idle.size() < max_idle) idle.push_back(std::move(link));
  }
};

namespace {

task<std::unique_ptr<http_connection>> connect_now(std::shared_ptr<http_core> core) {
  endpoint const& where = core->where;
  stream_socket socket{core->network};
  if (!where.path.empty()) {
    auto [ec] = co_await socket.async_connect(asio::local::stream_protocol::endpoint(where.path), use_tuple);
    if (ec) co_return unreachable(where, ec.message());
    co_return std::make_unique<http_connection>(std::move(socket), "docker");
  }
  asio::ip::basic_resolver<asio::ip::tcp, executor> resolver{core->network};
  auto [failed, found] = co_await resolver.async_resolve(where.host, std::to_string(where.port), use_tuple);
  if (failed) co_return unreachable(where, failed.message());
  std::string why = "the name has no address";
  for (auto const& entry : found) {
    stream_socket attempt{core->network};
    auto [ec] = co_await attempt.async_connect(entry.endpoint(), use_tuple);
    why = ec.message();
    if (ec) continue;
    boost::system::error_code ignored;  // both are only improvements
    attempt.set_option(asio::ip::tcp::no_delay(true), ignored);
    attempt.set_option(asio::socket_base::keep_alive(true), ignored);
    co_return std::make_unique<http_connection>(std::move(attempt), fmt::format("{}:{}", where.host, where.port));
  }
  co_return unreachable(where, why);
}

task<std::unique_ptr<http_connection>> connect(std::shared_ptr<http_core> core) {
  auto const limit = core->connect_limit;
  error const late = unreachable(core->where, fmt::format("no connection within {} ms", limit.count()));
  co_return co_await with_deadline(connect_now(std::move(core)), limit, late);
}

}  // namespace

result<endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix://";
  constexpr std::string_view tcp_scheme = "tcp://";
  endpoint out;
  out.text = text;
  if (text.starts_with(unix_scheme)) {
    out.path = text.substr(unix_scheme.size());
    if (!out.path.starts_with('/') || out.path.size() > max_unix_path || out.path.find('\0') != std::string::npos)
      return make_error(errc::invalid,
                        fmt::format("\"{}\" names no socket: write unix:///path, at most {} characters of path", text,
                                    max_unix_path));
    return out;
  }
  if (!text.starts_with(tcp_scheme))
    return make_error(errc::invalid,
                      fmt::format("\"{}\" is no engine's address: write unix:///path or tcp://host:port", text));
  std::string_view rest = text.substr(tcp_scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string_view port = "2375";
  std::size_t const host_end = rest.starts_with('[') ? rest.find(']') : 0;
  if (host_end != std::string_view::npos) {
    if (std::size_t const colon = rest.find(':', host_end); colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      rest = rest.substr(0, colon);
    }
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  }
  auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  bool const port_fits = ec == std::errc{} && end == port.data() + port.size() && out.port != 0;
  if (rest.empty() || rest.find_first_of("/@?# []") != std::string_view::npos || !port_fits)
    return make_error(errc::invalid, fmt::format("\"{}\" is no engine's address: write tcp://host:port", text));
  out.host = rest;
  return out;
}

response_stream::response_stream(std::shared_ptr<http_core> core, std::unique_ptr<http_connection> link)
    : core_(std::move(core)), link_(std::move(link)) {}

response_stream::~response_stream() {
  if (link_->reusable()) core_->give_back(std::move(link_));
}

response_head const& response_stream::head() const {
  return link_->head();
}

task<bool> response_stream::read_some(std::string& into) {
  co_return co_await link_->read_some(into, core_->where.text);
}

http_client::http_client(executor network, endpoint where, std::chrono::milliseconds connect_limit)
    : core_(new http_core{network, std::move(where), connect_limit, semaphore{network, max_calls}, {}}) {}

http_client::~http_client() = default;

endpoint const& http_client::where() const {
  return core_->where;
}

task<std::unique_ptr<response_stream>> http_client::open(request what) {
  auto const core = core_;
  auto link = core->take_idle();
  bool const was_kept = link != nullptr;
  if (!link) {
    auto made = co_await connect(core);
    if (!made) co_return made.error();
    link = std::move(*made);
  }
  auto done = co_await link->exchange(what);
  if (!done && was_kept && (what.repeatable || done.error().when == http_connection::lost::before_sending)) {
    // The engine had closed it, as it may at any time.
    auto made = co_await connect(core);
    if (!made) co_return made.error();
    link = std::move(*made);
    done = co_await link->exchange(what);
  }
  if (!done)
    co_return make_error(errc::unavailable, reason::engine_unavailable,
                         fmt::format("the connection to the engine at {} was lost before it answered: {}",
                                     core->where.text, done.error().why));
  co_return std::make_unique<response_stream>(core, std::move(link));
}

task<response> http_client::call(request what) {
  auto const core = core_;
  auto const turn = co_await core->calls.acquire();
  if (!turn) co_return turn.error();
  auto opened = co_await open(std::move(what));
  if (!opened) co_return opened.error();
  response answer;
  answer.head = (*opened)->head();
  for (;;) {
    auto more = co_await (*opened)->read_some(answer.body);
    if (!more) co_return more.error();
    if (!*more) co_return answer;
    if (answer.body.size() > max_answer_bytes)
      co_return make_error(errc::internal, reason::engine_error,
                           fmt::format("the engine's answer is longer than {} bytes", max_answer_bytes));
  }
}

}  // namespace krane::docker
