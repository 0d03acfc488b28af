#pragma once
// Requests and replies as the rest of the program sees them; no network type shows.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/task.hpp"

namespace krane::http {

// Compared without case; what came twice is there twice.
class header_list {
public:
  void add(std::string name, std::string value) { entries_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);
  // The first of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct request {
  std::string id;      // X-Request-Id: the client's if sane, else ours
  std::string method;  // as sent: "GET"
  std::string path;    // decoded part by part by the router; as sent here, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  header_list headers;
  std::string body;
  std::string remote_address;                               // "127.0.0.1", "::1"
  bool wants_websocket = false;                             // a well-formed WebSocket upgrade
  std::vector<std::pair<std::string, std::string>> params;  // of the route: ":name" → decoded text

  std::optional<std::string_view> find_query(std::string_view name) const;
  // The decoded text of a parameter that the route has.
  std::string const& param(std::string_view name) const;
};

struct response {
  int status = 200;
  header_list headers;
  std::string content_type = "application/json";
  // Shared, so that a cached body is sent without a copy.
  std::shared_ptr<std::string const> body;
};

// Server-sent events, or any other body without an end. Write deadline: limits::write.
class body_writer {
public:
  virtual ~body_writer() = default;
  // Fails when the client is gone, too slow, or the server stops (errc::cancelled).
  virtual task<void> write(std::string bytes) = 0;
  // The client has closed its side, or the server is stopping: for those who wait for something else meanwhile.
  virtual coroutine<void> closed() = 0;
};

class web_socket {
public:
  virtual ~web_socket() = default;
  // One text message each, in as few writes as can be.
  virtual task<void> send(std::vector<std::shared_ptr<std::string const>> messages) = 0;
  // Code as RFC 6455 §7.4; the reason at most 123 bytes.
  virtual coroutine<void> close(std::uint16_t code, std::string reason) = 0;
  // As body_writer's. What the client sends is read and dropped; pings are answered, and sent every 20 s.
  virtual coroutine<void> closed() = 0;
};

struct stream_response {
  int status = 200;
  header_list headers;
  std::string content_type = "text/event-stream";
  // Runs until the stream's end; the connection is closed after it.
  std::function<coroutine<void>(body_writer&)> produce;
};

struct websocket_response {
  std::optional<std::string> subprotocol;
  header_list headers;
  std::function<coroutine<void>(web_socket&)> serve;
};

using reply = std::variant<response, stream_response, websocket_response>;

}  // namespace krane::http
