#pragma once
// HTTP/1.1 to one server, over a unix socket or TCP, as the engine's API needs it: whole answers, and answers that go
// on for hours. Connections are kept and used again.
//
// Threads: the network thread.
// Failure: errc::unavailable, engine_unavailable: it cannot be reached, or the connection was lost before the answer
// was
//          complete. An answer with whatever status is success here.
// Cancel:  closes the connection of that call. No call has a deadline of its own but for connecting.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/task.hpp"

namespace krane::docker {

struct endpoint {
  std::string path;  // of the unix socket; empty: TCP
  std::string host;
  std::uint16_t port = 0;
  std::string text;  // as it was given
};

// unix:///path or tcp://host:port (2375 if it is left out); else errc::invalid.
result<endpoint> parse_endpoint(std::string_view text);

struct request {
  std::string method = "GET";
  std::string target{};
  std::string body{};  // JSON unless `type` says otherwise, or empty
  std::string type = "application/json";
  std::string registry_auth{};  // the header X-Registry-Auth; empty: none
  bool repeatable = true;       // asking twice does no harm; then a kept connection that turns out dead costs nothing
};

struct response_head {
  unsigned status = 0;
  std::string api_version;
  std::string date;
};

struct response {
  response_head head;
  std::string body;
};

inline bool is_success(response const& answer) {
  return answer.head.status >= 200 && answer.head.status < 300;
}

class http_connection;
struct http_core;

// An answer whose head is here, and whose body is still coming. Destroyed early, it closes the connection.
class response_stream {
public:
  response_stream(std::shared_ptr<http_core> core, std::unique_ptr<http_connection> link);
  ~response_stream();
  response_stream(response_stream const&) = delete;

  response_head const& head() const;
  // Appends what has come, at least one byte. False: the body is complete, nothing was appended.
  task<bool> read_some(std::string& into);

private:
  std::shared_ptr<http_core> core_;
  std::unique_ptr<http_connection> link_;
};

class http_client {
public:
  http_client(executor network, endpoint where, std::chrono::milliseconds connect_limit);
  ~http_client();

  task<std::unique_ptr<response_stream>> open(request what);
  // At most 32 of these at once; more wait their turn. An answer of more than 64 MiB is errc::internal.
  task<response> call(request what);
  endpoint const& where() const;

private:
  std::shared_ptr<http_core> core_;
};

}  // namespace krane::docker
