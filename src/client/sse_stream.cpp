#include "client/sse_stream.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/async.hpp"
#include "client/socket_stream.hpp"

namespace krane::client {
namespace {

task<bool> read_more(http_connection& from, std::string& into) {
  co_return co_await from.read_some(into);
}

}  // namespace

sse_stream::sse_stream(std::unique_ptr<http_connection> link, endpoint where, std::chrono::milliseconds silence)
    : link_(std::move(link)), where_(std::move(where)), silence_(silence) {}

task<std::optional<sse_event>> sse_stream::next() {
  while (waiting_.empty()) {
    std::string bytes;
    auto const silent = connection_lost(where_, fmt::format("nothing came for {} s", silence_.count() / 1000));
    auto const more = co_await with_deadline(read_more(*link_, bytes), silence_, silent);
    if (!more) co_return more.error();
    if (!*more) co_return std::optional<sse_event>();
    auto events = reader_.feed(bytes);
    if (!events) co_return events.error();
    for (sse_event& one : *events) waiting_.push_back(std::move(one));
  }
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  co_return std::optional(std::move(first));
}

}  // namespace krane::client
