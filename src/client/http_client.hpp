#pragma once
// Requests to one server: whole answers, and answers that go on for as long as they are wanted. One connection is kept
// for the next request, since over ssh each one costs a log-in.
//
// Threads: the network thread.
// Failure: byte_stream's and http_connection's; errc::timed_out when there is no answer in time. An answer with
//          whatever status is success here.
// Cancel:  closes the connection of that call.
#include <memory>
#include <optional>
#include <string>

#include "client/client.hpp"
#include "client/http_connection.hpp"

namespace krane::client {

struct whole_answer {
  answer_head head;
  std::string body;
};

class http_client {
public:
  static constexpr std::size_t max_answer_bytes = 64 * 1024 * 1024;

  http_client(endpoint where, time_limits limits) : where_(std::move(where)), limits_(limits) {}

  // `more_time`: beside what any answer is given. A question that may be asked twice without harm is, where a kept
  // connection turns out to be closed.
  task<whole_answer> call(http_request what, std::chrono::milliseconds more_time = {});
  // An answer whose head is here, and whose body is still coming.
  task<std::unique_ptr<http_connection>> open(http_request what);

  endpoint const& where() const { return where_; }
  time_limits const& limits() const { return limits_; }

private:
  task<std::unique_ptr<http_connection>> open_within(http_request what, std::chrono::milliseconds limit);
  task<std::unique_ptr<http_connection>> connect_and_ask(http_request what, std::chrono::milliseconds limit);
  error too_late(std::chrono::milliseconds limit) const;

  endpoint where_;
  time_limits limits_;
  std::unique_ptr<http_connection> idle_;
};

}  // namespace krane::client
