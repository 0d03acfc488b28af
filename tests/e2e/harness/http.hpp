#pragma once
// HTTP, server-sent events and WebSocket as a simple client speaks them, on blocking sockets; written for the tests
// alone, so that the server's own code is not what checks it.
// Failure: std::runtime_error when nothing comes in time or what comes is not the protocol.
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "e2e/harness/wire.hpp"

namespace krane::e2e {

using fields = std::vector<std::pair<std::string, std::string>>;

struct answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  boost::json::value json() const;
  // The value at a JSON pointer ("/data/template/name"): a text's own characters, anything else as JSON, or
  // "(missing)".
  std::string at(std::string_view pointer) const;
  std::string header(std::string const& name) const;  // "" when it is not there
  std::string error() const { return at("/data/error"); }
  std::string reason() const { return at("/data/reason"); }
};

std::string text_at(boost::json::value const& value, std::string_view pointer);

// One exchange on a connection of its own.
answer exchange(endpoint const& where, std::string_view method, std::string_view target, fields const& headers = {},
                std::string_view body = {}, std::chrono::milliseconds limit = std::chrono::seconds(30));
// The answer to bytes that need be no request at all. Status 0: the connection was closed without an answer.
answer answer_to_bytes(endpoint const& where, std::string_view bytes, bool then_finish = false,
                       std::chrono::milliseconds limit = std::chrono::seconds(30));

// The bytes of a body as they come, whatever its framing.
class body_reader {
public:
  body_reader(endpoint const& where, std::string_view target, fields const& headers, std::string_view method = "GET",
              std::string_view body = {});
  answer const& head() const { return head_; }
  // Empty at the end; no value when `limit` is over.
  std::optional<std::string> next(std::chrono::milliseconds limit);

private:
  bool take_chunk(std::string& out);

  wire wire_;
  answer head_;
  std::string raw_;
  bool chunked_ = false;
  std::optional<std::size_t> left_;
  bool ended_ = false;
};

struct sse_event {
  std::string name;  // "" for an unnamed one
  std::string id;
  std::string data;
};

// As a browser's EventSource, without its reconnecting.
class event_source {
public:
  event_source(endpoint const& where, std::string_view target, fields headers = {});
  int status() const { return body_.head().status; }
  answer const& head() const { return body_.head(); }
  // The answer's body, where it is no stream.
  answer rest();
  // No value: the stream has ended, or `limit` is over (then ended() is false).
  std::optional<sse_event> next(std::chrono::milliseconds limit = std::chrono::seconds(15));
  bool ended() const { return ended_; }
  std::size_t comments() const { return comments_; }

private:
  body_reader body_;
  std::string text_;
  bool ended_ = false;
  std::size_t comments_ = 0;
};

class web_socket {
public:
  web_socket(endpoint const& where, std::string_view target, fields const& headers = {});
  // 101, or the refusal with its body.
  answer const& handshake() const { return handshake_; }
  // The next text message; pings are answered meanwhile. No value: closed, or `limit` is over.
  std::optional<std::string> next(std::chrono::milliseconds limit = std::chrono::seconds(15));
  // The code of the server's close frame; 1006: the connection ended without one. No value while it is open.
  std::optional<int> close_code() const { return close_code_; }
  std::string const& close_reason() const { return close_reason_; }
  void send_text(std::string_view text);
  void close(std::uint16_t code = 1000);
  int handle() const { return wire_.handle(); }

private:
  void send_frame(int opcode, std::string_view payload);

  wire wire_;
  answer handshake_;
  std::string raw_;
  std::string message_;
  std::optional<int> close_code_;
  std::string close_reason_;
};

}  // namespace krane::e2e
