#include "client/event_follower.hpp"

#include "base/json.hpp"
#include "client/reason.hpp"
#include "client/sse_stream.hpp"

namespace krane::client {

struct event_follower::parts {
  krane_api& api;
  std::string deployment;
  std::optional<std::uint64_t> last;
  retry_pause pause;
  std::unique_ptr<sse_stream> stream{};

  task<void> open();
  // The connection is gone: waits, and opens another.
  task<void> reopen(error why);
  result<event_info> read(sse_event const& from);
};

task<void> event_follower::parts::open() {
  if (!last) {
    // Where "from now on" is, so that a connection that breaks before the first event loses none.
    auto const newest = co_await api.list_events(deployment, std::nullopt, 1);
    if (!newest) co_return newest.error();
    last = newest->empty() ? 0 : newest->back().Id;
  }
  auto opened = co_await api.open_events(deployment, last);
  if (!opened) co_return opened.error();
  stream = std::move(*opened);
  co_return result<void>{};
}

task<void> event_follower::parts::reopen(error why) {
  stream.reset();
  for (;;) {
    auto const waited = co_await pause.after(why);
    if (!waited) co_return waited.error();
    auto const opened = co_await open();
    if (opened) co_return result<void>{};
    why = opened.error();
  }
}

result<event_info> event_follower::parts::read(sse_event const& from) {
  auto document = parse_json(from.data);
  if (!document) return document.error();
  auto read = decode<event_info>(*document, unknown_keys::ignore);
  if (read) last = read->Id;
  return read;
}

event_follower::event_follower(krane_api& api, std::string deployment, std::optional<std::uint64_t> since,
                               retry_rules rules)
    : parts_(new parts{api, std::move(deployment), since, retry_pause(std::move(rules))}) {}
event_follower::~event_follower() = default;

task<void> event_follower::start() {
  if (parts_->stream) co_return result<void>{};
  co_return co_await parts_->open();
}

task<std::optional<event_info>> event_follower::next() {
  if (!parts_->stream)
    if (auto const started = co_await parts_->open(); !started) co_return started.error();
  for (;;) {
    auto const came = co_await parts_->stream->next();
    if (came && *came && (*came)->name.empty()) {
      parts_->pause.succeeded();
      auto read = parts_->read(**came);
      if (!read) co_return read.error();
      co_return std::optional(std::move(*read));
    }
    // "end" and "behind" say why the server ends it; but for the one that is the end of all, asking again tells more.
    if (came && *came && (*came)->data == "deployment deleted") co_return std::optional<event_info>();
    error const why = !came ? came.error()
                            : make_error(errc::unavailable, reason::connection_lost,
                                         *came ? "the server ended the stream: " + (*came)->data
                                               : std::string("the server ended the stream"));
    auto const again = co_await parts_->reopen(why);
    if (again) continue;
    if (again.error().code == errc::not_found) co_return std::optional<event_info>();
    co_return again.error();
  }
}

}  // namespace krane::client
