#include "runs/port_check.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "base/async.hpp"

namespace krane {
namespace {

using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using std::chrono::milliseconds;

constexpr std::size_t most_head_bytes = 16 * 1024;
constexpr int best_status = 200;
constexpr int last_good_status = 399;

// The status of "HTTP/1.1 200 OK"; none while the line is not whole, 0 for what is no HTTP.
std::optional<int> status_of(std::string_view answer) {
  auto const end = answer.find('\n');
  if (end == std::string_view::npos && answer.size() < most_head_bytes) return std::nullopt;
  std::string_view line = answer.substr(0, end);
  int status = 0;
  auto const space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return 0;
  line.remove_prefix(space + 1);
  std::from_chars(line.data(), line.data() + line.size(), status);
  return status;
}

std::string location_of(std::string_view answer) {
  for (std::string_view const name : {"\nLocation: ", "\nlocation: "}) {
    auto const at = answer.find(name);
    if (at == std::string_view::npos) continue;
    auto const value = answer.substr(at + name.size());
    return std::string(value.substr(0, value.find_first_of("\r\n")).substr(0, 100));
  }
  return {};
}

// `connected` outlives the call: the time may be over before or after.
task<port_seen> look(port_check what, bool& connected) {
  using seen = port_seen::what;
  boost::system::error_code bad_address;
  auto const ip = asio::ip::make_address(what.address, bad_address);
  std::string const where = fmt::format("{}:{}", what.address, what.number);
  if (bad_address) co_return port_seen{seen::refuses, fmt::format("its address \"{}\" is none", what.address)};
  socket to{co_await asio::this_coro::executor};
  auto const [refused] = co_await to.async_connect({ip, what.number}, use_tuple);
  if (refused) co_return port_seen{seen::refuses, fmt::format("{}: {}", where, refused.message())};
  connected = true;
  if (!what.path) co_return port_seen{seen::answers, where};

  std::string const asked = fmt::format("GET :{}{}", what.number, *what.path);
  std::string const request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: krane\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                  *what.path, where);
  auto const [unsent, sent] = co_await asio::async_write(to, asio::buffer(request), use_tuple);
  if (unsent) co_return port_seen{seen::wrong, fmt::format("{} → {}", asked, unsent.message())};
  std::string answer;
  std::array<char, 4096> part{};
  std::optional<int> status;
  bool over = false;
  // To the end of the head, for a Location.
  while (!over && !answer.contains("\r\n\r\n") && answer.size() < most_head_bytes) {
    auto const [ended, count] = co_await to.async_read_some(asio::buffer(part), use_tuple);
    answer.append(part.data(), count);
    over = static_cast<bool>(ended);
  }
  status = status_of(over ? answer + "\n" : answer);
  if (answer.empty()) co_return port_seen{seen::wrong, fmt::format("{} → closed without an answer", asked)};
  if (status.value_or(0) == 0) co_return port_seen{seen::wrong, fmt::format("{} → no HTTP answer", asked)};
  if (*status >= best_status && *status <= last_good_status)
    co_return port_seen{seen::answers, fmt::format("{} → {}", asked, *status)};
  std::string const location = location_of(answer);
  co_return port_seen{seen::wrong,
                      fmt::format("{} → {}{}; wanted {}–{}", asked, *status, location.empty() ? "" : " to " + location,
                                  best_status, last_good_status)};
}

}  // namespace

coroutine<port_seen> look_at_port(port_check what) {
  auto const limit = what.limit;
  bool connected = false;
  std::string const asked = what.path ? fmt::format("GET :{}{} → ", what.number, *what.path)
                                      : fmt::format("{}:{}: ", what.address, what.number);
  auto const late = make_error(errc::timed_out, fmt::format("{}no answer within {} ms", asked, limit.count()));
  auto seen = co_await with_deadline(look(std::move(what), connected), limit, late);
  if (seen) co_return std::move(*seen);
  co_return port_seen{connected ? port_seen::what::silent : port_seen::what::refuses, seen.error().message};
}

}  // namespace krane
