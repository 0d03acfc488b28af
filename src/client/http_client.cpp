#include "client/http_client.hpp"

#include <fmt/format.h>

#include "base/async.hpp"
#include "client/reason.hpp"
#include "client/socket_stream.hpp"

namespace krane::client {
namespace {

task<void> ask(http_connection& on, http_request what) {
  co_return co_await on.exchange(what);
}

task<std::string> read_all(http_connection& from, endpoint where) {
  std::string body;
  for (;;) {
    auto const more = co_await from.read_some(body);
    if (!more) co_return more.error();
    if (!*more) co_return body;
    if (body.size() > http_client::max_answer_bytes)
      co_return connection_lost(where,
                                fmt::format("the answer is longer than {} bytes", http_client::max_answer_bytes));
  }
}

}  // namespace

error http_client::too_late(std::chrono::milliseconds limit) const {
  return make_error(errc::timed_out, fmt::format("{} did not answer within {} s", where_.text(), limit.count() / 1000));
}

task<std::unique_ptr<http_connection>> http_client::connect_and_ask(http_request what,
                                                                    std::chrono::milliseconds limit) {
  auto stream = co_await connect(where_, limits_.connect);
  if (!stream) co_return stream.error();
  // ssh logs in, and may ask a person, while we wait for the answer.
  if (where_.type == endpoint::kind::ssh) limit += limits_.connect_by_ssh;
  auto link = std::make_unique<http_connection>(std::move(*stream), where_);
  auto const asked = co_await with_deadline(ask(*link, std::move(what)), limit, too_late(limit));
  if (!asked) co_return asked.error();
  co_return std::move(link);
}

task<std::unique_ptr<http_connection>> http_client::open_within(http_request what, std::chrono::milliseconds limit) {
  auto kept = std::move(idle_);
  if (!kept || !kept->looks_alive()) co_return co_await connect_and_ask(std::move(what), limit);
  auto const asked = co_await with_deadline(ask(*kept, what), limit, too_late(limit));
  if (asked) co_return std::move(kept);
  bool const may_repeat = what.method == "GET" && !kept->got_anything();
  if (asked.error().reason != reason::connection_lost || !may_repeat) co_return asked.error();
  co_return co_await connect_and_ask(std::move(what), limit);
}

task<std::unique_ptr<http_connection>> http_client::open(http_request what) {
  co_return co_await open_within(std::move(what), limits_.answer);
}

task<whole_answer> http_client::call(http_request what, std::chrono::milliseconds more_time) {
  auto const limit = limits_.answer + more_time;
  auto link = co_await open_within(std::move(what), limit);
  if (!link) co_return link.error();
  auto body = co_await with_deadline(read_all(**link, where_), limit, too_late(limit));
  if (!body) co_return body.error();
  whole_answer answer{(*link)->head(), std::move(*body)};
  if ((*link)->reusable()) idle_ = std::move(*link);
  co_return answer;
}

}  // namespace krane::client
