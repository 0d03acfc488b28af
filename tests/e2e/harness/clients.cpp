#include "e2e/harness/clients.hpp"

#include <optional>
#include <stdexcept>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_requests{5};

}  // namespace

std::string ask_on(wire& connection, std::chrono::milliseconds limit) {
  if (!connection.try_send("GET / HTTP/1.1\r\nHost: test\r\n\r\n"))
    throw std::runtime_error("closed before the request");
  std::string raw;
  std::optional<std::size_t> whole;
  std::size_t head = 0;
  auto const until = clock::now() + limit;
  while (!whole || raw.size() < *whole) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
    auto const more = connection.receive(std::max(left, std::chrono::milliseconds(0)));
    if (!more) throw std::runtime_error("no answer in time; so far: '" + raw + "'");
    if (more->empty()) throw std::runtime_error("closed before the answer's end; so far: '" + raw + "'");
    raw += *more;
    auto const end = raw.find("\r\n\r\n");
    if (whole || end == std::string::npos) continue;
    auto const length = raw.find("Content-Length: ");
    if (!raw.starts_with("HTTP/1.") || raw.find(" 200 ") > end || length > end)
      throw std::runtime_error("another answer than 200 with a length: '" + raw + "'");
    head = end + 4;
    whole = head + std::stoul(raw.substr(length + 16));
  }
  return raw.substr(head);
}

std::size_t clients::seen::answered() const {
  std::size_t all = 0;
  for (auto const& [body, count] : bodies) all += count;
  return all;
}

clients::clients(std::uint16_t port, numbers how_many) : port_(port) {
  for (int i = 0; i < how_many.new_each_time; ++i) threads_.emplace_back([this] { ask_on_new_connections(); });
  for (int i = 0; i < how_many.kept_alive; ++i)
    threads_.emplace_back(
        [this, life = std::chrono::milliseconds(500 + 500 * i / how_many.kept_alive)] { ask_on_one_for(life); });
}

template <typename Ask>
void clients::count(Ask ask) {
  std::string body, wrong;
  bool connected = false;
  try {
    body = ask(connected);
  } catch (std::exception const& e) {
    wrong = e.what();
  }
  std::lock_guard const guard(lock_);
  if (wrong.empty()) {
    ++seen_.bodies[body];
    return;
  }
  ++(connected ? seen_.cut : seen_.refused);
  if (seen_.first_failure.empty()) seen_.first_failure = wrong;
}

bool clients::pause() {
  std::unique_lock guard(lock_);
  return !ends_.wait_for(guard, between_requests, [&] { return end_; });
}

void clients::ask_on_new_connections() {
  while (pause()) {
    count([&](bool& connected) {
      wire connection(endpoint::tcp(port_));
      connected = true;
      return ask_on(connection);
    });
  }
}

void clients::ask_on_one_for(std::chrono::milliseconds life) {
  std::optional<wire> connection;
  clock::time_point close_at;
  while (pause()) {
    if (connection && clock::now() >= close_at) connection.reset();
    count([&](bool& connected) {
      if (!connection) {
        connection.emplace(endpoint::tcp(port_));
        close_at = clock::now() + life;
      }
      connected = true;
      try {
        return ask_on(*connection);
      } catch (std::exception const&) {
        connection.reset();
        throw;
      }
    });
  }
}

clients::seen clients::so_far() const {
  std::lock_guard const guard(lock_);
  return seen_;
}

bool clients::served(std::size_t more, std::string const& body) const {
  auto const count = [&] {
    auto now = so_far();
    return body.empty() ? now.answered() : now.bodies[body];
  };
  auto const before = count();
  return eventually([&] { return count() >= before + more; });
}

clients::seen clients::finish() {
  {
    std::lock_guard const guard(lock_);
    end_ = true;
  }
  ends_.notify_all();
  for (auto& one : threads_)
    if (one.joinable()) one.join();
  return so_far();
}

}  // namespace krane::e2e
