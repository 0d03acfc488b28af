#pragma once
// The events of one open answer, one after the other.
//
// Failure: reason::connection_lost when it breaks, or when nothing comes for too long: the server says something every
//          15 seconds.
// Cancel:  no event is lost by it, but the stream is of no use any more.
#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "client/endpoint.hpp"
#include "client/http_connection.hpp"
#include "client/sse_reader.hpp"

namespace krane::client {

class sse_stream {
public:
  sse_stream(std::unique_ptr<http_connection> link, endpoint where, std::chrono::milliseconds silence);

  // None: the server has ended it in good order.
  task<std::optional<sse_event>> next();

private:
  std::unique_ptr<http_connection> link_;
  endpoint where_;
  std::chrono::milliseconds silence_;
  sse_reader reader_;
  std::deque<sse_event> waiting_;
};

}  // namespace krane::client
